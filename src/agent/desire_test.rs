//! Who is to stay, as a unit that leaves sees it, and whom a leader knows to be on the way.

use super::*;
use crate::agent::plan::members;
use crate::agent::plan::members::tests::view;
use crate::agent::plan::set::tests::observed_by_a_member;
use crate::model::event::Event;

fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

/// m/0 with the peers that Juju lists, and what `goal-state` says.
fn facts(event: Event, peers: &[u32], siblings: Option<&[(u32, &str)]>) -> Observed {
    let mut observed = observed_by_a_member(event);
    let relation = observed.juju.relation.as_mut().unwrap();
    relation.peers = peers.iter().map(|n| (unit(*n), Ok(None))).collect();
    let siblings = siblings.map(|all| all.iter().map(|(n, word)| (unit(*n), (*word).into())));
    observed.juju.siblings = siblings.map(Iterator::collect);
    observed
}

#[test]
fn a_leader_knows_who_is_on_the_way() {
    let stay = "waiting";
    for (peers, siblings, expected) in [
        (&[1][..], None, false),
        (&[1], Some(&[(0, stay), (1, stay)][..]), false),
        (&[1], Some(&[(0, stay), (1, stay), (2, stay)]), true),
        (&[1], Some(&[(0, stay), (1, stay), (2, "dying")]), false),
        (&[1], Some(&[(0, stay), (1, stay), (2, "error")]), false),
    ] {
        let facts = facts(Event::Woken, peers, siblings).juju;
        assert_eq!(facts.more_are_to_join(), expected, "{siblings:?}");
    }
}

/// The first steps of m/0, which leaves.
#[test]
fn a_unit_that_leaves_counts_on_those_who_stay() {
    // Three vote, and a standby; m/0 is primary.
    let four = [(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 0, 'S')];
    let two = [(0, 1, 'P'), (1, 0, 'S')];
    let all = [(0, "active"), (1, "active"), (2, "active"), (3, "active")];
    let two_go = [(0, "dying"), (1, "dying"), (2, "active"), (3, "active")];
    for (members, listed, siblings, expected) in [
        // Juju has told of every other unit that it has gone, and lists none.
        (&two[..], &[][..], Some(&all[..2]), "give member 1 a vote"),
        (&two, &[], None, "give member 1 a vote"),
        (&four, &[], Some(&all), "give member 3 a vote"),
        // The lead goes to one that stays, though the other one is still listed.
        (
            &four[..3],
            &[1, 2],
            Some(&two_go[..3]),
            "have the primary 10.0.0.0:27017 hand over to 10.0.0.2:27017",
        ),
    ] {
        let mut observed = facts(Event::DepartedSelf, listed, siblings);
        observed.set = SetFacts::Seen(Box::new(view(members)));
        observed.host.now_ms = 1_000_000;
        let options = observed.host.options.clone().unwrap();
        let goal = goal(
            &observed.juju,
            &observed.host,
            &observed.set,
            &options,
            Role::Leaver,
        );
        let SetFacts::Seen(view) = &observed.set else {
            unreachable!()
        };
        let plan = members::plan(view, &goal);
        let told = plan.steps.first().map(|planned| planned.step.to_string());
        assert!(
            told.as_ref().is_some_and(|told| told.starts_with(expected)),
            "{members:?} {listed:?}: {told:?} ({:?})",
            plan.wait
        );
    }
}

#[test]
fn what_a_person_cut_by_command_ends_by_a_later_heal_or_where_faults_are_forbidden() {
    use crate::model::databag::UnitData;
    use crate::model::fault::Kind;
    let hook = || Event::Reconcile("update-status".to_owned());
    let heal = |kind, before_ms| HealRequest {
        before_ms: [(kind, before_ms)].into(),
        ..HealRequest::default()
    };
    // The last heal that was known when it was cut is of 1000, by the clock of whoever healed.
    for (event, heal, option, ended) in [
        (hook(), None, "allowed", false),
        (hook(), Some(heal(Kind::Partition, 1000)), "allowed", false),
        (hook(), Some(heal(Kind::Partition, 1001)), "allowed", true),
        (hook(), Some(heal(Kind::Flaky, 9000)), "allowed", false),
        (hook(), None, "forbidden", true),
        (Event::Stop, None, "allowed", true),
    ] {
        let mut observed = facts(event, &[], None);
        observed.host.now_ms = 5000;
        observed.host.held = vec![Held {
            id: "by-hand".to_owned(),
            kind: Kind::Partition,
            asked_at_ms: 1000,
            noted_ms: 1000,
            until_ms: 60_000,
            what: What::ByHand,
            watchdog: None,
        }];
        let config = &mut observed.juju.config;
        config.insert("fault-injection".to_owned(), option.into());
        let healer = UnitData {
            heal: heal.clone(),
            ..UnitData::default()
        };
        let relation = observed.juju.relation.as_mut().unwrap();
        relation.peers = [(unit(1), Ok(Some(healer)))].into();
        let over = faults(&observed).over;
        assert_eq!(over.contains("by-hand"), ended, "{heal:?} {option}");
    }
}

/// A server that was taken away is let be while that holds; if it could not be started at the end, what keeps it from it
/// may be what is to be done here.
#[test]
fn a_fault_that_is_over_keeps_nothing_from_being_mended() {
    use crate::agent::plan::server;
    use crate::agent::validate::validate;
    use crate::model::databag::{UnitData, Unreadable};
    use crate::model::fault::Kind;
    let request = |id: &str| Request {
        id: id.to_owned(),
        asked_at_ms: 1000,
        until_ms: 60_000,
        length_ms: None,
        addresses: BTreeMap::new(),
        fault: Fault::Kill { unit: unit(0) },
    };
    let garbage = || Err(Unreadable::Garbage("?".to_owned()));
    for (now_ms, asked, other, waits) in [
        (59_999, "m-0-1", Ok(None), true),
        (60_000, "m-0-1", Ok(None), false),
        // The action was killed, so that nobody heard of it; or it may be told where nobody can read.
        (2000, "another", Ok(None), false),
        (2000, "another", garbage(), true),
    ] {
        let mut observed = facts(Event::Reconcile("update-status".to_owned()), &[], None);
        observed.host.now_ms = now_ms;
        observed.host.running = false;
        observed.host.data_there = true;
        observed.host.program = Some(("1".to_owned(), "6.0.5".to_owned()));
        observed.host.held = vec![Held {
            id: "m-0-1".to_owned(),
            kind: Kind::Kill,
            asked_at_ms: 1000,
            noted_ms: 1000,
            until_ms: 60_000,
            what: What::Down,
            watchdog: None,
        }];
        let relation = observed.juju.relation.as_mut().unwrap();
        relation.mine = Ok(Some(UnitData {
            faults: vec![request(asked)],
            ..UnitData::default()
        }));
        relation.peers = [(unit(1), other)].into();
        let checked = validate(&observed);
        let desired = desire(&observed, &checked);
        let plan = server::plan(&observed, &checked, &desired).to_string();
        assert_eq!(plan.contains("the fault kill"), waits, "{now_ms}: {plan}");
    }
}

/// What a site has ended that wants no faults is not asked for any more when it allows them again.
#[test]
fn what_is_forbidden_is_forgotten() {
    use crate::agent::report;
    use crate::agent::validate::validate;
    use crate::model::databag::UnitData;
    use crate::model::fault::{Fault, Request};
    for (option, asked) in [("allowed", 1), ("forbidden", 0)] {
        let mut observed = facts(Event::Reconcile("config-changed".to_owned()), &[], None);
        observed.host.now_ms = 5000;
        let request = Request {
            id: "m-0-1".to_owned(),
            asked_at_ms: 1000,
            until_ms: 60_000,
            length_ms: None,
            addresses: BTreeMap::new(),
            fault: Fault::Pause { unit: unit(0) },
        };
        let relation = observed.juju.relation.as_mut().unwrap();
        relation.mine = Ok(Some(UnitData {
            faults: vec![request],
            ..UnitData::default()
        }));
        let config = &mut observed.juju.config;
        config.insert("fault-injection".to_owned(), option.into());
        let checked = validate(&observed);
        let desired = desire(&observed, &checked);
        let data = report::unit_data(&observed, &desired);
        assert_eq!(data.faults.len(), asked, "{option}");
    }
}

#[test]
fn a_leader_counts_on_those_who_stay_and_knows_who_goes() {
    let all = [(0, "active"), (1, "dying"), (2, "waiting")];
    for (siblings, stay, dying) in [
        (None, &[0, 1, 2][..], &[][..]),
        (Some(&all[..]), &[0, 2], &[1]),
        // One that goal-state does not list is there all the same.
        (Some(&all[..2]), &[0, 2], &[1]),
    ] {
        let observed = facts(Event::Woken, &[1, 2], siblings);
        let options = observed.host.options.clone().unwrap();
        let goal = goal(
            &observed.juju,
            &observed.host,
            &observed.set,
            &options,
            Role::Leader,
        );
        let named = |numbers: &[u32]| numbers.iter().map(|n| unit(*n)).collect::<BTreeSet<_>>();
        assert_eq!(goal.units.into_keys().collect::<BTreeSet<_>>(), named(stay));
        assert_eq!(goal.dying, named(dying), "{siblings:?}");
    }
}

/// A request of m/1's, planned when the units were at 10.0.0.0, 10.0.0.1 and so on, and who is there now.
#[test]
fn a_fault_is_at_the_addresses_of_units_only() {
    use crate::model::databag::UnitData;
    use crate::model::fault::Traffic;
    use crate::model::fault::network::{Element, Rule};
    let at = |n: u32| IpAddr::from([10, 0, 0, n as u8]);
    let links = [2, 3].map(|far| (unit(0), unit(far)));
    let request = Request {
        id: "a".to_owned(),
        asked_at_ms: 1000,
        until_ms: 61_000,
        length_ms: None,
        addresses: (0..4).map(|n| (unit(n), (at(n), 27017).into())).collect(),
        fault: Fault::Partition {
            groups: Vec::new(),
            links: links.into(),
            traffic: Traffic::All,
        },
    };
    let asker = UnitData {
        ip: Some(at(1)),
        faults: vec![request],
        ..UnitData::default()
    };
    let here = |n: u32, ip: u32| {
        let data = UnitData {
            ip: Some(at(ip)),
            ..UnitData::default()
        };
        (unit(n), Ok(Some(data)))
    };
    for (peers, controller, cut, strays) in [
        (vec![here(2, 2), here(3, 3)], 9, &[2, 3][..], false),
        // It has not said where it is now.
        (vec![here(2, 2), (unit(3), Ok(None))], 9, &[2, 3], false),
        // It is elsewhere, has gone, and somebody else came there.
        (vec![here(2, 2), here(3, 13)], 9, &[2], true),
        (vec![here(2, 2)], 9, &[2], true),
        (vec![here(2, 2), here(5, 3)], 9, &[2], false),
        (vec![here(2, 2), here(3, 3)], 3, &[2], true),
    ] {
        let mut observed = facts(Event::Reconcile("update-status".to_owned()), &[], None);
        (observed.host.now_ms, observed.juju.seen_ms) = (2000, 2000);
        observed.juju.controllers = [at(controller)].into();
        let relation = observed.juju.relation.as_mut().unwrap();
        relation.peers = peers.into_iter().collect();
        relation.peers.insert(unit(1), Ok(Some(asker.clone())));
        let network = faults(&observed).network;
        let expected: Vec<Element> = cut.iter().map(|n| Element::Address(at(*n))).collect();
        let there: Vec<Element> = network.elements().map(|(_, element, _)| element).collect();
        assert_eq!(there, expected, "{controller} {:?}", observed.juju.relation);

        // What a person cut here by command ends as a whole where it is at an address of no unit.
        let mut by_hand = Network::default();
        for n in [2, 3] {
            let rule = Rule::Drop(crate::model::fault::network::Side::In);
            by_hand.add(rule, Element::Address(at(n)), 60_000);
        }
        observed.host.by_hand = Ok(Some(by_hand));
        assert_eq!(by_hand_strays(&observed.juju, &observed.host), strays);
    }
}
