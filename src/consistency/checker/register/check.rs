use super::Options;
use super::evidence::Evidence;
use super::prepare::Prepared;
use super::reduce::{Core, reduce};
use super::searched::{plain_faults, search};
use super::unique;
use super::witness::anomaly;
use super::words::Words;
use crate::consistency::checker::actions::OnRegister;
use crate::consistency::checker::finding::{Anomaly, Finding};
use crate::consistency::checker::operation::History;
use crate::consistency::checker::search::{Answer, Numbering, by_key};
use std::collections::HashSet;

/// The most anomalies that are told, of all keys together. Each key has its first before any has its second.
const TOLD: usize = 64;

/// The most anomalies that are told of one key.
const OF_A_KEY: usize = 16;

/// When so many calls of one key have been looked at, no further anomaly of it is looked for.
const LOOKED_AT: usize = 4_000_000;

/// What is said of one key.
enum Outcome {
    Valid,
    Invalid(Vec<Anomaly>),
    Undecided(String),
}

/// Whether each register is linearizable. The worst key decides: invalid, then unknown, then valid.
///
/// Counts: `keys`, `operations`, `invalid-keys`, `undecided-keys`, `configurations` (looked at by searches).
pub fn check(history: &History<OnRegister>, options: &Options) -> Finding {
    let groups = by_key(&history.operations, |action| action.key);
    let keys = groups.len();
    let mut numbering = Numbering::new(history.operations.len() + 1024);
    let (mut undecided, mut configurations) = (Vec::new(), 0);
    // By key, those that have any.
    let mut anomalies: Vec<Vec<Anomaly>> = Vec::new();
    for (key, places) in groups {
        let words = Words {
            history,
            key,
            many: keys > 1,
        };
        let prepared = Prepared::new(&history.operations, &places, options, &mut numbering);
        match decide(prepared, options, &words, &mut configurations) {
            Outcome::Valid => {}
            Outcome::Invalid(found) => anomalies.push(found),
            Outcome::Undecided(reason) => undecided.push(reason),
        }
    }
    let operations = history.operations.len();
    let (invalid, doubtful) = (anomalies.len() as u64, undecided.len() as u64);
    let anomalies = in_turns(anomalies, TOLD);
    let mut finding = match (
        anomalies.first().map(|anomaly| anomaly.witness.clone()),
        undecided.into_iter().next(),
    ) {
        (Some(witness), _) => Finding::invalid(witness, anomalies),
        (None, Some(reason)) => Finding::unknown(reason),
        (None, None) => Finding::valid(format!(
            "there is an order of all {operations} operations on {keys} {} that one register each could have had",
            if keys == 1 { "key" } else { "keys" }
        )),
    };
    finding.counts.extend([
        ("keys".to_owned(), keys as u64),
        ("operations".to_owned(), operations as u64),
        ("invalid-keys".to_owned(), invalid),
        ("undecided-keys".to_owned(), doubtful),
        ("configurations".to_owned(), configurations),
    ]);
    finding
}

/// The first of each, then the second of each that has one, …, at most so many.
fn in_turns(of_keys: Vec<Vec<Anomaly>>, most: usize) -> Vec<Anomaly> {
    let numbered = of_keys
        .into_iter()
        .flat_map(|found| found.into_iter().enumerate());
    let mut numbered: Vec<(usize, Anomaly)> = numbered.collect();
    numbered.sort_by_key(|(turn, _)| *turn);
    numbered.truncate(most);
    numbered.into_iter().map(|(_, anomaly)| anomaly).collect()
}

/// Every fault that shows by itself. What an operation that is at fault found is forgotten then, and the rest looked at
/// again: fewer conditions, so that whatever is wrong without it is another fault.
fn plain(mut prepared: Prepared, words: &Words<'_>) -> Vec<Anomaly> {
    let (mut anomalies, mut told, mut looked_at) = (Vec::new(), HashSet::new(), 0);
    loop {
        let mut faults = faults(&prepared);
        faults.retain(|evidence| {
            let blamed = prepared.calls.get(evidence.fault.blamed() as usize);
            blamed.is_some_and(|call| told.insert(call.source))
        });
        faults.truncate(OF_A_KEY - anomalies.len());
        anomalies.extend(faults.iter().map(|fault| anomaly(fault, &prepared, words)));
        looked_at += prepared.calls.len();
        if faults.is_empty() || anomalies.len() == OF_A_KEY || looked_at > LOOKED_AT {
            return anomalies;
        }
        prepared.forget(&told);
    }
}

fn faults(prepared: &Prepared) -> Vec<Evidence> {
    match prepared.is_unique() {
        true => unique::faults(prepared),
        false => plain_faults(prepared)
            .into_iter()
            .map(Evidence::plain)
            .collect(),
    }
}

fn decide(
    prepared: Prepared,
    options: &Options,
    words: &Words<'_>,
    configurations: &mut u64,
) -> Outcome {
    let is_unique = prepared.is_unique();
    if !faults(&prepared).is_empty() {
        return Outcome::Invalid(plain(prepared, words));
    }
    let prepared = &prepared;
    let differs = prepared.differs();
    if is_unique && differs == 0 {
        return Outcome::Valid;
    }
    let (answer, plan, spent) = search(prepared, options.budget);
    *configurations += spent;
    match answer {
        Answer::Linearizable => Outcome::Valid,
        Answer::Not { stuck } => {
            let effort = spent
                .saturating_mul(16)
                .saturating_add(20_000)
                .min(options.budget);
            Outcome::Invalid(vec![tell(&reduce(prepared, &plan, stuck, effort), words)])
        }
        Answer::Undecided { reached } => {
            let moment = plan
                .required
                .get(reached as usize)
                .map(|call| words.history.moment(call.returned));
            let mut reason = format!(
                "the search for an order of the operations{} ended after {spent} configurations: {reached} of {} \
                 operations could be ordered, those answered before {}",
                words.of_key(),
                plan.required.len(),
                moment.unwrap_or_else(|| "the end".to_owned())
            );
            if is_unique {
                reason.push_str(&format!(
                    "; without the {differs} failed compare-and-sets there is an order, so they alone are in doubt"
                ));
            }
            Outcome::Undecided(reason)
        }
    }
}

fn tell(core: &Core, words: &Words<'_>) -> Anomaly {
    /// The most operations that are named in the sentence.
    const NAMED: usize = 8;
    let mut sources: Vec<u32> = core.prepared.calls.iter().map(|call| call.source).collect();
    let mut witness = match &core.stuck {
        Some((source, states)) => {
            sources.retain(|other| other != source);
            let values: Vec<String> = states
                .iter()
                .map(|state| words.value(core.prepared.values[*state as usize]))
                .collect();
            let held = if values.is_empty() {
                String::new()
            } else {
                format!(
                    ": before its answer the register can only have held {}",
                    values.join(" or ")
                )
            };
            format!(
                "{}{} fits no order{held}",
                words.whole(*source),
                words.of_key()
            )
        }
        None => format!("there is no order for the operations{}", words.of_key()),
    };
    if sources.len() <= NAMED {
        let others: Vec<String> = sources.iter().map(|source| words.whole(*source)).collect();
        if !others.is_empty() {
            witness.push_str(&format!(
                "; to see it, look at {}: all else was over before, began later or makes no difference",
                others.join(", ")
            ));
        }
    } else {
        witness.push_str(&format!(
            "; {} other operations have to do with it",
            sources.len()
        ));
    }
    let mut operations: Vec<u32> = sources.iter().map(|source| words.line(*source)).collect();
    operations.extend(core.stuck.iter().map(|(source, _)| words.line(*source)));
    Anomaly {
        name: "nonlinearizable".to_owned(),
        witness,
        operations,
    }
}
