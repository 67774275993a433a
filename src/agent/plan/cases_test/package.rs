//! What Juju's package for replica sets did with a list of members: cases `rs-*`.

use super::situation::{Family, Situation};
use super::{check, other, plan, same};
use crate::model::address::HostPort;

#[test]
fn a_wanted_list_is_reached_as_the_package_did() {
    check(&[
        same("rs-01", "1vP", "1", "1v"),
        other(
            "rs-02",
            ["1vP", "1 2", "1v 2v", "1v 2"],
            "who is added joins without a vote; the package gave it one, whatever was asked",
        ),
        other(
            "rs-03",
            ["4vP", "4@2 5@3", "4v@2 5v@3", "4v@2 5@3"],
            "who is added joins without a vote; the order is the same, the move first",
        ),
        same("rs-06", "1vP 2vS", "1@3", "1v@3"),
        other(
            "rs-07",
            ["1vD 66vP", "66", "66v", "1v 66v"],
            "one of two is no majority: the package forced it, ours never does without a person's word",
        ),
    ]);
}

#[test]
fn as_many_reconfigs_as_the_package_made() {
    for (id, members, units, reconfigs) in [
        ("rs-01", "1vP", "1", 0),
        ("rs-02", "1vP", "1 2", 1),
        ("rs-03", "4vP", "4@2 5@3", 2),
        ("rs-06", "1vP 2vS", "1@3", 2),
    ] {
        let Situation { view, goal } = Situation::read(members, units, Family::V4);
        assert_eq!(plan(&view, &goal).steps.len(), reconfigs, "{id}");
    }
}

#[test]
fn a_set_is_ready_when_a_majority_of_it_is_there() {
    for (id, members, ready) in [
        ("rs-09", "1vP 2vS 3vS", true),
        ("rs-11", "1vP 2vD 3vD", false),
    ] {
        let Situation { view, .. } = Situation::read(members, "1 2 3", Family::V4);
        assert_eq!(view.can_commit(), ready, "{id}");
    }
}

#[test]
fn an_ipv6_address_is_written_in_brackets_and_no_other() {
    for (id, host, written) in [
        ("rs-14", "::1", "[::1]:37017"),
        ("rs-16", "10.0.0.1", "10.0.0.1:37017"),
    ] {
        let address = HostPort::new(host, 37017);
        assert_eq!(address.to_string(), written, "{id}");
        assert_eq!(written.parse(), Ok(address), "{id}");
    }
}

#[test]
fn without_a_primary_nobody_is_written_to() {
    let Situation { view, goal } = Situation::read("1vS 2vS", "1 2", Family::V4);
    let plan = plan(&view, &goal);
    assert!(plan.steps.is_empty(), "rs-17: {plan}");
    assert!(
        plan.wait
            .is_some_and(|wait| wait.why.starts_with("a primary: ")),
        "rs-17"
    );
}
