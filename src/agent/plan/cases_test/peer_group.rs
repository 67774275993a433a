//! Whom Juju's peer grouper wants in the set: cases `dpg-*`, of Juju 1.18 (2014), 2.4 to 2.8 (2018) and 4.0. A machine that
//! does not want its vote is a unit that `set-member` keeps from voting; one that is gone or dying is a unit that is gone.
//! Juju's answer is one config; ours is a plan of several, each of one vote, so what counts is where it ends.

use super::{check, other, same};

#[test]
fn who_joins_and_who_votes_is_as_juju_had_it() {
    check(&[
        same("dpg-003", "0vP", "0 1 2", "0v 1 2"),
        same("dpg-010", "1vP 2S", "1 2", "1v 2"),
        same("dpg-011", "1vP 2S 3S", "1 2 3", "1v 2v 3v"),
        same("dpg-012", "1vP 2D", "1 2", "1v 2"),
        same("dpg-013", "1vP 2S 3D", "1 2 3", "1v 2 3"),
        same("dpg-014", "1vP 2S 3S 4S", "1 2 3 4", "1v 2v 3v 4"),
        same("dpg-028", "1vS 2vP", "1 2", "1 2v"),
        same("dpg-033", "1vS 2vS 3vP", "1 2 3 4!", "1v 2v 3v 4"),
        same("dpg-d03", "1vP", "1 2?", "1v"),
        same("dpg-d11", "1vP 2vS 3vD", "1 2 3", "1v 2v 3v"),
        other(
            "dpg-d12",
            [
                "1vP 2S 3S 4S 5S 6S 7S 8S 9S",
                "1 2 3 4 5 6 7 8 9",
                "1v 2v 3v 4v 5v 6v 7v 8v 9v",
                "1v 2v 3v 4v 5v 6v 7v 8 9",
            ],
            "mongod takes seven voters at most (M1)",
        ),
        other(
            "dpg-d14",
            ["1vS 2vS", "1 2", "1 2v", "1v 2v"],
            "without a primary mongod takes no change (M12)",
        ),
        same(
            "dpg-d16",
            "102vP 99S 100S 101S",
            "99 100 101 102",
            "99v 100v 101 102v",
        ),
    ]);
}

#[test]
fn votes_that_are_given_up_go_as_juju_had_it() {
    check(&[
        same("dpg-015", "1vP", "1!", "1v"),
        same("dpg-016", "1vS 2vP 3vS", "1 2 3!", "1 2v 3"),
        same("dpg-017", "1vS 2vP 3vS", "1! 2 3!", "1 2v 3"),
        same(
            "dpg-023",
            "1vP 2vS 3vS 4vS 5vS 6S 7S 8S",
            "1 2 3! 4! 5! 6 7 8",
            "1v 2v 3 4 5 6v 7v 8v",
        ),
        same("dpg-031", "1vP 2vS 3S", "1 2!", "1v 2"),
        same("dpg-032", "1vS 2vS 3vP", "1! 2! 3!", "1 2 3v"),
        other(
            "dpg-034",
            [
                "1vP 2vS 3vS",
                "1! 2 3",
                "step down, 1 2 3v",
                "step down, 1 2v 3",
            ],
            "Juju computes this and throws it away, for it only steps down in that round; ours says who is to lead then, and \
             that one keeps its vote",
        ),
        other(
            "dpg-d02",
            ["1vP 2S", "1! 2", "1 2v", "step down, 1 2v"],
            "a primary cannot take its own vote (M7); Juju of 2014 tried for ever",
        ),
        other(
            "dpg-d05",
            ["1vP 2S", "1! 2", "1v 2v", "step down, 1 2v"],
            "the same first step, but ours tells the plan to its end (dpg-d06, dpg-d07)",
        ),
        same("dpg-d06", "1vP 2vS", "1! 2", "step down, 1 2v"),
        same("dpg-d07", "1vS 2vP", "1! 2", "1 2v"),
        other(
            "dpg-d10",
            [
                "1vP 2vS 3vD 4vS 5vS",
                "1 2 3 4 5!",
                "1v 2 3v 4v 5",
                "1v 2v 3 4v 5",
            ],
            "of four votes the dead one's goes: Juju's three would have one to spare for nobody",
        ),
    ]);
}

#[test]
fn members_without_a_machine_go_as_juju_had_it_but_stop_nothing() {
    check(&[
        other(
            "dpg-006",
            ["1vP 2vS", "1", "error", "1v"],
            "a voter whose unit is gone goes, as in Juju 4.0, and keeps nobody else from being planned for",
        ),
        other(
            "dpg-007",
            ["x1vP 2vS", "1", "error", "1v"],
            "a member without a tag at the very address of a unit is that unit's; the other's unit is gone",
        ),
        other(
            "dpg-008b",
            ["1vP x2vS", "1", "error", "1v x2v"],
            "who is no unit's is counted and left alone until a person wants it out; the rest goes on",
        ),
        same("dpg-019", "1vP 2S 3S", "1", "1v"),
        same("dpg-021", "1vP 2S 3S", "1 2!", "1v 2"),
        other(
            "dpg-d15",
            ["1vP x2S", "1", "1v", "1v x2"],
            "who is no unit's is left alone, with or without a vote: somebody added it by hand, and for something",
        ),
        other(
            "dpg-d17",
            ["1vP x7S", "1 2", "1v 2#8", "1v 2#8 x7"],
            "the _id is Juju's; the other member is left alone, as in dpg-d15",
        ),
        same("dpg-d18", "1vP 2vS 3vS", "1 2", "1v 2"),
        same("dpg-d20", "1vP 2S 3vS", "1 2", "1v 2"),
    ]);
}

#[test]
fn a_new_address_reaches_the_member_in_place_as_juju_had_it() {
    check(&[
        same("dpg-024", "1vS 2vP 3vS", "1 2 3@99", "1v 2v 3v@99"),
        // Two call themselves primary: one is asked, and it is the config that it has.
        same("dpg-025", "1vS 2vP 3vP", "1 2 3@99", "1v 2v 3v@99"),
        same("dpg-026", "1vS 2vP 3vS", "1 2 3?", "1v 2v 3v"),
        same("dpg-027", "1vS 2vP 3vP", "1 2 3?", "1v 2v 3v"),
    ]);
}
