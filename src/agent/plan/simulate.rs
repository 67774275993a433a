//! What the set will look like after a step that goes well, so that a plan can be written down to its end.

use crate::model::plan::Step;
use crate::model::set_config::Change;
use crate::model::set_view::{Seen, SetView, State};

/// The view after a step; none when the step's outcome cannot be foreseen (an election, a start).
pub fn after(view: &SetView, step: &Step) -> Option<SetView> {
    let Step::Reconfigure { change, .. } = step else {
        return None;
    };
    let mut next = view.clone();
    next.config = view.config.with(change).ok()?;
    if let Change::Add { id, .. } = change {
        let why = "it has only just been added".to_owned();
        next.members.insert(
            *id,
            Seen {
                state: State::Other(why),
                optime_secs: None,
            },
        );
    }
    Some(next)
}
