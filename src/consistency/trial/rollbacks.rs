//! Asks the units what their servers rolled back, as evidence of where acknowledged writes went.

use super::juju::Juju;
use super::lost::{Lost, Writes, told};
use crate::consistency::report::{Report, Rollback, RolledBack};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

/// Asks every unit by its action `rollbacks`. A unit that does not answer is left out, and told in the notes.
pub async fn rolled_back(juju: &Juju, application: &str, report: &Report) -> RolledBack {
    let mut found = Found::of(report);
    let units = match juju.units(application).await {
        Ok(units) => units,
        Err(error) => {
            found.note(format!("nobody was asked for rollback files: {error}"));
            return found.end();
        }
    };
    for unit in units.keys().map(ToString::to_string) {
        for uuid in report.collections.values() {
            let parameters = [format!("collection={uuid}")];
            match juju.action(&unit, "rollbacks", &parameters).await {
                Ok(results) => found.add(&unit, &results),
                Err(error) => {
                    found.note(format!("{unit} did not tell of rollback files: {error}"));
                }
            }
        }
    }
    found.end()
}

/// What was found so far.
struct Found {
    lost: Option<Lost>,
    told: RolledBack,
    in_files: Writes,
}

impl Found {
    fn of(report: &Report) -> Self {
        let history = File::open(&report.history);
        let lost = history.and_then(|file| {
            let mut history = BufReader::new(file);
            Lost::of(report.workload, &report.lost_elements(), &mut history)
        });
        let mut found = Self {
            lost: None,
            told: RolledBack::default(),
            in_files: Writes::new(),
        };
        match lost {
            Ok(lost) => found.lost = Some(lost),
            Err(error) => found.note(format!(
                "which lost writes were rolled back is not known: the history cannot be read: {error}"
            )),
        }
        if report.collections.is_empty() {
            found.note(
                "nobody was asked for rollback files: the UUIDs of the collections are not known"
                    .to_owned(),
            );
        }
        found
    }

    fn note(&mut self, words: String) {
        self.told.notes.push(words);
    }

    /// Adds what a unit said of one collection.
    fn add(&mut self, unit: &str, results: &BTreeMap<String, String>) {
        let said = |name: &str| results.get(name).map(String::as_str).unwrap_or_default();
        let count = |name: &str| said(name).parse::<u64>().unwrap_or(0);
        let documents = count("documents");
        if documents == 0 {
            return;
        }
        let lost = self.lost.as_ref();
        let writes = lost.map_or_else(Writes::new, |lost| {
            lost.in_file(said("numbers"), said("by-id"))
        });
        self.told.units.push(Rollback {
            unit: unit.to_owned(),
            documents,
            files: said("files").to_owned(),
            lost: writes.values().map(|values| values.len() as u64).sum(),
            elements: told(&writes),
        });
        let left_out = count("numbers-left-out").max(count("by-id-left-out"));
        if left_out > 0 {
            self.note(format!(
                "{unit} had no place to tell of {left_out} more numbers in its files, which may be of lost writes too"
            ));
        }
        for (key, values) in writes {
            self.in_files.entry(key).or_default().extend(values);
        }
    }

    fn end(mut self) -> RolledBack {
        match &self.lost {
            Some(Lost::Unnamed(why)) if !self.told.units.is_empty() => self.note(format!(
                "which acknowledged writes were rolled back cannot be told of this workload: {why}"
            )),
            Some(lost) => self.told.in_no_file = lost.beside(&self.in_files).map(|it| told(&it)),
            None => {}
        }
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn found(lost: Lost) -> Found {
        Found {
            lost: Some(lost),
            told: RolledBack::default(),
            in_files: Writes::new(),
        }
    }

    #[test]
    fn lost_elements_are_named_where_they_went() {
        let mut found = found(Lost::Certainly(Writes::from([(
            String::new(),
            [10, 11, 12, 13, 14, 20].into(),
        )])));
        let of = |documents, numbers| {
            results(&[
                ("documents", documents),
                ("files", "/x"),
                ("numbers", numbers),
            ])
        };
        found.add("m/0", &of("1", "0-12,20"));
        found.add("m/1", &of("0", "none"));
        found.add("m/2", &of("1", "0-9,13"));
        let mut cut = of("1", "0-9");
        cut.insert("numbers-left-out".to_owned(), "7".to_owned());
        found.add("m/3", &cut);
        let told = found.end();
        let units: Vec<(&str, u64, &str)> = told
            .units
            .iter()
            .map(|it| (it.unit.as_str(), it.lost, it.elements.as_str()))
            .collect();
        assert_eq!(
            units,
            [("m/0", 4, "10-12,20"), ("m/2", 1, "13"), ("m/3", 0, "")]
        );
        assert_eq!(told.in_no_file.as_deref(), Some("14"));
        assert!(told.notes[0].starts_with("m/3 had no place to tell of 7 more numbers"));
        assert_eq!(told.notes.len(), 1);
    }

    #[test]
    fn where_no_element_has_a_name_that_is_said_if_there_is_something() {
        let lost = || Lost::Unnamed("one is like another");
        assert_eq!(found(lost()).end(), RolledBack::default());
        let mut found = found(lost());
        found.add(
            "m/0",
            &results(&[("documents", "2"), ("by-id", "counter: 9")]),
        );
        let told = found.end();
        assert_eq!((told.units[0].lost, told.in_no_file), (0, None));
        assert!(told.notes[0].ends_with("cannot be told of this workload: one is like another"));
    }
}
