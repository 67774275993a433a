//! A way back from a lost majority: what could be forced, from which survivor, and what that may cost. Pure.
//!
//! Nothing here is ever done without a person's word: a proposal is shown first, and carried out only when a person
//! gives the name of its newest survivor back.

mod force;
mod losses;
mod rank;
mod refuse;

pub use rank::Ranked;
pub use refuse::silent;

use crate::model::address::HostPort;
use crate::model::set_config::SetConfig;
use crate::model::survey::{Answer, Asked, Survey, Testimony};
use std::fmt;

/// What comes of looking.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Nothing is to be forced, and why; with what to do.
    Refused(String),
    /// This could be forced.
    Proposal(Box<Proposal>),
}

/// What has become of the majority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A majority of the voters cannot be asked anywhere, or has no data.
    MembersGone,
    /// A majority of the voters is there, but not where the config says.
    AddressesChanged,
    /// A majority of the voters is there, and none of them can be elected.
    NobodyElectable,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MembersGone => "members are gone",
            Self::AddressesChanged => "addresses have changed",
            Self::NobodyElectable => "nobody who is there can be elected",
        })
    }
}

/// What could be forced.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// What has become of the majority.
    pub kind: Kind,
    /// The survivor to force it on: its unit, or its address if it is no unit's. It is to be primary.
    pub newest: String,
    /// Where that survivor is now.
    pub server: HostPort,
    /// Version and term of the config that it has now.
    pub from: (i64, i64),
    /// All survivors, the newest first.
    pub ranking: Vec<Ranked>,
    /// The config.
    pub config: SetConfig,
    /// What each member will be, and why; a line each.
    pub members: Vec<String>,
    /// Which acknowledged writes cannot be known to have survived; a sentence each.
    pub losses: Vec<String>,
    /// What a person should know before saying yes; a sentence each.
    pub warnings: Vec<String>,
    /// Who cannot be asked, and why.
    pub silent: Vec<String>,
    /// A term that no lost member should be past: the new primary is to be elected in a later one.
    pub term_to_pass: i64,
}

/// Elections that the lost members may have held since they were heard of; beyond these the new primary's term goes. A
/// member that comes back with a later term would make the new primary step down, and could have it roll back.
pub const SPARE_TERMS: i64 = 10;

/// One server that has a config of this set.
#[derive(Clone, Copy)]
struct Witness<'a> {
    asked: &'a Asked,
    said: &'a Testimony,
}

impl Witness<'_> {
    fn label(&self) -> String {
        label(self.asked)
    }
}

fn label(asked: &Asked) -> String {
    let unit = asked.unit.as_ref().map(ToString::to_string);
    unit.unwrap_or_else(|| asked.address.to_string())
}

/// Works out what could be forced. Of survivors that are equally new the one is to be primary that a person has named: a
/// word that was asked for before another one came back stays good as long as that one has no more.
pub fn propose(survey: &Survey, named: Option<&str>) -> Verdict {
    match proposal(survey, named) {
        Ok(proposal) => Verdict::Proposal(Box::new(proposal)),
        Err(why) => Verdict::Refused(why),
    }
}

fn proposal(survey: &Survey, named: Option<&str>) -> Result<Proposal, String> {
    refuse::faults(survey)?;
    let all: Vec<Witness> = survey
        .asked
        .iter()
        .filter_map(|asked| match &asked.answer {
            Answer::Member(said) => Some(Witness { asked, said }),
            _ => None,
        })
        .collect();
    let base = newest_config(&all).ok_or_else(|| refuse::nobody(survey))?;
    let (witnesses, others): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|witness| witness.said.config.same_set(base));
    refuse::primary(&witnesses)?;
    refuse::majority(&witnesses, base, survey)?;
    let ranking = rank::rank(&witnesses, base);
    let newest = rank::newest(&ranking, named)
        .map_err(|why| format!("{why}; {}", refuse::silence(survey)))?;
    let forced = force::force(survey, base, &ranking, newest)?;
    let mut silent = refuse::silent(survey);
    silent.extend(others.iter().map(|other| {
        let (label, name) = (other.label(), other.said.config.name());
        format!("{label} is in another set ({name})")
    }));
    let known = witnesses
        .iter()
        .filter_map(|witness| witness.said.latest_term());
    let term = known.chain(survey.term_told).max().unwrap_or(0);
    let losses = losses::losses(survey, base, &ranking, newest, forced.kind);
    let warnings = losses::warnings(survey, base, &witnesses, &ranking, newest, &forced);
    Ok(Proposal {
        kind: forced.kind,
        newest: newest.label.clone(),
        server: newest.address.clone(),
        from: newest.config,
        config: forced.config,
        members: forced.members,
        losses,
        warnings,
        silent,
        term_to_pass: term + SPARE_TERMS,
        ranking,
    })
}

/// As `mongod` compares: by the term, then by the version; one that was forced has no term, and then only versions count.
fn newest_config<'a>(witnesses: &[Witness<'a>]) -> Option<&'a SetConfig> {
    let mut configs: Vec<&SetConfig> = witnesses.iter().map(|one| &one.said.config).collect();
    // Whatever the order of the answers, the same one is taken.
    configs.sort_by_key(|config| (config.version(), config.term(), config.name().to_owned()));
    configs.into_iter().reduce(|best, other| {
        let by_version = best.term() < 0 || other.term() < 0;
        let later = match by_version {
            true => other.version() >= best.version(),
            false => (other.term(), other.version()) >= (best.term(), best.version()),
        };
        if later { other } else { best }
    })
}

/// Whether a person's word fits the proposal.
///
/// # Errors
/// Another survivor is the newest: the wrong name, or one that has come back since the dry run.
pub fn confirmed(proposal: &Proposal, name: &str) -> Result<(), String> {
    if name == proposal.newest {
        return Ok(());
    }
    let newest = proposal
        .ranking
        .iter()
        .find(|one| one.label == proposal.newest);
    let at = newest.map(Ranked::place).unwrap_or_default();
    let named = proposal.ranking.iter().find(|one| one.label == name);
    let why = match named {
        Some(other) => format!("{name} has {} only", other.place()),
        None => format!("{name} is no survivor that answers"),
    };
    Err(format!(
        "confirm={name}: the newest survivor is {} ({at}), and {why}; nothing was changed: look at the dry run again",
        proposal.newest
    ))
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
