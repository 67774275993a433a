//! The second pair of eyes.

use super::build::{host, view};
use crate::agent::lint;
use crate::model::plan::{Plan, Step};
use crate::model::set_config::Change;

#[test]
fn lint_refuses_what_no_plan_should_hold() {
    let seen = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'R')]);
    let step = |version, change| {
        Plan::step(
            Step::Reconfigure {
                primary: host(0),
                version,
                term: 1,
                changes: vec![change],
            },
            "because",
        )
    };
    let lagging = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 0, 'L')]);
    let dying = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'D')]);
    let mut uncommitted = seen.clone();
    uncommitted.committed = false;
    for (plan, view, rule) in [
        (
            step(4, Change::Remove(1)),
            &seen,
            "planned from another config",
        ),
        (step(5, Change::Remove(1)), &uncommitted, "not committed"),
        (step(5, Change::GiveVote(2)), &lagging, "has not caught up"),
        (
            step(5, Change::TakeVote(0)),
            &seen,
            "the primary would lose its place",
        ),
        (
            step(5, Change::Remove(0)),
            &seen,
            "the primary would lose its place",
        ),
        (step(5, Change::Remove(1)), &dying, "no live majority"),
        (step(5, Change::Remove(9)), &seen, "does not fit"),
    ] {
        let said = lint::check(&plan, Some(view))
            .expect_err("lint let it pass")
            .to_string();
        assert!(said.contains(rule), "{said}");
    }
}
