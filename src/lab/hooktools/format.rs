//! How tools print values: `smart`, `yaml` or `json`, as Go's `juju/cmd` does.

use super::flags::Parsed;
use super::{Answer, Failure, Output};
use serde_json::{Number, Value};

/// Prints a value in the format that was asked for.
pub fn answer(parsed: &Parsed, value: &Value) -> Answer {
    answer_in(parsed, value, "smart")
}

/// Prints a value, with a default format of the tool's own.
pub fn answer_in(parsed: &Parsed, value: &Value, default: &str) -> Answer {
    let format = parsed.value("format").unwrap_or(default);
    let text = match format {
        "json" => json(value),
        "yaml" => yaml(value),
        "smart" => smart(value),
        other => {
            return Err(Failure::Usage(format!(
                "invalid value {other:?} for flag --format: unknown format {other:?}"
            )));
        }
    };
    Ok(Output {
        text,
        file: parsed.value("o").map(str::to_owned),
    })
}

fn smart(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if text.is_empty() => String::new(),
        Value::String(text) => format!("{text}\n"),
        Value::Bool(true) => "True\n".to_owned(),
        Value::Bool(false) => "False\n".to_owned(),
        Value::Array(items) if items.is_empty() => String::new(),
        Value::Array(items) if items.iter().all(Value::is_string) => items
            .iter()
            .filter_map(Value::as_str)
            .map(|line| format!("{line}\n"))
            .collect(),
        other => yaml(other),
    }
}

/// Compact JSON as Go writes it: keys sorted, `<`, `>` and `&` escaped.
fn json(value: &Value) -> String {
    let text = sorted(value).to_string();
    let escaped = text
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026");
    format!("{escaped}\n")
}

fn yaml(value: &Value) -> String {
    if let Value::Number(number) = value {
        return format!("{}\n", go_number(number));
    }
    serde_yaml::to_string(&floated(&sorted(value))).unwrap_or_default()
}

/// Keys in order, whatever order the map keeps.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

/// Numbers have crossed Juju's API as floating-point numbers: YAML shows large ones with an exponent.
fn floated(value: &Value) -> serde_yaml::Value {
    match value {
        Value::Number(number) => serde_yaml::from_str(&go_number(number)).unwrap_or_default(),
        Value::Object(map) => serde_yaml::Value::Mapping(
            map.iter()
                .map(|(key, value)| (serde_yaml::Value::from(key.clone()), floated(value)))
                .collect(),
        ),
        Value::Array(items) => serde_yaml::Value::Sequence(items.iter().map(floated).collect()),
        other => serde_yaml::to_value(other).unwrap_or_default(),
    }
}

/// A number as Go's shortest `'g'` format has it: `100000`, but `1e+06`.
pub fn go_number(number: &Number) -> String {
    let Some(float) = number.as_f64() else {
        return number.to_string();
    };
    if float == 0.0 {
        return "0".to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{float}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn smart_prints_what_a_shell_wants() {
        for (value, text) in [
            (json!(null), ""),
            (json!(""), ""),
            (json!([]), ""),
            (json!("a b"), "a b\n"),
            (json!(["a", "b"]), "a\nb\n"),
            (json!(true), "True\n"),
            (json!(false), "False\n"),
            (json!(7), "7\n"),
            (json!({"b": 1, "a": "x"}), "a: x\nb: 1\n"),
        ] {
            assert_eq!(smart(&value), text, "{value}");
        }
    }

    #[test]
    fn json_is_compact_and_escaped_as_go_does() {
        assert_eq!(
            json(&json!({"b": null, "a": "<&>"})),
            "{\"a\":\"\\u003c\\u0026\\u003e\",\"b\":null}\n"
        );
        assert_eq!(json(&json!(null)), "null\n");
    }

    #[test]
    fn large_numbers_have_crossed_the_api_as_floats() {
        for (value, text) in [
            (json!(60), "60"),
            (json!(999_999), "999999"),
            (json!(1_000_000), "1e+06"),
            (json!(1.5), "1.5"),
            (json!(0), "0"),
            (json!(1_234_567), "1.234567e+06"),
            (json!(0.00001), "1e-05"),
        ] {
            let Value::Number(number) = &value else {
                panic!()
            };
            assert_eq!(go_number(number), text);
        }
        assert_eq!(json(&json!(1_000_000)), "1000000\n");
    }
}
