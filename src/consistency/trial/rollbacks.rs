//! What servers rolled back, as evidence of where acknowledged writes went.

use super::juju::Juju;
use crate::consistency::checker::ranges::{in_both, read};
use crate::consistency::report::Report;
use serde::Serialize;
use std::collections::BTreeMap;

/// What one unit's server rolled back of what the test wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollback {
    /// The unit.
    pub unit: String,
    /// Documents.
    pub documents: u64,
    /// The files, by their paths on the unit.
    pub files: String,
    /// How many of the elements that are lost are in them.
    pub lost: u64,
}

/// Asks every unit by its action `rollbacks`. A unit that does not answer is left out, and told in the log.
pub async fn rollbacks(juju: &Juju, application: &str, report: &Report) -> Vec<Rollback> {
    let units = match juju.units(application).await {
        Ok(units) => units,
        Err(error) => {
            tracing::warn!("nobody was asked for rollback files: {error}");
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    for unit in units.keys().map(ToString::to_string) {
        for uuid in report.collections.values() {
            let parameters = [format!("collection={uuid}")];
            match juju.action(&unit, "rollbacks", &parameters).await {
                Ok(results) => found.extend(rollback(&unit, &results, &report.lost_elements())),
                Err(error) => tracing::warn!("{unit} was not asked for rollback files: {error}"),
            }
        }
    }
    found
}

fn rollback(unit: &str, results: &BTreeMap<String, String>, lost: &str) -> Option<Rollback> {
    let told = |name: &str| results.get(name).map(String::as_str).unwrap_or_default();
    let documents = told("documents").parse().ok().filter(|count| *count > 0)?;
    Some(Rollback {
        unit: unit.to_owned(),
        documents,
        files: told("files").to_owned(),
        lost: in_both(&read(lost), &read(told("numbers"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_elements_are_counted_where_they_went() {
        let results = |documents: &str| {
            let told = [
                ("documents", documents),
                ("files", "/x"),
                ("numbers", "0-12,20"),
            ];
            BTreeMap::from(told.map(|(name, value)| (name.to_owned(), value.to_owned())))
        };
        let found = rollback("m/0", &results("1"), "10-14,20").unwrap();
        assert_eq!((found.documents, found.lost), (1, 4));
        assert_eq!(rollback("m/0", &results("0"), "10"), None);
        assert_eq!(rollback("m/0", &BTreeMap::new(), "10"), None);
    }
}
