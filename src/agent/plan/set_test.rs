//! Who makes the set, and that it is made once.

use super::*;
use crate::agent::{desire, validate};
use crate::model::databag::{ApplicationData, UnitData, Unreadable};
use crate::model::event::Event;
use crate::model::observed::{HostFacts, JujuFacts, Observer, Relation};
use crate::model::unit::UnitName;
use std::collections::{BTreeMap, BTreeSet};

fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

struct Case {
    leader: bool,
    joined: bool,
    relation: bool,
    claim: Option<u32>,
    exists: bool,
    silent: &'static [&'static str],
}

/// m/0, which runs as it should and has been in the set.
pub fn observed_by_a_member(event: Event) -> Observed {
    Observed {
        juju: JujuFacts {
            event,
            seen_ms: 0,
            me: unit(0),
            charm: "/charm".into(),
            leader: true,
            config: BTreeMap::new(),
            relation: Some(Relation {
                id: "replicas:0".into(),
                mine: Ok(Some(UnitData::default())),
                application: Ok(None),
                peers: BTreeMap::from([(unit(1), Ok(None))]),
            }),
            address: Ok("10.0.0.1".parse().unwrap()),
            storage: None,
            resource: None,
            zone: None,
            controllers: BTreeSet::new(),
            siblings: None,
        },
        host: HostFacts {
            now_ms: 0,
            options: crate::model::options::Options::read(&BTreeMap::new()).ok(),
            data_directory: None,
            data_there: true,
            sources: Vec::new(),
            refused: BTreeMap::new(),
            program: None,
            config: None,
            running: true,
            refused_options: None,
            started: None,
            port: Some(27017),
            joined: true,
            network: Ok(None),
            by_hand: Ok(None),
            held: Vec::new(),
            observer: Observer::Current,
        },
        set: SetFacts::NotAsked,
    }
}

/// The same in the case.
fn observed(case: &Case) -> Observed {
    let mut observed = observed_by_a_member(Event::Reconcile("config-changed".into()));
    observed.juju.leader = case.leader;
    observed.host.joined = case.joined;
    observed.set = SetFacts::NotInitiated(case.silent.iter().map(|&name| name.into()).collect());
    if !case.relation {
        observed.juju.relation = None;
    } else if let Some(relation) = &mut observed.juju.relation {
        relation.application = Ok(Some(ApplicationData {
            initiator: case.claim.map(unit),
            config: case.exists.then(|| "7.2".to_owned()),
            ..ApplicationData::default()
        }));
    }
    observed
}

#[test]
fn one_unit_makes_the_set_once() {
    let new = Case {
        leader: true,
        joined: false,
        relation: true,
        claim: None,
        exists: false,
        silent: &[],
    };
    let cases: [(Case, &str); 11] = [
        (Case { ..new }, "claim the initiation of the set"),
        (
            Case {
                leader: false,
                ..new
            },
            "waits for the leader to initiate the set",
        ),
        (
            Case {
                relation: false,
                ..new
            },
            "waits for the peer relation",
        ),
        (
            Case {
                silent: &["m/1"],
                ..new
            },
            "waits for m/1 to answer",
        ),
        (
            Case {
                claim: Some(1),
                ..new
            },
            "waits for m/1 to initiate the set",
        ),
        // It is there, though nobody who is in it could be asked yet.
        (
            Case {
                leader: false,
                claim: Some(1),
                exists: true,
                ..new
            },
            "waits for the leader to add this unit to the set",
        ),
        // It was there, and everybody is gone who was in it.
        (
            Case {
                claim: Some(7),
                exists: true,
                ..new
            },
            "claim the initiation of the set",
        ),
        // Whoever claimed it is gone, and has not made it.
        (
            Case {
                claim: Some(7),
                ..new
            },
            "claim the initiation of the set",
        ),
        // Also where another leads by now.
        (
            Case {
                claim: Some(0),
                leader: false,
                ..new
            },
            "initiate the set mongo-rs",
        ),
        // A server that has just been started does not know its config for some seconds: that is no new set.
        (
            Case {
                claim: Some(0),
                joined: true,
                ..new
            },
            "waits for mongod to read the config of its set",
        ),
        (
            Case {
                joined: true,
                ..new
            },
            "waits for mongod to read the config of its set",
        ),
    ];
    for (case, expected) in cases {
        let observed = observed(&case);
        let desired = desire::desire(&observed, &validate::validate(&observed));
        let plan = plan(&observed, &desired);
        let told = match (plan.steps.first(), &plan.wait) {
            (Some(planned), _) => planned.step.to_string(),
            (None, Some(wait)) => format!("waits for {}", wait.why),
            (None, None) => "nothing".to_owned(),
        };
        assert_eq!(told, expected);
    }
}

/// A server that does not answer once is asked again; one that is in no set, or is not up, keeps nobody.
#[test]
fn a_unit_that_leaves_asks_a_server_that_runs_again() {
    for (joined, running, expected) in [
        (true, true, true),
        (false, true, false),
        (true, false, false),
    ] {
        let mut observed = observed_by_a_member(Event::DepartedSelf);
        (observed.host.joined, observed.host.running) = (joined, running);
        observed.set = SetFacts::Unknown("an answer of mongod".to_owned());
        let desired = desire::desire(&observed, &validate::validate(&observed));
        let plan = plan(&observed, &desired);
        let waits = plan.wait.as_ref().is_some_and(|wait| wait.soon);
        assert!(
            plan.steps.is_empty() && waits == expected,
            "{joined} {running}: {plan}"
        );
    }
}

/// What a person wants is not known: nobody gets or loses a vote for that, and newcomers join all the same.
#[test]
fn while_a_persons_word_cannot_be_read_no_vote_and_no_field_changes() {
    use crate::agent::plan::members::tests::view;
    let members = [(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'S')];
    for (application, joins, expected) in [
        (Ok(None), false, "give member 1 a vote"),
        (
            Err(Unreadable::OtherVersion("2".into())),
            false,
            "waits for the application's databag to be read",
        ),
        (
            Err(Unreadable::OtherVersion("2".into())),
            true,
            "add m/3 as member 3",
        ),
    ] {
        let mut observed = observed_by_a_member(Event::Woken);
        observed.set = SetFacts::Seen(Box::new(view(&members)));
        let relation = observed.juju.relation.as_mut().unwrap();
        relation.application = application;
        relation.peers.insert(unit(2), Ok(None));
        if joins {
            let data = UnitData {
                address: Some("10.0.0.3:27017".parse().unwrap()),
                ..UnitData::default()
            };
            relation.peers.insert(unit(3), Ok(Some(data)));
        }
        observed.juju.address = Ok("10.0.0.0".parse().unwrap());
        observed.host.now_ms = 1_000_000;
        observed.host.options.as_mut().unwrap().election_timeout_ms = 10_000;
        let desired = desire::desire(&observed, &validate::validate(&observed));
        let plan = plan(&observed, &desired);
        let told = match (plan.steps.first(), &plan.wait) {
            (Some(planned), _) => planned.step.to_string(),
            (None, Some(wait)) => format!("waits for {}", wait.why),
            (None, None) => "nothing".to_owned(),
        };
        assert!(told.starts_with(expected), "{told}");
        let votes = plan.to_string().contains("vote") && expected.starts_with("add");
        assert!(!votes || plan.steps.len() == 1, "{plan}");
    }
}
