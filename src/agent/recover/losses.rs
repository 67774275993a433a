//! What a recovery may cost, in words: which acknowledged writes cannot be known to have survived.

use super::force::Forced;
use super::rank::Ranked;
use super::{Kind, SPARE_TERMS, Witness};
use crate::model::set_config::{Member, SetConfig};
use crate::model::survey::Survey;
use std::collections::BTreeSet;

/// Which acknowledged writes cannot be known to have survived.
pub(super) fn losses(
    survey: &Survey,
    base: &SetConfig,
    ranking: &[Ranked],
    newest: &Ranked,
    kind: Kind,
) -> Vec<String> {
    let whole: BTreeSet<i32> = ranking
        .iter()
        .filter(|one| one.whole)
        .filter_map(|one| one.id)
        .collect();
    let voters = || {
        base.members()
            .filter(|member| member.votes && !member.arbiter)
    };
    let all = base.voters().len();
    let needed = write_majority(base);
    let lost = named(voters().filter(|member| !whole.contains(&member.id)));
    let label = &newest.label;
    let mut said = Vec::new();
    said.push(match newest.position {
        Some(at) => format!(
            "the newest entry that any survivor has is of {} ({at}, {}), on {label}; what was written after it is on no survivor",
            at.time(),
            ago(survey.now_ms, at.seconds)
        ),
        None => format!("{label} does not say how far it is"),
    });
    if lost.len() < needed {
        let least = needed - lost.len();
        said.push(format!(
            "every write that a majority has acknowledged has survived: it was on at least {needed} of {all} voters, so on at \
             least {least} of those that are there, and {label} has all that any of them has"
        ));
    } else {
        said.push(format!(
            "writes that a majority has acknowledged ({needed} of {all} voters) can be on the lost voters alone ({}): of \
             those it cannot be known whether they have survived",
            lost.join(", ")
        ));
        let committed = survey.asked.iter().filter_map(|asked| match &asked.answer {
            crate::model::survey::Answer::Member(said) => said.committed,
            _ => None,
        });
        said.push(match committed.max() {
            Some(at) => format!(
                "what a majority had acknowledged by {} ({at}) is known to have survived: that is as far as any survivor \
                 has heard",
                at.time()
            ),
            None => "no survivor remembers how far a majority had come (it was restarted since): nothing is known to \
                     have been acknowledged or not"
                .to_owned(),
        });
    }
    if kind == Kind::MembersGone || !lost.is_empty() {
        said.push(
            "writes that were acknowledged with w:1 can be on a lost primary alone, and are rolled back when it comes back \
             (action rollbacks, on its unit, tells them)"
                .to_owned(),
        );
    }
    said
}

/// Their names, in the order of the units, whatever the order of the config.
fn named<'a>(members: impl Iterator<Item = &'a Member>) -> Vec<String> {
    let mut members: Vec<&Member> = members.collect();
    members.sort_by_key(|member| (&member.unit, &member.host));
    members.into_iter().map(Member::label).collect()
}

/// How many voters with data acknowledge a majority write (M20).
fn write_majority(config: &SetConfig) -> usize {
    let voters = config.members().filter(|member| member.votes);
    let writable = voters.filter(|member| !member.arbiter).count();
    config.majority().min(writable)
}

fn ago(now_ms: u64, seconds: u32) -> String {
    match (now_ms / 1000).checked_sub(u64::from(seconds)) {
        Some(ago) => format!("{ago} s ago"),
        None => "ahead of this unit's clock".to_owned(),
    }
}

/// What a person should know before saying yes.
pub(super) fn warnings(
    survey: &Survey,
    base: &SetConfig,
    witnesses: &[Witness],
    ranking: &[Ranked],
    newest: &Ranked,
    forced: &Forced,
) -> Vec<String> {
    let mut said = Vec::new();
    let there: BTreeSet<Option<i32>> = ranking.iter().map(|one| one.id).collect();
    let away = named(
        base.members()
            .filter(|member| member.votes && !there.contains(&Some(member.id))),
    );
    if forced.kind == Kind::MembersGone {
        said.push(format!(
            "make sure that {} are off, and not only cut off from here: if they are a majority elsewhere they have a primary \
             of their own and go on acknowledging writes, and when both sides meet the writes of one of them are rolled \
             back, or its servers stop and must copy the data anew",
            away.join(", ")
        ));
    }
    let known = witnesses
        .iter()
        .filter_map(|witness| witness.said.latest_term())
        .max();
    if let Some(told) = survey.term_told
        && known.is_none_or(|known| told > known)
    {
        let known = known.map_or("any".to_owned(), |known| {
            format!("a later one than {known}")
        });
        said.push(format!(
            "a leader has seen a primary of term {told}, and no survivor knows {known}: the lost members \
             went on without the survivors, and writes of that time are on none of these"
        ));
    }
    for one in ranking {
        let newer = one.position > newest.position;
        if newer && one.whole {
            let label = &one.label;
            let why = match one.id {
                None => "is in no newer config",
                Some(_) if !one.may_lead => "can never be primary",
                Some(_) => "cannot be primary now: wait until it is SECONDARY, and look again",
            };
            said.push(format!(
                "{label} has newer entries ({}), but {why}; they would be rolled back",
                one.place()
            ));
        }
    }
    if let Some(id) = newest.id
        && !newest.electable
        && base.member(id).is_some()
    {
        said.push(format!(
            "{} could not be primary so far (no vote, no priority, hidden or delayed): it is made to",
            newest.label
        ));
    }
    if newest.config != (base.version(), base.term()) {
        said.push(format!(
            "{} has config {} of term {} only; what is forced is made from config {} of term {}",
            newest.label,
            newest.config.0,
            newest.config.1,
            base.version(),
            base.term()
        ));
    }
    said.extend(forced.dropped.iter().cloned());
    said.push(format!(
        "members that come back take the forced config and roll back what the new primary does not have; one that has voted \
         in more than {SPARE_TERMS} elections since it was heard of must not come back with its data"
    ));
    said
}
