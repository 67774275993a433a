//! YAML as Juju reads it: a key that is there twice is an error, not a surprise.

use serde::de::DeserializeOwned;

/// Reads a document into a type.
///
/// It is read as a plain value first: that refuses duplicate keys at every depth, where typed maps and structures
/// would keep the last without a word.
pub(super) fn typed<T: DeserializeOwned + Default>(text: &str) -> Result<T, serde_yaml::Error> {
    let value: serde_yaml::Value = serde_yaml::from_str(text)?;
    if value.is_null() {
        Ok(T::default())
    } else {
        serde_yaml::from_value(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn duplicates_are_refused_at_every_depth() {
        type Map = BTreeMap<String, BTreeMap<String, i64>>;
        assert!(
            typed::<Map>("a: {b: 1, b: 2}")
                .unwrap_err()
                .to_string()
                .contains("duplicate entry")
        );
        assert_eq!(typed::<Map>("a: {b: 1}").unwrap()["a"]["b"], 1);
        assert!(typed::<Map>("").unwrap().is_empty());
    }
}
