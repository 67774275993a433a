//! What follows from the tables: what a model prohibits, and what an anomaly rules out.

use super::Options;
use super::tables::{IMPLIED, PROHIBITED, PROHIBITED_BY_STRICT, WEAKER, WORST_FIRST};
use std::collections::BTreeSet;

/// Names that do not say that a model is broken, but that it could not be checked.
pub(super) const EMPTY_GRAPH: &str = "empty-transaction-graph";
/// The search among the cycles was given up, so that some of them may have a worse name.
pub(super) const TIMEOUT: &str = "cycle-search-timeout";

/// What was asked for, spelled out.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    prohibited: BTreeSet<String>,
    /// Some of it needs the order of real time.
    pub(super) realtime: bool,
    /// Some of it needs the order of each process.
    pub(super) process: bool,
}

impl Asked {
    pub(super) fn new(options: &Options) -> Self {
        let models: BTreeSet<&str> = options
            .models
            .iter()
            .flat_map(|model| weaker(model.name()))
            .collect();
        let names = prohibitions()
            .filter(|(model, _)| models.contains(model))
            .flat_map(|(_, names)| names.iter().copied())
            .chain(options.anomalies.iter().map(String::as_str));
        let prohibited: BTreeSet<String> =
            closure(names, |name, reached| against(&IMPLIED, name, reached))
                .into_iter()
                .map(str::to_owned)
                .collect();
        Self {
            realtime: prohibited.iter().any(|name| name.ends_with("-realtime")),
            process: prohibited.iter().any(|name| name.ends_with("-process")),
            prohibited,
        }
    }

    pub(super) fn prohibits_nothing(&self) -> bool {
        self.prohibited.is_empty()
    }

    pub(super) fn prohibits(&self, name: &str) -> bool {
        self.prohibited.contains(name)
    }
}

/// Whether the first anomaly is never there without the second.
pub(super) fn implies(first: &str, second: &str) -> bool {
    closure([first], |name, reached| along(&IMPLIED, name, reached)).contains(second)
}

/// The weakest models that are ruled out.
pub(super) fn weakest_ruled_out<'a>(
    anomalies: impl IntoIterator<Item = &'a str>,
) -> BTreeSet<String> {
    let anomalies = closure(anomalies, |name, reached| along(&IMPLIED, name, reached));
    let direct = prohibitions()
        .filter(|(_, names)| names.iter().any(|name| anomalies.contains(name)))
        .map(|(model, _)| model);
    let out = closure(direct, |model, reached| against(&WEAKER, model, reached));
    out.iter()
        .filter(|model| {
            weaker(model)
                .iter()
                .all(|other| other == *model || !out.contains(other))
        })
        .map(|model| (*model).to_owned())
        .collect()
}

/// The models that a model implies, itself too.
pub(super) fn weaker(model: &str) -> BTreeSet<&str> {
    closure([model], |name, reached| along(&WEAKER, name, reached))
}

/// The names of all anomalies that are known.
pub(super) fn known() -> BTreeSet<&'static str> {
    let implied = IMPLIED
        .iter()
        .flat_map(|(name, others)| others.iter().chain([name]).copied());
    let prohibited = prohibitions().flat_map(|(_, names)| names.iter().copied());
    implied.chain(prohibited).chain(WORST_FIRST).collect()
}

/// The worse, the smaller.
pub(super) fn rank(name: &str) -> usize {
    WORST_FIRST
        .iter()
        .position(|other| *other == name)
        .unwrap_or(WORST_FIRST.len())
}

type Row = (&'static str, &'static [&'static str]);

fn prohibitions() -> impl Iterator<Item = Row> {
    PROHIBITED.into_iter().chain([PROHIBITED_BY_STRICT])
}

fn along(table: &[Row], name: &str, reached: &mut Vec<&str>) {
    for (from, to) in table {
        if *from == name {
            reached.extend(to.iter().copied());
        }
    }
}

fn against(table: &[Row], name: &str, reached: &mut Vec<&str>) {
    for (from, to) in table {
        if to.contains(&name) {
            reached.push(from);
        }
    }
}

/// All that can be reached from these names, and the names themselves.
fn closure<'a>(
    names: impl IntoIterator<Item = &'a str>,
    neighbours: impl Fn(&str, &mut Vec<&'a str>),
) -> BTreeSet<&'a str> {
    let mut waiting: Vec<&str> = names.into_iter().collect();
    let mut reached = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if reached.insert(name) {
            neighbours(name, &mut waiting);
        }
    }
    reached
}
