//! `config.yaml`: the options, and which values they take.

use super::yaml;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// The type of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfigKind {
    /// Text.
    String,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// True or false.
    Boolean,
    /// The address of a secret.
    Secret,
}

impl fmt::Display for ConfigKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::String => "string",
            Self::Int => "int",
            Self::Float => "float",
            Self::Boolean => "boolean",
            Self::Secret => "secret",
        })
    }
}

/// One option.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfigOption {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ConfigKind,
    /// Its value when nobody sets it.
    #[serde(default)]
    pub default: Option<Value>,
    /// For people.
    #[serde(default)]
    pub description: String,
}

impl ConfigOption {
    /// A value for this option of the option's own type (a whole number becomes a float where a float is wanted).
    ///
    /// # Errors
    /// The value has another type; the text is Juju's.
    pub fn check(&self, name: &str, value: &Value) -> Result<Value, String> {
        let fits = match (self.kind, value) {
            (ConfigKind::String, Value::String(_)) | (ConfigKind::Boolean, Value::Bool(_)) => {
                Some(value.clone())
            }
            (ConfigKind::Secret, Value::String(text))
                if text.is_empty() || text.starts_with("secret:") =>
            {
                Some(value.clone())
            }
            (ConfigKind::Int, Value::Number(number)) if number.is_i64() => Some(value.clone()),
            (ConfigKind::Float, Value::Number(number)) => number.as_f64().map(Value::from),
            _ => None,
        };
        fits.ok_or_else(|| format!("option {name:?} expected {}, got {value}", self.kind))
    }

    /// The value that a person wrote on a command line.
    ///
    /// # Errors
    /// The text is no value of the option's type.
    pub fn parse(&self, name: &str, text: &str) -> Result<Value, String> {
        let value = match self.kind {
            ConfigKind::String | ConfigKind::Secret => Some(Value::from(text)),
            ConfigKind::Int => text.parse::<i64>().ok().map(Value::from),
            ConfigKind::Float => text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .map(Value::from),
            // The spellings of Go's strconv.ParseBool, which Juju uses.
            ConfigKind::Boolean => match text {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(Value::Bool(true)),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(Value::Bool(false)),
                _ => None,
            },
        };
        let value =
            value.ok_or_else(|| format!("option {name:?} expected {}, got {text:?}", self.kind))?;
        self.check(name, &value)
    }
}

/// Reads the text of `config.yaml`.
pub(super) fn read(text: &str) -> Result<BTreeMap<String, ConfigOption>, serde_yaml::Error> {
    #[derive(Default, Deserialize)]
    struct Written {
        options: BTreeMap<String, ConfigOption>,
    }
    Ok(yaml::typed::<Written>(text)?.options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn option(kind: ConfigKind) -> ConfigOption {
        ConfigOption {
            kind,
            default: None,
            description: String::new(),
        }
    }

    #[test]
    fn values_have_the_options_type() {
        for (kind, value, expected) in [
            (ConfigKind::Int, json!(5), Some(json!(5))),
            (ConfigKind::Int, json!(5.5), None),
            (ConfigKind::Int, json!("5"), None),
            (ConfigKind::Float, json!(5), Some(json!(5.0))),
            (ConfigKind::String, json!(5), None),
            (ConfigKind::Boolean, json!(true), Some(json!(true))),
            (
                ConfigKind::Secret,
                json!("secret:abc"),
                Some(json!("secret:abc")),
            ),
            (ConfigKind::Secret, json!("abc"), None),
        ] {
            assert_eq!(
                option(kind).check("x", &value).ok(),
                expected,
                "{kind} {value}"
            );
        }
        let refused = option(ConfigKind::Int)
            .check("port", &json!("x"))
            .unwrap_err();
        assert_eq!(refused, "option \"port\" expected int, got \"x\"");
    }

    #[test]
    fn command_lines_are_parsed_by_type() {
        for (kind, text, expected) in [
            (ConfigKind::String, "5", Some(json!("5"))),
            (ConfigKind::Int, "-5", Some(json!(-5))),
            (ConfigKind::Int, "5x", None),
            (ConfigKind::Float, "0.25", Some(json!(0.25))),
            (ConfigKind::Float, "NaN", None),
            (ConfigKind::Boolean, "True", Some(json!(true))),
            (ConfigKind::Boolean, "yes", None),
        ] {
            assert_eq!(
                option(kind).parse("x", text).ok(),
                expected,
                "{kind} {text}"
            );
        }
    }

    #[test]
    fn a_file_without_options_or_with_a_strange_type_is_refused() {
        assert!(
            read("settings: {}")
                .unwrap_err()
                .to_string()
                .contains("options")
        );
        assert!(
            read("options: {a: {type: integer}}")
                .unwrap_err()
                .to_string()
                .contains("integer")
        );
        assert!(read("").unwrap().is_empty());
    }
}
