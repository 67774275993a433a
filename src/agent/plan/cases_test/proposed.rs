//! What a planner that is better than both should do: cases `pl-*`, which nobody did yet. Here the steps are told.

use super::plan;
use super::situation::{Family, Situation};

/// The id, members, units, the steps (and what is waited for) by what they say, and why they are not those proposed.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
);

const ROWS: &[Row] = &[
    (
        "pl-01",
        "1vP 2vS 3vD",
        "1",
        &["take member 3 out", "take member 2 out"],
        "",
    ),
    (
        "pl-02",
        "1vP 2vS 3vS",
        "2 3",
        &[
            "hand over to [H2]",
            "take member 1 out",
            "take member 3's vote",
        ],
        "a member may go and lose its vote in one reconfig; two voters are not left at rest",
    ),
    (
        "pl-03",
        "1vP",
        "2",
        &[
            "add m/2 as member 2",
            "wait: another unit to catch up and take over from m/1",
        ],
        "",
    ),
    (
        "pl-03",
        "1vP 2S",
        "2",
        &[
            "give member 2 a vote",
            "hand over to [H2]",
            "take member 1 out",
        ],
        "a member may go and lose its vote in one reconfig",
    ),
    (
        "pl-04",
        "1vP 2vS 3vD",
        "1 2 4",
        &[
            "take member 3 out",
            "add m/4 as member 4",
            "wait: m/4 to catch up",
        ],
        "its unit is gone, and it will not come back: meanwhile two of two are needed, as two of three were",
    ),
    (
        "pl-05",
        "1vP 2vS 3vS 4vS 5vS 6S 7S 8S 9S",
        "1 2 3 4 5 6 7 8 9",
        &["give member 6 a vote", "give member 7 a vote"],
        "",
    ),
    (
        "pl-06",
        "1vP 2vS 3vS 4vD",
        "1 2 3 4",
        &["take member 4's vote"],
        "",
    ),
    (
        "pl-07",
        "1vS 2vD 3vD",
        "1 2 3",
        &["wait: a majority: 1 of 3 voters are there"],
        "",
    ),
    (
        "pl-07",
        "1vS 2vD 3vD",
        "1 2 3",
        &["juju run m/1 recover-quorum"],
        "",
    ),
    ("pl-08", "1vP x99vS", "1", &[], ""),
    (
        "pl-08",
        "1vP x99vS",
        "1 2",
        &["add m/2 as member 100", "wait: m/2 to catch up"],
        "",
    ),
];

#[test]
fn what_was_proposed_is_what_is_planned() {
    for (id, members, units, expected, why) in ROWS {
        for family in [Family::V4, Family::V6] {
            let Situation { view, goal } = Situation::read(members, units, family);
            let plan = plan(&view, &goal);
            let steps = plan.steps.iter().map(|planned| planned.step.to_string());
            let waits = plan.wait.iter().map(|wait| format!("wait: {}", wait.why));
            let said: Vec<String> = steps.chain(waits).collect();
            let host = family.host(2).to_string();
            let fits = said.len() == expected.len()
                && said
                    .iter()
                    .zip(*expected)
                    .all(|(said, part)| said.contains(&part.replace("[H2]", &host)));
            assert!(
                fits,
                "{id} {family:?} ({why}): {said:#?}, expected {expected:#?}"
            );
        }
    }
}
