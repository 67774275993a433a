//! Partitions: who is cut from whom, and putting the cut into the kernel.

use crate::host::firewall::{self, Table};
use crate::host::program::ProgramError;
use crate::model::fault::{Cut, Outcome};
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Two groups that are not to hear of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    /// The group with the primary, or the unit that is cut off.
    pub one: BTreeMap<UnitName, IpAddr>,
    /// All others.
    pub two: BTreeMap<UnitName, IpAddr>,
    /// Who was primary.
    pub primary: Option<UnitName>,
}

/// Why there is nothing to cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// There is nobody else.
    #[error("there is no other unit to cut this one off from; add units first")]
    Alone,
    /// Too few for this shape.
    #[error(
        "the primary and one secondary are to be cut off from the rest, and with {0} units there is no rest; use scope=unit or add units"
    )]
    TooFew(usize),
    /// The set cannot be seen.
    #[error(
        "the set cannot be seen from this unit, so its primary is unknown; use scope=unit to cut this unit off"
    )]
    NotSeen,
    /// No primary.
    #[error("there is no primary to cut off: {0}; use scope=unit to cut this unit off")]
    NoPrimary(String),
    /// The primary is none of our units.
    #[error("the primary {0} is no unit of this application, or its address is not known")]
    Stranger(String),
}

/// jupsen's default (`part.sh`): the primary and one secondary against all others.
pub fn primary_pair(
    view: Option<&SetView>,
    addresses: &BTreeMap<UnitName, IpAddr>,
) -> Result<Groups, Impossible> {
    if addresses.len() < 2 {
        return Err(Impossible::Alone);
    }
    let view = view.ok_or(Impossible::NotSeen)?;
    let Some(primary) = view.primary_member() else {
        let troubles = view.troubles();
        let why = if troubles.is_empty() {
            "an election is under way".to_owned()
        } else {
            troubles.join(", ")
        };
        return Err(Impossible::NoPrimary(why));
    };
    let unit = primary
        .unit
        .as_ref()
        .filter(|unit| addresses.contains_key(unit));
    let unit = unit.ok_or_else(|| Impossible::Stranger(primary.label()))?;
    if addresses.len() < 3 {
        return Err(Impossible::TooFew(addresses.len()));
    }
    // A healthy voter for company, so that the pair is what it is called; the lowest number, so that it can be foretold.
    let member = |unit: &UnitName| {
        view.config
            .of_unit(unit)
            .filter(|member| view.healthy(member.id))
    };
    let mut others: Vec<&UnitName> = addresses.keys().filter(|other| *other != unit).collect();
    others.sort_by_key(|other| {
        (
            !member(other).is_some_and(|m| m.votes),
            member(other).is_none(),
            (*other).clone(),
        )
    });
    let pair = [unit, others[0]];
    let (one, two) = addresses
        .clone()
        .into_iter()
        .partition(|(unit, _)| pair.contains(&unit));
    Ok(Groups {
        one,
        two,
        primary: Some(unit.clone()),
    })
}

/// One unit against all others.
pub fn alone(
    me: &UnitName,
    view: Option<&SetView>,
    addresses: &BTreeMap<UnitName, IpAddr>,
) -> Result<Groups, Impossible> {
    if addresses.len() < 2 {
        return Err(Impossible::Alone);
    }
    let (one, two) = addresses
        .clone()
        .into_iter()
        .partition(|(unit, _)| unit == me);
    let primary = view
        .and_then(SetView::primary_member)
        .and_then(|member| member.unit.clone());
    Ok(Groups { one, two, primary })
}

/// Puts cuts in place and reads them back. The text is the reason when they are not known to be there.
pub async fn install(table: Table, cuts: &[Cut]) -> (Outcome, String) {
    if cuts.is_empty() {
        return (Outcome::Installed, String::new());
    }
    match firewall::set(table, cuts).await {
        Ok(()) => {}
        // nft takes a transaction whole or not at all; one that was not answered in time may be either.
        Err(error @ ProgramError::TooSlow { .. }) => return (Outcome::Unsure, error.to_string()),
        Err(error) => return (Outcome::Skipped, error.to_string()),
    }
    match firewall::cuts(table).await {
        Ok(Some(there))
            if cuts
                .iter()
                .all(|cut| there.iter().any(|t| t.address == cut.address)) =>
        {
            (Outcome::Installed, String::new())
        }
        Ok(_) => (
            Outcome::Unsure,
            "the kernel does not show what was put in place".to_owned(),
        ),
        Err(error) => (Outcome::Unsure, error.to_string()),
    }
}

/// A moment as `2026-01-31T12:00:00Z`.
pub fn utc(ms: u64) -> String {
    let moment = i64::try_from(ms / 1000 * 1000).unwrap_or(i64::MAX);
    mongodb::bson::DateTime::from_millis(moment)
        .try_to_rfc3339_string()
        .unwrap_or_else(|_| ms.to_string())
}
