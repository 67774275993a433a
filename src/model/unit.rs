//! Names of units, as Juju writes them: `mongo-rs/0`.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The name of a unit. Units are ordered by application, then by number (`mongo-rs/2` before `mongo-rs/10`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UnitName {
    application: String,
    number: u32,
}

/// A text that is not the name of a unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a unit; one looks like mongo-rs/0")]
pub struct NotAUnitName(pub String);

impl UnitName {
    /// A name for where one is asked for and no unit is meant.
    pub fn nobody() -> Self {
        Self {
            application: "nobody".to_owned(),
            number: 0,
        }
    }

    /// The unit's number within its application; Juju never gives the same one twice.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The name of the application that the unit belongs to.
    pub fn application(&self) -> &str {
        &self.application
    }
}

impl FromStr for UnitName {
    type Err = NotAUnitName;

    fn from_str(text: &str) -> Result<Self, NotAUnitName> {
        let refused = || NotAUnitName(text.to_owned());
        let (application, number) = text.rsplit_once('/').ok_or_else(refused)?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if application.is_empty() || !application.chars().all(plain) || !digits {
            return Err(refused());
        }
        let number = number.parse().map_err(|_| refused())?;
        Ok(Self {
            application: application.to_owned(),
            number,
        })
    }
}

impl TryFrom<String> for UnitName {
    type Error = NotAUnitName;

    fn try_from(text: String) -> Result<Self, NotAUnitName> {
        text.parse()
    }
}

impl From<UnitName> for String {
    fn from(name: UnitName) -> Self {
        name.to_string()
    }
}

impl fmt::Display for UnitName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.application, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_ordered_by_number() {
        let mut names: Vec<UnitName> = ["m/10", "m/2", "m/0"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        names.sort();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["m/0", "m/2", "m/10"]);
    }

    #[test]
    fn what_is_no_unit_name_is_refused() {
        for text in ["", "m", "m/", "/0", "m/x", "m/-1", "M/0", "m/99999999999"] {
            assert!(text.parse::<UnitName>().is_err(), "{text:?}");
        }
    }
}
