//! How many are to vote: cases of `enable-ha` and `ensure-availability` (`ha-*` of the state, `hap-*` of the time when dead
//! agents were seen, `hf-*` of the facade, `cli-*` of the command). A machine that Juju makes is a command to type with us.

use super::situation::{Family, Situation};
use crate::agent::plan::availability::{Ensured, ensure};

/// The number that was kept from before, and the number that is asked for.
type Asked = (Option<usize>, i64);

/// The id, members, units, what is asked, what Juju did, and if it differs, what ours does and why.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    Asked,
    &'static str,
    Option<(&'static str, &'static str)>,
);

/// The lists that are not empty; machines that Juju made, or that are to be made, as `make 2`.
fn told(ensured: &Ensured) -> String {
    let lists = ensured.lists();
    let lists = lists.iter().filter(|(_, list)| !list.is_empty());
    let mut told: Vec<String> = lists
        .map(|(name, list)| {
            let units: Vec<&str> = list.iter().map(|why| &why.0["m/".len()..]).collect();
            format!("{name} {}", units.join(","))
        })
        .collect();
    for command in &ensured.commands {
        let short = command.replace("juju add-unit m -n", "make");
        told.push(short.replace("juju remove-unit m/", "remove "));
    }
    told.join("; ")
}

const AS_COMMANDS: &str =
    "Juju took the dead machine out itself, at the second call; ours says what to type";

const ROWS: &[Row] = &[
    ("ha-03", "0vP", "0", (None, 3), "maintained 0; make 2", None),
    (
        "ha-06",
        "0vP",
        "0 1 2",
        (None, 3),
        "maintained 0; converted 1,2",
        Some((
            "maintained 0; added 1,2",
            "a unit is made for this application; a member that was no unit's is what can be converted",
        )),
    ),
    ("ha-11", "0vP", "0", (None, 3), "maintained 0; make 2", None),
    (
        "ha-12",
        "0vS 1vP 2vS",
        "1 2",
        (Some(3), 0),
        "maintained 1,2; make 1",
        Some((
            "maintained 1,2; removed 0; make 1",
            "Juju's machine was out already; the member of ours goes with the next step",
        )),
    ),
    (
        "ha-13",
        "1vP 2vS 3vS",
        "1 2 3",
        (Some(3), 0),
        "",
        Some((
            "maintained 1,2,3",
            "who asks is told what is kept, even if that is all",
        )),
    ),
    (
        "ha-13",
        "1vP 2vS 3vS",
        "1 2 3",
        (Some(3), 5),
        "maintained 1,2,3; make 2",
        None,
    ),
    (
        "ha-13",
        "2vP 3vS 4vS 5S",
        "2 3 4 5",
        (Some(5), 0),
        "maintained 2,3,4; promoted 5; make 1",
        None,
    ),
    (
        "hap-01",
        "0vD 1vP 2vS",
        "1 0 2",
        (Some(3), 3),
        "maintained 1,2; demoted 0; make 1",
        Some((
            "maintained 1,2; demoted 0; make 1; remove 0 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hap-03",
        "0S 1vP 2vS 3vD",
        "1 0 2 3",
        (Some(3), 5),
        "maintained 1,2; promoted 0; demoted 3; make 2",
        Some((
            "maintained 1,2; promoted 0; demoted 3; make 2; remove 3 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hap-05",
        "0vD 1vP 2vS 3vS 4vS",
        "1 0 2 3 4",
        (Some(5), 0),
        "maintained 1,2,3,4; demoted 0; make 1",
        Some((
            "maintained 1,2,3,4; demoted 0; make 1; remove 0 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hap-06",
        "0vD 1vP 2vS",
        "1 0 2",
        (Some(3), 0),
        "maintained 1,2; demoted 0; make 1",
        Some((
            "maintained 1,2; demoted 0; make 1; remove 0 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hap-08",
        "0vP 1vS 2vD",
        "0 1 2",
        (Some(3), 0),
        "maintained 0,1; demoted 2; make 1",
        Some((
            "maintained 0,1; demoted 2; make 1; remove 2 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hap-09",
        "0vP 1vS 2vS 3vS 4vD",
        "0 1 2 3 4",
        (Some(5), 0),
        "maintained 0,1,2,3; demoted 4; make 1",
        Some((
            "maintained 0,1,2,3; demoted 4; make 1; remove 4 --force",
            AS_COMMANDS,
        )),
    ),
    (
        "hf-21",
        "0vP 1vS 2vS",
        "0 1 2",
        (Some(3), 3),
        "",
        Some((
            "maintained 0,1,2",
            "who asks is told what is kept, even if that is all",
        )),
    ),
    (
        "cli-10",
        "0vP",
        "0",
        (None, 0),
        "maintained 0; make 2",
        None,
    ),
    (
        "cli-01",
        "0vP",
        "0",
        (None, 1),
        "",
        Some((
            "maintained 0",
            "who asks is told what is kept, even if that is all",
        )),
    ),
    // Numbers that are refused.
    ("ha-01", "0vP", "0", (None, -1), "refused: number of", None),
    ("ha-01", "0vP", "0", (None, 2), "refused: number of", None),
    ("ha-01", "0vP", "0", (None, 6), "refused: number of", None),
    (
        "ha-02",
        "0vP",
        "0",
        (None, 9),
        "refused: unit count is too large",
        None,
    ),
    (
        "ha-16",
        "0vP 1vS 2vS 3vS 4vS",
        "0 1 2 3 4",
        (Some(5), 3),
        "refused: failed to",
        None,
    ),
    (
        "hf-15",
        "0vP 1vS 2vS",
        "0 1 2",
        (Some(3), 1),
        "refused: failed to",
        None,
    ),
    (
        "hap-07",
        "0vP",
        "0",
        (Some(3), 1),
        "refused: failed to",
        Some((
            "maintained 0",
            "Juju had made the machines at once; with us nobody has typed add-unit yet, so nobody would lose anything",
        )),
    ),
];

#[test]
fn as_many_vote_as_juju_would_have() {
    let mut others = Vec::new();
    for (id, members, units, (before, asked), juju, ours) in ROWS {
        let Situation { view, mut goal } = Situation::read(members, units, Family::V4);
        goal.policy.voters = *before;
        let said = match ensure(*asked, &view, &goal) {
            Ok(ensured) => told(&ensured),
            Err(why) => format!("refused: {why}"),
        };
        let expected = ours.map_or(*juju, |(ours, _)| ours);
        let fits = match expected.strip_prefix("refused: ") {
            Some(_) => said.starts_with(expected),
            None => said == expected,
        };
        if !fits {
            others.push(format!("{id} n={asked}: {said:?}, expected {expected:?}"));
        }
        assert!(
            ours.is_none_or(|(ours, why)| ours != *juju && !why.is_empty()),
            "{id}: what differs, and why?"
        );
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
}
