//! Cases that are no plans of ours: where ours does the same, by the name of the test that shows it, or why ours has
//! nothing of the kind.

use std::path::Path;

/// What ours has in that place.
enum Ours {
    /// A test of this name shows it.
    Test(&'static str),
    /// Nothing, because of this.
    Nothing(&'static str),
}
use Ours::{Nothing, Test};

const SPACES: &str =
    "spaces are Juju's: the binding of the peer relation says which addresses network-get gives";
const PLACEMENT: &str = "a charm makes no machines: placement and constraints are add-unit's";
const ONE_LEADER: &str = "the action runs on the leader alone, and one hook or action at a time";
const IN_THE_CHARM: &str =
    "a charm runs with its own set only, and reads its controllers from nowhere";
const OWN_ADDRESS: &str = "the_address_that_others_reach_is_chosen_and_kept";

/// Ids, what was known, and ours.
const CASES: &[(&str, &str, Ours)] = &[
    (
        "dpg-101 dpg-109",
        "of several addresses the member's own is kept",
        Test(OWN_ADDRESS),
    ),
    (
        "dpg-106",
        "of several, and none known, the lowest by its text",
        Test(OWN_ADDRESS),
    ),
    (
        "dpg-108",
        "a virtual address is no member's while there is another",
        Test(OWN_ADDRESS),
    ),
    (
        "dpg-104 dpg-105 wk-12 wk-f6 wk-f7 hf-12",
        "the space that is set says the address, or nobody has one",
        Nothing(SPACES),
    ),
    (
        "hf-01 hf-02 hf-04",
        "without one usable address there is no set",
        Test(OWN_ADDRESS),
    ),
    (
        "ids-01 ids-02",
        "machines are ordered by number, others after them",
        Test("units_are_ordered_by_number"),
    ),
    (
        "extra-03 extra-04",
        "members of machines that are gone change the set",
        Test("members_without_a_machine_go_as_juju_had_it_but_stop_nothing"),
    ),
    (
        "prim-01 prim-03",
        "only the primary's own worker writes; with no primary nobody does",
        Test("without_a_primary_nobody_is_written_to"),
    ),
    (
        "ha-08 ha-09 hf-05 hf-09 hf-22 cli-05",
        "zones and constraints go to new machines",
        Nothing(PLACEMENT),
    ),
    (
        "ha-14 ha-15",
        "of two calls at once the later one counts anew",
        Nothing(ONE_LEADER),
    ),
    (
        "ha-21 ha-22 ha-23",
        "who still votes is not let go",
        Test("a_voter_that_is_alive_is_replaced_before_it_goes"),
    ),
    (
        "hf-16 hf-17 hf-18 cli-13",
        "which models, how many at once, who may",
        Nothing(IN_THE_CHARM),
    ),
    (
        "cli-02",
        "the lists by their names, empty ones left out",
        Test("units_are_kept_promoted_demoted_and_asked_for_as_juju_did"),
    ),
    (
        "rs-12 rs-13",
        "a lost connection is no answer, anything else an error",
        Test("a_member_that_does_not_answer_is_unknown_and_says_why"),
    ),
    (
        "rs-19",
        "it waits so long for a majority, then it fails",
        Nothing("a hook stays for two minutes at most; the observer wakes the next one"),
    ),
    (
        "wk-04",
        "where there is no high availability the set is left alone",
        Nothing(IN_THE_CHARM),
    ),
    (
        "wk-05 wk-06",
        "what failed is tried again, ever later, up to five minutes",
        Test("what_failed_is_tried_again_and_ever_later"),
    ),
    (
        "wk-07 wk-08 wk-09 wk-10",
        "addresses are published when they change",
        Test("a_change_of_the_set_is_told_within_seconds_and_a_set_at_rest_wakes_nobody"),
    ),
    (
        "wk-f1 wk-f2 wk-f3 wk-f4 wk-f5",
        "what cannot be read ends the worker, which is started again",
        Test("a_hook_that_is_killed_at_each_step_is_run_again_and_makes_one_set"),
    ),
];

#[test]
fn the_tests_that_are_named_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    for folder in ["src", "tests"] {
        read_all(&root.join(folder), &mut code);
    }
    for (ids, known, ours) in CASES {
        assert!(!ids.is_empty() && !known.is_empty());
        match ours {
            Test(name) => assert!(
                code.contains(&format!("fn {name}(")),
                "{ids} name {name}, which is no test"
            ),
            Nothing(why) => assert!(!why.is_empty(), "{ids}"),
        }
    }
}

fn read_all(folder: &Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            read_all(&path, code);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            *code += &std::fs::read_to_string(&path).unwrap();
        }
    }
}
