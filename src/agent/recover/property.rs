//! Properties of the proposals. The reference is `mongod`'s own rules for a forced config, written apart from ours.

use super::tests::{at, config, dead, said, survey, survivor, unit};
use super::*;
use crate::model::set_view::State;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What `mongod` refuses of a forced config (M1–M7, M17), asked of the server at `own` that has `old`.
pub(super) fn mongod_takes(old: &SetConfig, new: &SetConfig, own: &HostPort) -> Result<(), String> {
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
        let verdict = propose(&survey, None);
        // The order of the answers does not matter.
        let mut turned = survey.clone();
        let by = turn % turned.asked.len();
        turned.asked.rotate_left(by);
        prop_assert_eq!(&verdict, &match propose(&turned, None) {
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
