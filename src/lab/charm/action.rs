//! `actions.yaml`: the actions, and which parameters they take.

use super::yaml;
use anyhow::{Context, bail};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSpec {
    /// For people.
    pub description: String,
    /// The JSON schema (draft 4) of the parameters, put together as Juju does.
    pub schema: Value,
    /// Whether it may run beside other units' operations on the machine.
    pub parallel: bool,
    /// Operations with the same group do not run at the same time.
    pub execution_group: Option<String>,
}

impl ActionSpec {
    /// The parameters with which the action runs: those given, if they fit, and the defaults of the others.
    ///
    /// `additional_properties` says what holds where the schema is silent on names that it does not declare: Juju
    /// allows them until 3.x and refuses them from 4.0.
    ///
    /// # Errors
    /// The parameters do not fit; the text names each that does not, and what is allowed, in Juju's words.
    pub fn validate(&self, params: Value, additional_properties: bool) -> Result<Value, String> {
        let mut schema = self.schema.clone();
        if let Some(schema) = schema.as_object_mut() {
            schema
                .entry("additionalProperties")
                .or_insert(additional_properties.into());
        }
        let validator = compile(&schema)?;
        let errors: Vec<String> = validator
            .iter_errors(&params)
            .map(|error| explain(&error))
            .collect();
        if !errors.is_empty() {
            return Err(format!("validation failed: {}", errors.join("; ")));
        }
        Ok(with_defaults(&schema, params))
    }

    /// Whether the schema is one at all.
    pub(super) fn compile(&self) -> Result<(), String> {
        compile(&self.schema).map(drop)
    }
}

fn compile(schema: &Value) -> Result<Validator, String> {
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .build(schema)
        .map_err(|error| {
            format!(
                "the schema is wrong at {}: {error}",
                place(&error.instance_path().to_string())
            )
        })
}

/// `(root).a.b`, from a JSON pointer.
fn place(pointer: &str) -> String {
    format!("(root){}", pointer.replace('/', "."))
}

/// One error in the words of the library that Juju uses.
fn explain(error: &ValidationError<'_>) -> String {
    let what = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let names: Vec<String> = unexpected.iter().map(|name| format!("{name:?}")).collect();
            let property = if names.len() == 1 {
                "property"
            } else {
                "properties"
            };
            let verb = if names.len() == 1 { "is" } else { "are" };
            format!(
                "additional {property} {} {verb} not allowed",
                names.join(", ")
            )
        }
        ValidationErrorKind::Type { kind } => format!("must be of type {}", types(kind)),
        ValidationErrorKind::Minimum { limit } => {
            format!("must be greater than or equal to {limit}")
        }
        ValidationErrorKind::Maximum { limit } => format!("must be less than or equal to {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("must be greater than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        ValidationErrorKind::Enum { options } => {
            format!("must match one of the enum values {options}")
        }
        ValidationErrorKind::Required { property } => {
            format!("{property} property is missing and required")
        }
        _ => error.to_string(),
    };
    format!(
        "{} : {what}, given {}",
        place(&error.instance_path().to_string()),
        error.instance()
    )
}

fn types(kind: &jsonschema::error::TypeKind) -> String {
    match kind {
        jsonschema::error::TypeKind::Single(one) => one.to_string(),
        jsonschema::error::TypeKind::Multiple(several) => several
            .iter()
            .map(|one| one.to_string())
            .collect::<Vec<_>>()
            .join(" or "),
    }
}

/// Puts in the defaults of what is missing, also inside of objects.
fn with_defaults(schema: &Value, value: Value) -> Value {
    let (Some(properties), Value::Object(mut given)) = (
        schema.get("properties").and_then(Value::as_object),
        value.clone(),
    ) else {
        return value;
    };
    for (name, property) in properties {
        if let Some(inner) = given.remove(name) {
            given.insert(name.clone(), with_defaults(property, inner));
        } else if let Some(default) = property.get("default") {
            given.insert(name.clone(), default.clone());
        } else if property.get("properties").is_some() {
            let filled = with_defaults(property, json!({}));
            if filled != json!({}) {
                given.insert(name.clone(), filled);
            }
        }
    }
    Value::Object(given)
}

/// Reads the text of `actions.yaml`.
pub(super) fn read(text: &str) -> anyhow::Result<BTreeMap<String, ActionSpec>> {
    let written: BTreeMap<String, Option<Map<String, Value>>> = yaml::typed(text)?;
    written
        .into_iter()
        .map(|(name, keys)| {
            let spec = assemble(&name, keys.unwrap_or_default())
                .with_context(|| format!("action {name:?} is wrong"))?;
            Ok((name, spec))
        })
        .collect()
}

/// Sorts an action's keys as Juju does: some are Juju's, `params` are the schema's properties, all others belong to the
/// schema as they are.
fn assemble(name: &str, mut keys: Map<String, Value>) -> anyhow::Result<ActionSpec> {
    let mut text = |key: &str| match keys.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => bail!("value for schema key {key:?} must be a string, not {other}"),
    };
    let description = text("description")?.unwrap_or_else(|| "No description".to_owned());
    let title = text("title")?.unwrap_or_else(|| name.to_owned());
    let execution_group = text("execution-group")?;
    let parallel = match keys.remove("parallel") {
        None => false,
        Some(Value::Bool(parallel)) => parallel,
        Some(other) => bail!("value for key \"parallel\" must be true or false, not {other}"),
    };
    let params = keys.remove("params").unwrap_or_else(|| json!({}));
    if !params.is_object() {
        bail!("params must be a map of parameter names to schemas, not {params}");
    }
    let mut schema = json!({ "title": title, "description": description, "type": "object", "properties": params });
    for (key, value) in keys {
        schema[key] = value;
    }
    if let Some(key) = prohibited(&schema) {
        bail!("schema key {key:?} is not allowed in actions.yaml; write the referenced schema out");
    }
    Ok(ActionSpec {
        description,
        schema,
        parallel,
        execution_group,
    })
}

/// The first key in the schema that Juju does not take, as it never fetches schemas from elsewhere.
fn prohibited(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(map) => map.iter().find_map(|(key, value)| {
            if key == "$ref" || key == "$schema" {
                Some(key.as_str())
            } else {
                prohibited(value)
            }
        }),
        Value::Array(list) => list.iter().find_map(prohibited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACTIONS: &str = "
partition:
  description: cut
  params:
    delay: {type: integer, default: 60, minimum: 1, maximum: 86400}
    scope: {type: string, default: set, enum: [set, unit]}
    deep: {type: object, properties: {inner: {type: boolean, default: true}}}
  additionalProperties: false
write:
  params: {file: {type: string}}
  required: [file]
  parallel: true
bare:
";

    fn actions() -> BTreeMap<String, ActionSpec> {
        read(ACTIONS).unwrap()
    }

    #[test]
    fn defaults_are_put_in() {
        let partition = &actions()["partition"];
        let filled = partition.validate(json!({"delay": 5}), true).unwrap();
        assert_eq!(
            filled,
            json!({"delay": 5, "scope": "set", "deep": {"inner": true}})
        );
        assert_eq!(
            actions()["bare"].validate(json!({}), false).unwrap(),
            json!({})
        );
        assert!(actions()["write"].parallel);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let partition = &actions()["partition"];
        for (params, expected) in [
            (
                json!({"delay": 0}),
                "(root).delay : must be greater than or equal to 1, given 0",
            ),
            (
                json!({"delay": 86401}),
                "(root).delay : must be less than or equal to 86400, given 86401",
            ),
            (
                json!({"delay": 1.5}),
                "(root).delay : must be of type integer, given 1.5",
            ),
            (
                json!({"delay": "60"}),
                "(root).delay : must be of type integer, given \"60\"",
            ),
            (
                json!({"scope": "all"}),
                "(root).scope : must match one of the enum values [\"set\",\"unit\"], given \"all\"",
            ),
            (
                json!({"dely": 5}),
                "(root) : additional property \"dely\" is not allowed, given {\"dely\":5}",
            ),
            (
                json!({"deep": {"inner": 1}}),
                "(root).deep.inner : must be of type boolean, given 1",
            ),
        ] {
            let error = partition.validate(params, true).unwrap_err();
            assert_eq!(error, format!("validation failed: {expected}"));
        }
        let both = partition
            .validate(json!({"delay": 0, "scope": 1}), true)
            .unwrap_err();
        assert!(
            both.contains("(root).delay") && both.contains("(root).scope"),
            "{both}"
        );
        let missing = actions()["write"].validate(json!({}), true).unwrap_err();
        assert!(
            missing.contains("\"file\" property is missing and required"),
            "{missing}"
        );
    }

    #[test]
    fn unknown_names_are_a_matter_of_jujus_version_where_the_schema_is_silent() {
        let write = &actions()["write"];
        let params = json!({"file": "a", "more": 1});
        assert_eq!(write.validate(params.clone(), true).unwrap(), params);
        assert!(
            write
                .validate(params, false)
                .unwrap_err()
                .contains("\"more\" is not allowed")
        );
    }

    #[test]
    fn keys_of_the_wrong_kind_are_refused() {
        for (text, expected) in [
            (
                "a: {params: {x: {$ref: 'http://127.0.0.1/x'}}}",
                "\"$ref\" is not allowed",
            ),
            ("a: {$schema: 'x'}", "\"$schema\" is not allowed"),
            ("a: {description: 5}", "\"description\" must be a string"),
            ("a: {params: [x]}", "params must be a map"),
            ("a: {parallel: 1}", "true or false"),
            ("a: 5", "map"),
        ] {
            let error = format!("{:#}", read(text).unwrap_err());
            assert!(error.contains(expected), "{text}: {error}");
        }
        assert!(
            read("a: {params: {x: {type: whole}}}").unwrap()["a"]
                .compile()
                .is_err()
        );
        assert!(
            read("a: {params: {x: {type: integer, pattern: '('}}}").unwrap()["a"]
                .compile()
                .is_err()
        );
    }
}
