//! A charm as its files declare it: `metadata.yaml`, `manifest.yaml`, `config.yaml`, `actions.yaml` and the hooks.
//!
//! In: an unpacked charm. Out: what it declares, or why it cannot be read; and [`check_possible`]: what it uses without
//! declaring it. The rules are Juju's (`juju/charm` v12), as far as machine charms meet them.

mod possible;

pub use possible::{Impossible, check_possible};

use anyhow::{Context as _, Result, bail, ensure};
use fs_err as fs;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What `metadata.yaml` says.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CharmMeta {
    /// The charm's name.
    pub name: String,
    /// One line about it.
    pub summary: String,
    /// More about it.
    pub description: String,
    /// Relations among its units.
    pub peers: BTreeMap<String, Interface>,
    /// Relations in which it needs something.
    pub requires: BTreeMap<String, Interface>,
    /// Relations in which it offers something.
    pub provides: BTreeMap<String, Interface>,
    /// Storage.
    pub storage: BTreeMap<String, StorageMeta>,
    /// Files that are attached to it.
    pub resources: BTreeMap<String, ResourceMeta>,
    /// Series, in charms of the first format.
    pub series: Option<Vec<String>>,
    /// What the Juju must offer.
    pub assumes: Option<Value>,
}

/// A relation's endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Interface {
    /// What both ends speak.
    pub interface: String,
}

/// A storage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StorageMeta {
    /// `filesystem` or `block`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is to be.
    #[serde(default)]
    pub location: Option<String>,
    /// How many.
    #[serde(default)]
    pub multiple: Option<Multiple>,
}

/// How many instances of a storage there may be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Multiple {
    /// `N`, `N-M`, `N-` or `N+`.
    pub range: Value,
}

impl StorageMeta {
    /// The least and (if there is a limit) the most instances.
    pub fn range(&self) -> Result<(u32, Option<u32>)> {
        let Some(multiple) = &self.multiple else { return Ok((1, Some(1))) };
        let text = multiple.range.as_str().map_or_else(|| multiple.range.to_string(), str::to_owned);
        let (least, most) = match text.split_once('-') {
            Some((least, "")) => (least, None),
            Some((least, most)) => (least, Some(most)),
            None => match text.strip_suffix('+') {
                Some(least) => (least, None),
                None => (text.as_str(), Some(text.as_str())),
            },
        };
        let number = |text: &str| text.parse::<u32>().with_context(|| format!("storage range {text:?} is no number"));
        Ok((number(least)?, most.map(number).transpose()?))
    }
}

/// A resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ResourceMeta {
    /// `file` (or `oci-image`, which machine charms do not have).
    #[serde(rename = "type")]
    pub kind: String,
    /// The name that the file gets.
    #[serde(default)]
    pub filename: String,
}

/// An option of `config.yaml`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ConfigOption {
    /// `string`, `int`, `float`, `boolean` or `secret`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its default; null without one.
    #[serde(default)]
    pub default: Value,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// An action of `actions.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSpec {
    /// What it does.
    pub description: String,
    /// The JSON schema of its parameters, without `additionalProperties` where the charm does not say.
    pub schema: Value,
}

/// A charm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charm {
    /// `metadata.yaml`.
    pub meta: CharmMeta,
    /// `config.yaml`.
    pub config: BTreeMap<String, ConfigOption>,
    /// `actions.yaml`.
    pub actions: BTreeMap<String, ActionSpec>,
    /// Whether there is a `manifest.yaml` with bases.
    pub has_bases: bool,
}

/// Reads an unpacked charm.
///
/// # Errors
/// A file is missing or is not what Juju would take; the text names the file.
pub fn read(folder: &Path) -> Result<Charm> {
    let meta = yaml(folder, "metadata.yaml")?.context("metadata.yaml is missing: this is not a charm")?;
    let meta: CharmMeta = serde_json::from_value(meta).context("metadata.yaml")?;
    ensure!(is_charm_name(&meta.name), "metadata.yaml: {:?} is not a charm's name", meta.name);
    for (key, text) in [("summary", &meta.summary), ("description", &meta.description)] {
        ensure!(!text.trim().is_empty(), "metadata.yaml: {key} is missing");
    }
    if meta.series.is_some() && meta.assumes.is_some() {
        bail!("metadata.yaml: ambiguous metadata: keys \"assumes\" cannot be used with \"series\"");
    }
    let manifest = yaml(folder, "manifest.yaml")?.unwrap_or(Value::Null);
    let has_bases = manifest["bases"].as_array().is_some_and(|bases| !bases.is_empty());
    let mut config = BTreeMap::new();
    if let Some(declared) = yaml(folder, "config.yaml")? {
        let options = declared.get("options").cloned().context("config.yaml: options is missing")?;
        config = serde_json::from_value(options).context("config.yaml")?;
    }
    let mut actions = BTreeMap::new();
    for (name, declared) in yaml(folder, "actions.yaml")?.as_ref().and_then(Value::as_object).into_iter().flatten() {
        let spec = ActionSpec::read(name, declared).with_context(|| format!("actions.yaml: {name}"))?;
        actions.insert(name.clone(), spec);
    }
    Ok(Charm { meta, config, actions, has_bases })
}

/// A YAML file as JSON; none when there is no such file. Duplicate keys are refused on the way.
fn yaml(folder: &Path, name: &str) -> Result<Option<Value>> {
    let path = folder.join(name);
    if !path.exists() {
        return Ok(None);
    }
    let parsed: serde_yaml::Value =
        serde_yaml::from_str(&fs::read_to_string(&path)?).with_context(|| format!("{name} is not proper YAML"))?;
    Ok(Some(serde_json::to_value(parsed).with_context(|| format!("{name} has keys that are no texts"))?))
}

/// Juju's rule: `^[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*$`.
fn is_charm_name(name: &str) -> bool {
    let mut parts = name.split('-');
    let plain = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let first = parts.next().unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_lowercase())
        && plain(first)
        && parts.all(|part| plain(part) && part.contains(|c: char| c.is_ascii_lowercase()))
}

impl ActionSpec {
    fn read(name: &str, declared: &Value) -> Result<Self> {
        ensure!(super::hooktools::is_key(name), "not an action's name: use lower case, digits and hyphens");
        ensure!(name != "juju" && !name.starts_with("juju-"), "names that begin with juju are Juju's own");
        let declared = declared.as_object().cloned().unwrap_or_default();
        let mut schema = Map::new();
        schema.insert("type".to_owned(), json!("object"));
        for (key, value) in &declared {
            match key.as_str() {
                "description" | "title" | "parallel" | "execution-group" => {}
                "params" => {
                    schema.insert("properties".to_owned(), value.clone());
                }
                "$ref" | "$schema" => bail!("schema key {key:?} not compatible with this version of juju"),
                _ => {
                    schema.insert(key.clone(), value.clone());
                }
            }
        }
        let schema = Value::Object(schema);
        ensure!(!schema.to_string().contains("\"$ref\""), "schema key \"$ref\" not compatible with this version of juju");
        jsonschema::draft4::new(&schema).map_err(|error| anyhow::anyhow!("not a JSON schema: {error}"))?;
        let description = declared.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        Ok(Self { description, schema })
    }

    /// Puts the defaults in and checks the result. `additional`: whether undeclared parameters pass where the charm does
    /// not say (they do up to Juju 3).
    pub fn validate(&self, parameters: Value, additional: bool) -> Result<Value, String> {
        let mut schema = self.schema.clone();
        if schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(additional);
        }
        let mut parameters = parameters;
        let object = parameters.as_object_mut().ok_or("the parameters must be a map")?;
        for (name, declared) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(default) = declared.get("default").filter(|_| !object.contains_key(name)) {
                object.insert(name.clone(), default.clone());
            }
        }
        let validator = jsonschema::draft4::new(&schema).map_err(|error| error.to_string())?;
        let problems: Vec<String> = validator
            .iter_errors(&parameters)
            .map(|error| {
                let place = error.instance_path().to_string().replace('/', ".");
                format!("(root){place} : {error}")
            })
            .collect();
        if problems.is_empty() {
            Ok(parameters)
        } else {
            Err(format!("validation failed: {}", problems.join("; ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> ActionSpec {
        let declared = json!({
            "description": "d",
            "params": {
                "delay": { "type": "integer", "minimum": 1, "maximum": 86400, "default": 60 },
                "scope": { "type": "string", "enum": ["set", "unit"], "default": "set" },
            },
            "additionalProperties": false,
        });
        ActionSpec::read("partition", &declared).unwrap()
    }

    #[test]
    fn defaults_are_put_in_and_what_is_wrong_is_named() {
        assert_eq!(spec().validate(json!({}), true), Ok(json!({"delay": 60, "scope": "set"})));
        for (parameters, named) in [
            (json!({"delay": 0}), "delay"),
            (json!({"delay": 86401}), "delay"),
            (json!({"delay": "60"}), "delay"),
            (json!({"delay": 1.5}), "delay"),
            (json!({"scope": "all"}), "scope"),
            (json!({"dellay": 1}), "dellay"),
        ] {
            let why = spec().validate(parameters.clone(), true).unwrap_err();
            assert!(why.contains(named), "{parameters}: {why}");
        }
    }

    #[test]
    fn undeclared_parameters_pass_where_the_juju_lets_them() {
        let loose = ActionSpec::read("a", &json!({"params": {}})).unwrap();
        assert!(loose.validate(json!({"b": 1}), true).is_ok());
        assert!(loose.validate(json!({"b": 1}), false).is_err());
    }

    #[test]
    fn names_are_jujus() {
        assert!(is_charm_name("mongo-rs") && is_charm_name("a1-b2"));
        assert!(!is_charm_name("Mongo") && !is_charm_name("mongo-2") && !is_charm_name("") && !is_charm_name("a_b"));
        assert!(ActionSpec::read("juju-run", &json!({})).is_err());
        assert!(ActionSpec::read("a_b", &json!({})).is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("metadata.yaml"), "name: a\nname: b\nsummary: s\ndescription: d\n").unwrap();
        assert!(format!("{:#}", read(folder.path()).unwrap_err()).contains("duplicate"));
    }
}
