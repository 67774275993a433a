use super::*;
use crate::model::address::HostPort;
use crate::model::desired::{Goal, Health, Role, Wanted};
use crate::model::policy::{MemberPolicy, Policy};
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, SetView, State};
use crate::model::unit::UnitName;
use mongodb::bson::{Timestamp, doc, oid::ObjectId};
use proptest::prelude::*;

/// The blocks of a document, each with the name of its language.
fn blocks(document: &str) -> Vec<(&str, &str)> {
    let pieces = document.split("```").skip(1).step_by(2);
    pieces.filter_map(|piece| piece.split_once('\n')).collect()
}

#[test]
fn the_document_shows_what_is_printed() {
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.md");
    let document = std::fs::read_to_string(document).unwrap();
    let blocks = blocks(&document);
    let example = blocks.iter().find(|(language, _)| *language == "json");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.json");
    std::fs::write(&file, example.unwrap().1).unwrap();
    for (format, words) in [(Format::Text, ""), (Format::Json, " --format json")] {
        let mut out = Vec::new();
        let file = file.clone();
        run(&PlanArgs { file, format }, &mut out).unwrap();
        let printed = format!(
            "$ mongo-rs plan example.json{words}\n{}",
            String::from_utf8(out).unwrap()
        );
        assert!(
            blocks.iter().any(|(_, block)| *block == printed),
            "docs/plan.md does not show:\n{printed}"
        );
    }
}

#[test]
fn a_file_that_is_none_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.json");
    let try_it = || {
        let file = file.clone();
        let format = Format::Text;
        run(&PlanArgs { file, format }, &mut Vec::new()).unwrap_err()
    };
    let missing = format!("cannot read {}: No such file", file.display());
    assert!(try_it().starts_with(&missing), "{}", try_it());
    std::fs::write(&file, r#"{"version": 1}"#).unwrap();
    let empty = format!(
        "{} is no situation: set is missing; it must be",
        file.display()
    );
    assert!(try_it().starts_with(&empty), "{}", try_it());
}

fn host(number: usize) -> HostPort {
    match number % 2 {
        0 => HostPort::new(&format!("10.0.0.{number}"), 27017),
        _ => HostPort::new(&format!("fd00::{number:x}"), 27018),
    }
}

fn unit(number: usize) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

/// What the status says of a member, by a letter.
fn seen(letter: char) -> Seen {
    let (state, optime_secs) = match letter {
        'P' => (State::Primary, Some(100)),
        'S' => (State::Secondary, Some(99)),
        'L' => (State::Secondary, Some(10)),
        'R' => (State::Other("RECOVERING".into()), None),
        _ => (State::Unknown("it \"says\" nothing\n".into()), None),
    };
    Seen { state, optime_secs }
}

/// One unit: its letter, vote, whether it has a member, a tag, a place among the units, its zone, and since when it is up.
type Drawn = (
    char,
    bool,
    bool,
    bool,
    u8,
    Option<char>,
    Option<(bool, u64)>,
);

fn situation(drawn: &[Drawn], committed: bool, concern: Option<bool>, leaver: bool) -> Situation {
    let members = drawn.iter().enumerate().filter(|(n, it)| it.2 || *n == 0);
    let documents: Vec<_> = members
        .clone()
        .map(|(number, (_, votes, _, tagged, ..))| {
            let votes = i64::from(*votes || number == 0);
            let mut member = doc! { "_id": number as i32, "host": host(number).to_string(), "votes": votes,
            "priority": votes as f64 * 1.5, "arbiterOnly": false };
            if *tagged {
                member.insert("tags", doc! { "juju-unit": unit(number).to_string(), "use": "" });
            }
            member
        })
        .collect();
    let config = doc! { "_id": "r s", "version": 5_i64, "term": 1_i64, "members": documents,
    "settings": { "replicaSetId": ObjectId::new(), "at": Timestamp { time: 7, increment: 1 }, "electionTimeoutMillis": 9000_i64 } };
    let states = members.map(|(n, it)| (n as i32, seen(if n == 0 { 'P' } else { it.0 })));
    let others = drawn.iter().enumerate();
    let door = |number: usize| match number % 3 {
        0 => Err("it is in another set".to_owned()),
        _ => Ok(()),
    };
    let view = SetView {
        seen_from: HostPort::new("seed", 1),
        config: SetConfig::read(config).unwrap(),
        committed,
        primary: Some(0).filter(|_| !leaver || drawn.len() > 2),
        term: 3,
        members: states.collect(),
        has_default_write_concern: concern,
        doors: others
            .clone()
            .filter(|(n, it)| !it.2 && *n != 0)
            .map(|(n, _)| (host(n), door(n)))
            .collect(),
    };
    let wanted = |number: usize, it: &Drawn| Wanted {
        address: (it.4 > 1).then(|| host(number)),
        zone: it.5.map(|zone| zone.to_string()),
    };
    let healths = others.clone().filter_map(|(n, it)| {
        let (up, since_ms) = it.6?;
        Some((unit(n), Health { up, since_ms }))
    });
    let policies = others.clone().filter(|(n, _)| n % 4 == 3).map(|(n, it)| {
        let policy = MemberPolicy {
            priority: it.1.then_some(2.0),
            hidden: Some(it.2),
            delay: it.3.then_some(60),
            ..MemberPolicy::default()
        };
        (unit(n), policy)
    });
    let goal = Goal {
        me: unit(1),
        role: if leaver { Role::Leaver } else { Role::Leader },
        policy: Policy {
            voters: (drawn.len() % 5 == 4).then_some(3),
            demoted: others
                .clone()
                .filter(|(_, it)| it.4 == 2)
                .map(|(n, _)| unit(n))
                .collect(),
            dropped: others
                .clone()
                .filter(|(_, it)| it.4 == 0)
                .map(|(n, _)| host(n))
                .collect(),
            members: policies.collect(),
        },
        dying: others
            .clone()
            .filter(|(n, it)| it.4 == 0 && n % 3 == 2 && !leaver)
            .map(|(n, _)| unit(n))
            .collect(),
        units: others
            .filter(|(n, it)| it.4 > 0 || *n == 1 && leaver)
            .map(|(n, it)| (unit(n), wanted(n, it)))
            .collect(),
        two_voters: committed,
        first_id: drawn.len() as i32 % 4 * 5,
        health: healths.collect(),
        now_ms: 1000,
        grace_ms: 100,
        election_timeout_ms: 9000,
    };
    Situation { view, goal }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is planned from the file is what is planned from what was seen, whatever was seen.
    #[test]
    fn a_file_gives_the_plan_of_the_set_that_it_was_written_from(
        drawn in proptest::collection::vec((
            prop::sample::select(vec!['S', 'S', 'S', 'L', 'R', 'D']), any::<bool>(), any::<bool>(),
            prop::bool::weighted(0.8), 0_u8..5, prop::option::of(prop::sample::select(vec!['a', 'b', 'c'])),
            prop::option::of((any::<bool>(), 0_u64..1000)),
        ), 2..9),
        committed in prop::bool::weighted(0.9), concern in any::<Option<bool>>(), leaver in any::<bool>(),
    ) {
        let live = situation(&drawn, committed, concern, leaver);
        let text = live.text();
        let read: Situation = text.parse().unwrap();
        prop_assert_eq!(&read.text(), &text);
        prop_assert_eq!(&read.goal, &live.goal);
        prop_assert_eq!(
            members::plan(&read.view, &read.goal),
            members::plan(&live.view, &live.goal)
        );
    }
}
