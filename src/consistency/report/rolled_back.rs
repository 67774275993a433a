//! What servers rolled back of what a test wrote: where acknowledged writes went.

use serde::{Deserialize, Serialize};

/// What all servers together rolled back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RolledBack {
    /// By unit, those that rolled something back.
    pub units: Vec<Rollback>,
    /// Lost acknowledged writes that no unit has told of, as in [`Rollback::elements`]; none where the workload does not
    /// say by itself which writes are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_no_file: Option<String>,
    /// What this does not tell, and why: units that did not answer, workloads whose writes have no names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What one unit's server rolled back of one collection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Rollback {
    /// The unit.
    pub unit: String,
    /// Documents.
    pub documents: u64,
    /// The files, by their paths on the unit.
    pub files: String,
    /// How many acknowledged writes are lost and in them.
    pub lost: u64,
    /// Which: runs of elements, `10-12,20`; of registers and lists values by their keys, `3: 17,19; 4: 2`. Empty where
    /// there are none, or none can be named.
    pub elements: String,
}

impl RolledBack {
    /// Documents, over all units.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.units.iter().map(|it| it.documents).sum()
    }

    /// For a person, a line for each unit and note.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let unit = |it: &Rollback| {
            let which = match it.elements.as_str() {
                "" => String::new(),
                elements => format!(" ({})", shortened(elements)),
            };
            format!(
                "{} rolled back {} documents, with {} acknowledged writes that are lost{which}: {}",
                it.unit, it.documents, it.lost, it.files
            )
        };
        let mut lines: Vec<String> = self.units.iter().map(unit).collect();
        if let Some(elements) = self.in_no_file.as_deref().filter(|it| !it.is_empty()) {
            let elements = shortened(elements);
            lines.push(format!("lost, and in no rollback file: {elements}"));
        }
        lines.extend(self.notes.iter().cloned());
        lines
    }
}

/// The longest list of elements in a line, in bytes.
const LONGEST: usize = 200;

/// Cuts a list between two of its runs.
fn shortened(elements: &str) -> String {
    if elements.len() <= LONGEST {
        return elements.to_owned();
    }
    let ends = elements.match_indices([',', ';']).map(|(at, _)| at);
    let (kept, left): (Vec<usize>, Vec<usize>) = ends.partition(|at| *at <= LONGEST);
    let kept = elements.get(..kept.last().copied().unwrap_or(0));
    let more = left.len() + 1;
    format!(
        "{} and {more} more runs, all in results.json",
        kept.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let unit = |elements: &str| Rollback {
            unit: "m/1".into(),
            documents: 2,
            files: "/a /b".into(),
            lost: 5,
            elements: elements.into(),
        };
        let many: Vec<String> = (0..100).map(|number| (number * 2).to_string()).collect();
        let told = RolledBack {
            units: vec![unit("3: 1-4; 5: 9"), unit(""), unit(&many.join(","))],
            in_no_file: Some("7".into()),
            notes: vec!["m/2 was not asked".into()],
        };
        assert_eq!(told.documents(), 6);
        let lines = told.lines();
        assert_eq!(
            lines[0],
            "m/1 rolled back 2 documents, with 5 acknowledged writes that are lost (3: 1-4; 5: 9): /a /b"
        );
        assert_eq!(
            lines[1],
            "m/1 rolled back 2 documents, with 5 acknowledged writes that are lost: /a /b"
        );
        let cut = lines[2].split(['(', ')']).nth(1).unwrap();
        let (kept, more) = cut.split_once(" and ").unwrap();
        let left = 100 - kept.split(',').count();
        assert_eq!(more, format!("{left} more runs, all in results.json"));
        assert!(kept.len() <= LONGEST && left > 0, "{kept}");
        assert_eq!(lines[3], "lost, and in no rollback file: 7");
        assert_eq!(lines[4], "m/2 was not asked");
        let nothing = RolledBack {
            in_no_file: Some(String::new()),
            ..RolledBack::default()
        };
        assert!(nothing.lines().is_empty());
    }
}
