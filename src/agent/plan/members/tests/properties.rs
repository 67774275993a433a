//! Any set, any goal: every step is legal, and the goal is reached. The reference here is small and sees views only;
//! `plan/reference` has whole histories.

use super::build::{goal, view};
use super::plan;
use crate::agent::lint;
use crate::model::desired::{Role, odd_voters};
use crate::model::plan::Step;
use crate::model::set_view::{Seen, SetView, State};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// What `mongod` would say to a step, and what the set looks like afterwards, when everybody that is up takes part.
fn mongod(view: &SetView, step: &Step) -> Result<SetView, String> {
    let mut next = view.clone();
    match step {
        Step::HandOver { to, .. } => {
            let heir = view.config.members().find(|m| {
                Some(m.id) != view.primary && m.electable() && view.caught_up(m.id) && m.host == *to
            });
            let heir = heir.ok_or("no electable secondaries caught up")?.id;
            let old = view.primary.ok_or("no primary")?;
            next.members.insert(
                old,
                Seen {
                    state: State::Secondary,
                    optime_secs: Some(100),
                },
            );
            next.members.insert(
                heir,
                Seen {
                    state: State::Primary,
                    optime_secs: Some(100),
                },
            );
            next.primary = Some(heir);
            next.term += 1;
            Ok(next)
        }
        Step::Reconfigure {
            version, changes, ..
        } => {
            if *version != view.config.version() {
                return Err("version".into());
            }
            let after = view
                .config
                .with(changes)
                .map_err(|error| error.to_string())?;
            let (before_voters, after_voters) = (view.config.voters(), after.voters());
            if before_voters.symmetric_difference(&after_voters).count() > 1 {
                return Err("M8".into());
            }
            if after_voters.is_empty() || after_voters.len() > 7 || after.size() > 50 {
                return Err("M1".into());
            }
            let primary = view.primary.ok_or("M12")?;
            if !after
                .member(primary)
                .is_some_and(|member| member.electable())
            {
                return Err("M7".into());
            }
            let live =
                |voters: &BTreeSet<i32>| voters.iter().filter(|id| view.healthy(**id)).count();
            if live(&before_voters) * 2 <= before_voters.len()
                || live(&after_voters) * 2 <= after_voters.len()
            {
                return Err("M10/M11".into());
            }
            for member in after.members() {
                // Whoever is new has synced by the next look.
                let synced = Seen {
                    state: State::Secondary,
                    optime_secs: Some(100),
                };
                next.members.entry(member.id).or_insert(synced);
            }
            next.config = after;
            Ok(next)
        }
        other => Err(format!("not for mongod: {other}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// From any set and to any goal: every step is one that `mongod` takes and that lint passes, and with a live
    /// majority the goal is reached in a bounded number of steps: an odd number of voters, all units members.
    #[test]
    fn every_plan_is_legal_and_arrives(
        letters in proptest::collection::vec((0_u8..2, prop::sample::select(vec!['S', 'S', 'S', 'R', 'D'])), 1..10),
        keep in proptest::collection::vec(any::<bool>(), 10),
        newcomers in 0_u32..4,
    ) {
        let mut members: Vec<(u32, u8, char)> =
            letters.iter().enumerate().map(|(n, (votes, letter))| (n as u32, *votes, *letter)).collect();
        members[0] = (0, 1, 'P');
        let mut voters = 0;
        for member in &mut members {
            voters += usize::from(member.1);
            if voters > 7 { member.1 = 0; }
        }
        let mut now = view(&members);
        let mut units: Vec<u32> = members.iter().map(|m| m.0).filter(|n| keep[*n as usize]).collect();
        units.extend((0..newcomers).map(|n| 20 + n));
        let leader = units.iter().copied().find(|n| *n >= 20 || members[*n as usize].2 != 'D');
        prop_assume!(leader.is_some());
        let goal = goal(leader.unwrap(), Role::Leader, &units);
        let could = now.could_commit(&now.config);
        let mut steps = 0;
        loop {
            let plan = plan(&now, &goal);
            let Some(planned) = plan.steps.first() else { break };
            prop_assert!(could, "a step from a state that cannot commit: {plan}");
            prop_assert_eq!(lint::check(&plan, Some(&now)), Ok(()));
            prop_assert!(plan == super::plan(&now, &goal), "the same input gave another plan");
            match mongod(&now, &planned.step) {
                Ok(next) => now = next,
                Err(why) => prop_assert!(false, "mongod refused ({why}): {plan}"),
            }
            steps += 1;
            prop_assert!(steps < 200, "no end: {plan}");
        }
        let healthy = |n: &u32| now.members.get(&(*n as i32)).is_none_or(|seen| seen.state.is_healthy());
        let all_well = members.iter().all(|member| !matches!(member.2, 'D' | 'R'));
        if could && all_well && units.iter().all(healthy) {
            prop_assert_eq!(now.config.size(), units.len());
            prop_assert_eq!(now.config.voters().len(), odd_voters(units.len()));
        }
    }
}
