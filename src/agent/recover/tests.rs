//! Tables of the proposals.

use super::force::electorate;
use super::property::mongod_takes;
use super::*;
use crate::model::optime::OpTime;
use crate::model::set_view::State;
use crate::model::unit::UnitName;
use mongodb::bson::doc;
use std::collections::BTreeSet;

pub(super) fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

pub(super) fn host(last: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{last}"), 27017)
}

pub(super) fn at(term: i64, seconds: u32) -> Option<OpTime> {
    Some(OpTime {
        term,
        seconds,
        increment: 1,
    })
}

/// A config in which unit n is member n at host n; votes by number.
pub(super) fn config(votes: &[u8]) -> SetConfig {
    let members: Vec<_> = votes
        .iter()
        .enumerate()
        .map(|(n, votes)| {
            let n = n as u32;
            doc! { "_id": n as i32, "host": host(n).to_string(), "votes": i32::from(*votes),
            "priority": i32::from(*votes), "tags": { "juju-unit": unit(n).to_string() } }
        })
        .collect();
    SetConfig::read(
        doc! { "_id": "rs", "version": 5, "term": 2, "members": members,
        "settings": { "replicaSetId": "x", "foreign": 1 } },
    )
    .unwrap()
}

/// One that answers: SECONDARY, hears itself alone.
pub(super) fn survivor(
    config: &SetConfig,
    number: u32,
    place: u32,
    position: Option<OpTime>,
) -> Asked {
    let said = Testimony {
        config: config.clone(),
        state: State::Secondary,
        primary: None,
        term: Some(2),
        applied: position,
        durable: position,
        committed: at(2, 90),
        hears: BTreeSet::from([number as i32]),
        has_default_write_concern: Some(true),
    };
    Asked {
        unit: Some(unit(number)),
        address: host(place),
        answer: Answer::Member(Box::new(said)),
    }
}

pub(super) fn dead(number: u32) -> Asked {
    Asked {
        unit: Some(unit(number)),
        address: host(number),
        answer: Answer::Silent("refused".into()),
    }
}

pub(super) fn survey(asked: Vec<Asked>) -> Survey {
    Survey {
        units: asked
            .iter()
            .filter_map(|one| Some((one.unit.clone()?, Some(one.address.clone()))))
            .collect(),
        asked,
        faults: Vec::new(),
        term_told: None,
        now_ms: 110_000,
    }
}

pub(super) fn said(asked: &mut Asked) -> &mut Testimony {
    match &mut asked.answer {
        Answer::Member(said) => said,
        _ => panic!("it says nothing"),
    }
}

fn proposed(survey: &Survey) -> Proposal {
    match propose(survey, None) {
        Verdict::Proposal(proposal) => *proposal,
        Verdict::Refused(why) => panic!("{why}"),
    }
}

fn refused(survey: &Survey) -> String {
    match propose(survey, None) {
        Verdict::Refused(why) => why,
        Verdict::Proposal(proposal) => panic!("{proposal:?}"),
    }
}

/// `_id`, last part of the address, vote.
fn shape(config: &SetConfig) -> Vec<(i32, String, bool)> {
    let members = config.members();
    members
        .map(|member| {
            let last = member.host.host.rsplit('.').next().unwrap_or_default();
            (member.id, last.to_owned(), member.votes)
        })
        .collect()
}

fn two_of_five() -> Survey {
    let all = config(&[1, 1, 1, 1, 1]);
    survey(vec![
        dead(0),
        dead(1),
        dead(2),
        survivor(&all, 3, 3, at(2, 99)),
        survivor(&all, 4, 4, at(2, 100)),
    ])
}

#[test]
fn members_that_are_gone_keep_their_place_without_a_vote() {
    let proposal = proposed(&two_of_five());
    assert_eq!(
        (proposal.kind, proposal.newest.as_str()),
        (Kind::MembersGone, "m/4")
    );
    let votes: Vec<bool> = proposal
        .config
        .members()
        .map(|member| member.votes)
        .collect();
    assert_eq!(votes, [false, false, false, true, true]);
    assert!(proposal.config.version() > 5);
    let document = proposal.config.document();
    assert_eq!(
        document
            .get_document("settings")
            .unwrap()
            .get_i32("foreign")
            .unwrap(),
        1
    );
    let losses = proposal.losses.join("\n");
    assert!(
        losses.contains("3 of 5 voters") && losses.contains("m/0, m/1, m/2"),
        "{losses}"
    );
    assert!(
        losses.contains("1970-01-01T00:01:40Z") && losses.contains("10 s ago"),
        "{losses}"
    );
    assert!(proposal.warnings[0].contains("make sure that m/0, m/1, m/2 are off"));
    assert_eq!(proposal.silent.len(), 3);
}

#[test]
fn half_of_an_even_number_has_every_write_of_a_majority() {
    let all = config(&[1, 1, 1, 1]);
    let one = survivor(&all, 2, 2, at(2, 99));
    let other = survivor(&all, 3, 3, at(1, 500));
    let proposal = proposed(&survey(vec![dead(0), dead(1), one, other]));
    // A later term is newer, whatever the clocks said.
    assert_eq!(proposal.newest, "m/2");
    assert!(
        proposal.losses[1].contains("every write that a majority has acknowledged has survived")
    );
}

#[test]
fn units_that_do_not_exist_any_more_are_left_out() {
    let mut gone = two_of_five();
    gone.units.remove(&unit(0));
    let proposal = proposed(&gone);
    assert_eq!(proposal.config.size(), 4);
    assert!(
        proposal
            .warnings
            .iter()
            .any(|said| said.contains("m/0 is left out: its unit is gone"))
    );
}

#[test]
fn whoever_has_only_moved_keeps_its_vote_and_its_id() {
    let all = config(&[1, 1, 1, 0]);
    let moved = (0..4)
        .map(|n| survivor(&all, n, n + 50, at(2, 100)))
        .collect();
    let proposal = proposed(&survey(moved));
    assert_eq!(proposal.kind, Kind::AddressesChanged);
    let wanted = [
        (0, "50", true),
        (1, "51", true),
        (2, "52", true),
        (3, "53", false),
    ];
    let wanted = wanted.map(|(id, last, votes)| (id, last.to_owned(), votes));
    assert_eq!(shape(&proposal.config), wanted);
}

#[test]
fn some_gone_and_some_moved() {
    let all = config(&[1, 1, 1, 1, 1]);
    // Three of five are there, two of them elsewhere: a majority that has moved.
    let most = vec![
        survivor(&all, 0, 0, at(2, 100)),
        survivor(&all, 1, 51, at(2, 100)),
        survivor(&all, 2, 52, at(2, 100)),
        dead(3),
        dead(4),
    ];
    let proposal = proposed(&survey(most));
    assert_eq!(
        (proposal.kind, proposal.config.voters().len()),
        (Kind::AddressesChanged, 5)
    );
    // Two of five, one of them elsewhere, where a lost one was.
    let few = vec![
        survivor(&all, 0, 3, at(2, 100)),
        survivor(&all, 1, 1, at(2, 100)),
        dead(2),
        dead(3),
        dead(4),
    ];
    let proposal = proposed(&survey(few));
    assert_eq!(proposal.kind, Kind::MembersGone);
    assert!(
        proposal
            .warnings
            .iter()
            .any(|said| said.contains("m/3 is left out"))
    );
    let old = config(&[1, 1, 1, 1, 1]);
    assert_eq!(
        mongod_takes(&old, &proposal.config, &proposal.server),
        Ok(())
    );
}

#[test]
fn members_that_have_taken_each_others_addresses_take_their_ids_too() {
    let all = config(&[1, 1, 1, 1, 1]);
    // 0 is where 1 was, 1 is elsewhere; the others are gone: what mongod calls member 1 is now 0's server.
    let few = vec![
        survivor(&all, 0, 1, at(2, 100)),
        survivor(&all, 1, 60, at(2, 99)),
        dead(2),
        dead(3),
        dead(4),
    ];
    let proposal = proposed(&survey(few));
    assert_eq!(
        mongod_takes(&all, &proposal.config, &proposal.server),
        Ok(())
    );
    let zero = proposal.config.of_unit(&unit(0)).unwrap();
    assert_eq!((zero.id, &zero.host), (1, &host(1)));
    assert_eq!(proposal.config.of_unit(&unit(1)).unwrap().host, host(60));
}

#[test]
fn a_majority_that_is_there_or_coming_is_never_overruled() {
    let mut primary = two_of_five();
    said(&mut primary.asked[3]).state = State::Primary;
    assert!(refused(&primary).contains("m/3 is primary (term 2)"));
    let mut taken = two_of_five();
    said(&mut taken.asked[4]).primary = Some(host(0));
    assert!(refused(&taken).contains("m/4 takes 10.0.0.0:27017 for the primary"));
    let mut electing = two_of_five();
    said(&mut electing.asked[4]).hears = BTreeSet::from([2, 3, 4]);
    assert!(refused(&electing).contains("m/4 hears 3 of 5 voters"));
    let all = config(&[1, 1, 1]);
    let deaf = (0..3).map(|n| survivor(&all, n, n, at(2, 100))).collect();
    assert!(refused(&survey(deaf)).contains("do not hear each other"));
    let mut fault = two_of_five();
    fault.faults.push("partition p1".to_owned());
    assert!(refused(&fault).contains("partition p1") && refused(&fault).contains("heal"));
}

/// m/0, the only one with a priority, has died: two of three hear each other, and wait for an election that never comes.
#[test]
fn a_majority_of_which_nobody_can_be_elected_is_given_one_who_can() {
    let mut raw = config(&[1, 1, 1]).document();
    for member in raw.get_array_mut("members").unwrap().iter_mut().skip(1) {
        member.as_document_mut().unwrap().insert("priority", 0);
    }
    let only = SetConfig::read(raw).unwrap();
    let mut asked = vec![
        dead(0),
        survivor(&only, 1, 1, at(2, 99)),
        survivor(&only, 2, 2, at(2, 100)),
    ];
    for one in &mut asked[1..] {
        said(one).hears = BTreeSet::from([1, 2]);
    }
    let proposal = proposed(&survey(asked.clone()));
    assert_eq!(
        (proposal.kind, proposal.newest.as_str()),
        (Kind::NobodyElectable, "m/2")
    );
    assert_eq!(proposal.config.voters(), [0, 1, 2].into());
    assert!(proposal.config.of_unit(&unit(2)).unwrap().electable());
    // While the one that can be elected is there, it is waited for.
    asked[0] = survivor(&only, 0, 0, at(2, 100));
    assert!(refused(&survey(asked.clone())).contains("of which m/0 can be elected"));
    said(&mut asked[1]).hears = BTreeSet::from([0, 1]);
    assert!(
        refused(&survey(asked)).contains("m/1 hears 2 of 3 voters, which is a majority, and m/0")
    );
}

#[test]
fn without_data_there_is_nothing_to_force() {
    let all = config(&[1, 1, 1]);
    assert!(refused(&survey(vec![dead(0), dead(1), dead(2)])).contains("m/1 cannot be asked"));
    let mut copying = survivor(&all, 0, 0, at(2, 100));
    said(&mut copying).state = State::Other("STARTUP2".to_owned());
    assert!(refused(&survey(vec![copying, dead(1), dead(2)])).contains("whole data"));
}

#[test]
fn the_word_must_name_the_newest_as_it_is_now() {
    let mut proposal = proposed(&two_of_five());
    assert_eq!(confirmed(&proposal, "m/4"), Ok(()));
    let older = confirmed(&proposal, "m/3").unwrap_err();
    assert!(
        older.contains("the newest survivor is m/4") && older.contains("m/3 has term 2"),
        "{older}"
    );
    assert!(
        confirmed(&proposal, "m/9")
            .unwrap_err()
            .contains("no survivor that answers")
    );
    // A newer one has come back since the dry run.
    let mut back = two_of_five();
    back.asked[0] = survivor(&config(&[1, 1, 1, 1, 1]), 0, 70, at(3, 1));
    // Three are a majority; they hear nobody and are elsewhere.
    proposal = proposed(&back);
    assert!(
        confirmed(&proposal, "m/4")
            .unwrap_err()
            .contains("the newest survivor is m/0")
    );
}

#[test]
fn a_standby_that_is_the_newest_is_given_a_vote() {
    let all = config(&[1, 1, 1, 0]);
    let proposal = proposed(&survey(vec![
        dead(0),
        dead(1),
        survivor(&all, 2, 2, at(2, 80)),
        survivor(&all, 3, 3, at(2, 100)),
    ]));
    assert_eq!(proposal.newest, "m/3");
    assert!(proposal.config.of_unit(&unit(3)).unwrap().electable());
    assert!(
        proposal
            .warnings
            .iter()
            .any(|said| said.contains("m/3 could not be primary so far"))
    );
}

#[test]
fn what_the_lost_ones_did_without_the_survivors_is_told() {
    let mut told = two_of_five();
    told.term_told = Some(4);
    let proposal = proposed(&told);
    assert!(
        proposal
            .warnings
            .iter()
            .any(|said| said.contains("went on without the survivors"))
    );
    assert_eq!(proposal.term_to_pass, 4 + SPARE_TERMS);
    // Those that do not find themselves in their config know no term, but have entries of it.
    for one in &mut told.asked {
        if let Answer::Member(said) = &mut one.answer {
            said.term = None;
            said.applied = at(4, 100);
        }
    }
    let warnings = proposed(&told).warnings;
    assert!(
        !warnings.iter().any(|said| said.contains("went on without")),
        "{warnings:?}"
    );
}

#[test]
fn nobody_with_less_than_the_newest_can_win() {
    for (positions, wanted) in [
        (&[9][..], 1),
        (&[9, 8], 2),
        (&[9, 8, 8], 2),
        (&[9, 9, 8], 3),
        (&[9, 9, 9], 3),
        (&[9, 9, 8, 8], 4),
        (&[9, 9, 8, 8, 8], 3),
        (&[9, 9, 9, 9, 9, 9, 9, 9], 7),
    ] {
        let positions: Vec<_> = positions.iter().map(|seconds| at(1, *seconds)).collect();
        let count = electorate(&positions);
        assert_eq!(count, wanted, "{positions:?}");
        let majority = count / 2 + 1;
        let behind = positions[..count]
            .iter()
            .filter(|one| **one != positions[0])
            .count();
        assert!(behind < majority, "{positions:?}");
    }
}

#[test]
fn a_persons_word_for_one_that_is_as_new_stays_good_when_another_comes_back() {
    let all = config(&[1, 1, 1]);
    let mut three = vec![
        survivor(&all, 0, 10, at(2, 100)),
        survivor(&all, 1, 11, at(2, 100)),
        survivor(&all, 2, 12, at(2, 99)),
    ];
    for (named, expected) in [
        (None, "m/0"),
        (Some("m/0"), "m/0"),
        (Some("m/1"), "m/1"),
        // It has less, or is nobody.
        (Some("m/2"), "m/0"),
        (Some("m/7"), "m/0"),
    ] {
        let Verdict::Proposal(proposal) = propose(&survey(three.clone()), named) else {
            panic!("refused");
        };
        assert_eq!(proposal.newest, expected, "{named:?}");
        let good = named == Some(expected);
        assert_eq!(
            confirmed(&proposal, named.unwrap_or_default()).is_ok(),
            good
        );
    }
    // One that cannot be primary at once does not come before one that can.
    said(&mut three[1]).state = State::Other("RECOVERING".to_owned());
    let Verdict::Proposal(proposal) = propose(&survey(three), Some("m/1")) else {
        panic!("refused");
    };
    assert_eq!(proposal.newest, "m/0");
}
