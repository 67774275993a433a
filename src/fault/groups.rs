//! Groups of units, as a person types them. Pure.

use crate::model::fault::beside::Link;
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

/// The one way from a unit to another, by the parameters `from` and `to`.
///
/// # Errors
/// Which of them makes no sense, and what would.
pub fn way(application: &str, from: Option<&str>, to: Option<&str>) -> Result<Link, String> {
    let (Some(from), Some(to)) = (from, to) else {
        return Err("from and to go together: name both units".to_owned());
    };
    let named = |name: &str, text: &str| {
        unit(application, text)
            .map_err(|_| format!("{name}={text}: name a unit, as in {name}={application}/1"))
    };
    let (from, to) = (named("from", from)?, named("to", to)?);
    if from == to {
        return Err(format!(
            "from={from} to={to}: nothing can be cut between a unit and itself; name two units"
        ));
    }
    Ok((from, to))
}

/// `0,1/2,3,4`; units may be written in full where no number stands alone: `mongo-rs/0,mongo-rs/1|mongo-rs/2`.
pub fn read(application: &str, text: &str) -> Result<Vec<BTreeSet<UnitName>>, String> {
    let separator = if text.contains('|') { '|' } else { '/' };
    let mut groups: Vec<BTreeSet<UnitName>> = Vec::new();
    for group in text.split(separator) {
        let mut members = BTreeSet::new();
        for name in group.split(',').filter(|name| !name.trim().is_empty()) {
            let unit = unit(application, name).map_err(|why| format!("groups: {why}"))?;
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
