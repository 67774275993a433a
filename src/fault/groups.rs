//! Groups of units, as a person types them. Pure.

use crate::model::unit::UnitName;
use std::collections::BTreeSet;

/// A unit of this application by its number, or any by its whole name.
pub fn unit(application: &str, text: &str) -> Result<UnitName, String> {
    let text = text.trim();
    let full = match text.contains('/') {
        true => text.to_owned(),
        false => format!("{application}/{text}"),
    };
    full.parse().map_err(|_| format!("{text:?} is no unit"))
}

/// `0,1/2,3,4`; units may be written in full where no number stands alone: `mongo-rs/0,mongo-rs/1|mongo-rs/2`.
pub fn read(application: &str, text: &str) -> Result<Vec<BTreeSet<UnitName>>, String> {
    let separator = if text.contains('|') { '|' } else { '/' };
    let mut groups: Vec<BTreeSet<UnitName>> = Vec::new();
    for group in text.split(separator) {
        let mut members = BTreeSet::new();
        for name in group.split(',').filter(|name| !name.trim().is_empty()) {
            let unit = unit(application, name)?;
            if !members.insert(unit.clone()) {
                return Err(format!("groups: {unit} is named twice"));
            }
        }
        groups.push(members);
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_numbers_or_whole_names() {
        let of = |text| read("m", text);
        assert_eq!(of("0,1/2,3").unwrap(), of("m/0,m/1|m/2,m/3").unwrap());
        assert!(
            of("0,1/1").is_ok(),
            "twice in two groups is for the shape to refuse"
        );
        assert!(of("0,0/1").unwrap_err().contains("twice"));
        assert!(of("0/x y").unwrap_err().contains("is no unit"));
    }
}
