//! Who of the survivors is the newest.

use super::Witness;
use crate::model::address::HostPort;
use crate::model::optime::OpTime;
use crate::model::set_config::{Member, SetConfig};
use crate::model::set_view::State;
use std::cmp::Reverse;

/// One survivor.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Its unit, or its address if it is no unit's.
    pub label: String,
    /// Where it is now.
    pub address: HostPort,
    /// Its `_id` in the newest config; none for one that is not in it.
    pub id: Option<i32>,
    /// What it does.
    pub state: State,
    /// The last entry that it has applied and that stays.
    pub position: Option<OpTime>,
    /// Version and term of the config that it has.
    pub config: (i64, i64),
    /// Whether it has all data up to its position, so that it counts.
    pub whole: bool,
    /// Whether it can be primary at once, as far as its state goes.
    pub ready: bool,
    /// Whether the newest config lets it be primary.
    pub electable: bool,
    /// Whether it may be made one that can be primary.
    pub may_lead: bool,
}

impl Ranked {
    /// Its position in words.
    pub fn place(&self) -> String {
        match self.position {
            Some(position) => position.to_string(),
            None => "no known position".to_owned(),
        }
    }

    /// `mongo-rs/3: term 4, 2026-01-31T12:00:00Z entry 2 (SECONDARY)`.
    pub fn line(&self) -> String {
        let state = match &self.state {
            // It does not find its own address in its config.
            State::Other(word) if word == "REMOVED" => "not where its config says".to_owned(),
            other => other.to_string(),
        };
        format!("{}: {} ({state})", self.label, self.place())
    }
}

/// All of them, the newest first; of those that are equal the one that can lead as it is, then by `_id`.
pub(super) fn rank(witnesses: &[Witness], base: &SetConfig) -> Vec<Ranked> {
    let mut ranking: Vec<Ranked> = witnesses.iter().map(|one| ranked(one, base)).collect();
    ranking.sort_by_key(|one| {
        (
            Reverse((one.whole, one.position)),
            Reverse((one.ready, one.electable)),
            one.id.is_none(),
            one.id,
            one.label.clone(),
        )
    });
    ranking
}

fn ranked(witness: &Witness, base: &SetConfig) -> Ranked {
    let (asked, said) = (witness.asked, witness.said);
    let member = match &asked.unit {
        Some(unit) => base.of_unit(unit),
        None => base.at(&asked.address),
    };
    let ready = match &said.state {
        State::Primary | State::Secondary => true,
        State::Other(word) => word == "REMOVED",
        State::Unknown(_) => false,
    };
    // While the first copy of the data runs nothing is whole; all other states have what they had.
    let copying = matches!(&said.state, State::Other(word) if word == "STARTUP2");
    let arbiter = member.is_some_and(|member| member.arbiter);
    Ranked {
        label: witness.label(),
        address: asked.address.clone(),
        id: member.map(|member| member.id),
        state: said.state.clone(),
        position: said.position(),
        config: (said.config.version(), said.config.term()),
        whole: !copying && !arbiter && said.position().is_some(),
        ready,
        electable: member.is_some_and(Member::electable),
        may_lead: member.is_some_and(|member| !arbiter && base.builds_indexes(member.id)),
    }
}

/// The one to force it on. One that cannot be primary now, because it still replays or rolls back, comes after all others.
/// The one that is named comes first of those that are as good.
///
/// # Errors
/// None has the data.
pub(super) fn newest<'a>(ranking: &'a [Ranked], named: Option<&str>) -> Result<&'a Ranked, String> {
    let mut able = ranking
        .iter()
        .filter(|one| one.whole && one.may_lead && one.id.is_some());
    let ready = able.clone().find(|one| one.ready);
    let best = ready.or_else(|| able.clone().next());
    let as_good = able.find(|one| {
        Some(one.label.as_str()) == named
            && best.is_some_and(|best| (best.position, best.ready) == (one.position, one.ready))
    });
    as_good.or(best).ok_or_else(|| {
        let lines: Vec<String> = ranking.iter().map(Ranked::line).collect();
        format!(
            "no survivor has the whole data and could be primary ({}): wait for others to come back, or restore a backup",
            lines.join("; ")
        )
    })
}
