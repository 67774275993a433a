//! What the set will look like after a step that goes well, so that a plan can be written down to its end.

use crate::model::plan::Step;
use crate::model::set_config::Change;
use crate::model::set_view::{Seen, SetView, State};

/// The state of a member that has only been added in thought.
pub const JUST_ADDED: &str = "just added";

/// Makes the view what it will be after a step; false when the step's outcome cannot be foreseen.
pub fn advance(view: &mut SetView, step: &Step) -> bool {
    match step {
        Step::Reconfigure { changes, .. } => {
            let Ok(config) = view.config.with(changes) else {
                return false;
            };
            view.config = config;
            for change in changes {
                if let Change::Add { id, .. } = change {
                    let joining = Seen {
                        state: State::Other(JUST_ADDED.to_owned()),
                        optime_secs: None,
                    };
                    view.members.insert(*id, joining);
                }
            }
            true
        }
        Step::SetDefaultWriteConcern(_) => {
            view.has_default_write_concern = Some(true);
            true
        }
        Step::HandOver { to, .. } => {
            let (Some(old), Some(new)) = (view.primary, view.config.at(to)) else {
                return false;
            };
            let new = new.id;
            let optime_secs = view.members.get(&old).and_then(|seen| seen.optime_secs);
            for (id, state) in [(old, State::Secondary), (new, State::Primary)] {
                view.members.insert(id, Seen { state, optime_secs });
            }
            view.primary = Some(new);
            view.term += 1;
            true
        }
        _ => false,
    }
}
