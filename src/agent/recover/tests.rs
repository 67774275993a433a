//! Tables and properties of the proposals. The reference below is `mongod`'s own rules for a forced config, written apart
//! from ours.

use super::force::electorate;
use super::*;
use crate::model::optime::OpTime;
use crate::model::set_view::State;
use crate::model::unit::UnitName;
use mongodb::bson::doc;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn unit(number: u32) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

fn host(last: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{last}"), 27017)
}

fn at(term: i64, seconds: u32) -> Option<OpTime> {
    Some(OpTime {
        term,
        seconds,
        increment: 1,
    })
}

/// A config in which unit n is member n at host n; votes by number.
fn config(votes: &[u8]) -> SetConfig {
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
fn survivor(config: &SetConfig, number: u32, place: u32, position: Option<OpTime>) -> Asked {
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

fn dead(number: u32) -> Asked {
    Asked {
        unit: Some(unit(number)),
        address: host(number),
        answer: Answer::Silent("refused".into()),
    }
}

fn survey(asked: Vec<Asked>) -> Survey {
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

fn said(asked: &mut Asked) -> &mut Testimony {
    match &mut asked.answer {
        Answer::Member(said) => said,
        _ => panic!("it says nothing"),
    }
}

fn proposed(survey: &Survey) -> Proposal {
    match propose(survey) {
        Verdict::Proposal(proposal) => *proposal,
        Verdict::Refused(why) => panic!("{why}"),
    }
}

fn refused(survey: &Survey) -> String {
    match propose(survey) {
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

/// What `mongod` refuses of a forced config (M1–M7, M17), asked of the server at `own` that has `old`.
fn mongod_takes(old: &SetConfig, new: &SetConfig, own: &HostPort) -> Result<(), String> {
    let members: Vec<_> = new.members().collect();
    let voters = members.iter().filter(|member| member.votes).count();
    let unique = |set: BTreeSet<String>| set.len() == members.len();
    if members.is_empty() || members.len() > 50 || !(1..=7).contains(&voters) {
        return Err(format!("{} members, {voters} voters", members.len()));
    }
    if !members
        .iter()
        .any(|member| !member.arbiter && member.priority > 0.0)
    {
        return Err("nobody is electable".into());
    }
    for member in &members {
        if member.priority > 0.0 && (!member.votes || member.hidden || member.delay_secs > 0) {
            return Err(format!("member {} may not have a priority", member.id));
        }
        if member.arbiter && !member.votes {
            return Err("an arbiter must vote".into());
        }
        for before in old.members() {
            if before.host == member.host && before.id != member.id {
                return Err(format!("{} had the _id {}", member.host, before.id));
            }
        }
    }
    if !unique(members.iter().map(|member| member.id.to_string()).collect())
        || !unique(
            members
                .iter()
                .map(|member| member.host.to_string())
                .collect(),
        )
    {
        return Err("twins".into());
    }
    let local = members
        .iter()
        .filter(|member| member.host.host.starts_with("127."))
        .count();
    if local != 0 && local != members.len() {
        return Err("loopback and others".into());
    }
    if !new.same_set(old) || new.version() <= old.version() {
        return Err("another set, or not newer".into());
    }
    (members.iter().filter(|member| member.host == *own).count() == 1)
        .then_some(())
        .ok_or_else(|| "it does not find itself".into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Sets of one to nine members, each dead, there or moved (also to where another was), with data of any age.
    #[test]
    fn whenever_no_majority_is_there_and_one_has_data_there_is_a_config_that_mongod_takes(
        all in proptest::collection::vec((0_u8..2, 0_u8..4, 0_u32..12, 1_i64..3, 1_u32..4, any::<bool>(), any::<bool>()), 1..10),
        turn in 0_usize..10,
    ) {
        let mut votes: Vec<u8> = all.iter().map(|one| one.0).collect();
        votes[0] = 1;
        let mut seen = 0;
        votes.iter_mut().for_each(|vote| { seen += *vote; if seen > 7 { *vote = 0; } });
        let config = config(&votes);
        let mut taken = BTreeSet::new();
        let mut asked = Vec::new();
        let mut units = BTreeMap::new();
        for (n, (_, fate, place, term, seconds, exists, copying)) in all.iter().enumerate() {
            let n = n as u32;
            let place = if *fate == 2 { *place } else { n + if *fate == 3 { 100 } else { 0 } };
            let alive = *fate > 0 && taken.insert(place);
            let mut one = if alive { survivor(&config, n, place, at(*term, *seconds)) } else { dead(n) };
            if alive && *copying && *fate == 3 {
                said(&mut one).state = State::Other("STARTUP2".to_owned());
            }
            if alive || *exists {
                units.insert(unit(n), Some(one.address.clone()));
            }
            asked.push(one);
        }
        let survey = Survey { units, ..survey(asked) };
        let verdict = propose(&survey);
        // The order of the answers does not matter.
        let mut turned = survey.clone();
        let by = turn % turned.asked.len();
        turned.asked.rotate_left(by);
        prop_assert_eq!(&verdict, &match propose(&turned) {
            Verdict::Proposal(mut same) => {
                if let Verdict::Proposal(first) = &verdict { same.silent.clone_from(&first.silent); }
                Verdict::Proposal(same)
            }
            other => match (&verdict, other) {
                (Verdict::Refused(why), Verdict::Refused(_)) => Verdict::Refused(why.clone()),
                (_, other) => other,
            },
        });
        let whole: Vec<&Asked> = survey.asked.iter().filter(|one| match &one.answer {
            Answer::Member(said) => said.state == State::Secondary,
            _ => false,
        }).collect();
        let reached = config.members().filter(|member| member.votes && survey.asked.iter().any(|one| {
            matches!(one.answer, Answer::Member(_)) && one.address == member.host
        })).count();
        match verdict {
            Verdict::Refused(why) => prop_assert!(
                // One voter hears itself, and is a majority of one.
                whole.is_empty() || reached >= config.majority() || config.majority() == 1, "{why}"
            ),
            Verdict::Proposal(proposal) => {
                prop_assert_eq!(mongod_takes(&config, &proposal.config, &proposal.server), Ok(()));
                let newest = proposal.config.at(&proposal.server).unwrap();
                prop_assert!(newest.electable());
                let best = proposal.ranking.iter().filter(|one| one.whole).filter_map(|one| one.position).max();
                let chosen = proposal.ranking.iter().find(|one| one.label == proposal.newest).unwrap();
                prop_assert_eq!(chosen.position, best);
                // Those who vote and answer are enough to elect it.
                let voters = proposal.config.members().filter(|member| member.votes);
                let there = voters.filter(|member| proposal.ranking.iter().any(|one| one.address == member.host)).count();
                prop_assert!(there >= proposal.config.majority());
            }
        }
    }
}
