//! When nothing is forced, whatever a person says: a majority is there, or is about to be.

use super::{Witness, label};
use crate::model::set_config::SetConfig;
use crate::model::survey::{Answer, Survey};
use std::collections::BTreeSet;

/// What this charm itself took away comes back by itself.
pub(super) fn faults(survey: &Survey) -> Result<(), String> {
    if survey.faults.is_empty() {
        return Ok(());
    }
    Err(format!(
        "a fault that was asked for holds ({}), and ends by itself: run heal, or wait until it is over",
        survey.faults.join(", ")
    ))
}

/// Nobody has a config.
pub(super) fn nobody(survey: &Survey) -> String {
    format!(
        "no server that can be asked has the config of a set: {}; bring one of them back",
        silence(survey)
    )
}

/// Those that have no config, each with its reason.
pub fn silent(survey: &Survey) -> Vec<String> {
    let silent = survey.asked.iter().filter_map(|asked| match &asked.answer {
        Answer::Member(_) => None,
        Answer::NoSet => Some(format!("{} runs, and is in no set", label(asked))),
        Answer::Silent(why) => Some(format!(
            "{} cannot be asked at {} ({why})",
            label(asked),
            asked.address
        )),
    });
    silent.collect()
}

/// The same, in one line.
pub(super) fn silence(survey: &Survey) -> String {
    match silent(survey) {
        none if none.is_empty() => "everybody answers".to_owned(),
        some => some.join("; "),
    }
}

/// Somebody is primary, or is taken for it.
pub(super) fn primary(witnesses: &[Witness]) -> Result<(), String> {
    for witness in witnesses {
        let label = witness.label();
        if witness.said.state == crate::model::set_view::State::Primary {
            let term = witness.said.term.unwrap_or(-1);
            return Err(format!(
                "{label} is primary (term {term}): a majority is there, and nothing is to be recovered; one that has just lost \
                 its majority steps down within seconds: then look again"
            ));
        }
    }
    for witness in witnesses {
        if let Some(primary) = &witness.said.primary {
            let label = witness.label();
            return Err(format!(
                "{label} takes {primary} for the primary: wait; if that one is gone it is noticed within seconds: then look again"
            ));
        }
    }
    Ok(())
}

/// A majority hears each other, or is where the config says.
pub(super) fn majority(
    witnesses: &[Witness],
    base: &SetConfig,
    survey: &Survey,
) -> Result<(), String> {
    for witness in witnesses {
        let config = &witness.said.config;
        let voters = config.voters();
        let heard = voters.intersection(&witness.said.hears).count();
        // A majority of which nobody can be elected waits for ever.
        let able = config
            .members()
            .find(|member| member.electable() && witness.said.hears.contains(&member.id));
        if let Some(able) = able.filter(|_| heard >= config.majority()) {
            return Err(format!(
                "{} hears {heard} of {} voters, which is a majority, and {} can be elected: wait until they have elected a \
                 primary",
                witness.label(),
                voters.len(),
                able.label()
            ));
        }
    }
    // Who is where a voter is to be, whoever it is: that is whom the members' votes are asked of.
    let there: BTreeSet<_> = survey
        .asked
        .iter()
        .filter(|asked| matches!(asked.answer, Answer::Member(_)))
        .map(|asked| &asked.address)
        .collect();
    let voters = base.members().filter(|member| member.votes);
    let reached: Vec<_> = voters
        .filter(|member| there.contains(&member.host))
        .collect();
    let able = reached.iter().find(|member| member.electable());
    if let Some(able) = able.filter(|_| reached.len() >= base.majority()) {
        let labels: Vec<String> = reached.iter().map(|member| member.label()).collect();
        return Err(format!(
            "{} answer where the config says, and are a majority of which {} can be elected, but do not hear each other: \
             mend the network between them, or wait until they have heard each other",
            labels.join(", "),
            able.label()
        ));
    }
    Ok(())
}
