//! Arguments as Juju's tools take them: flags may stand anywhere, `--x v`, `--x=v`, `-r 1`, `-r=1`, `-r1`; `--` ends them.
//! (`juju/gnuflag`.)

use super::Failure;
use std::collections::BTreeMap;

/// A flag that a tool knows.
pub struct Flag {
    /// Its names without dashes; the first is the key under which its value is found.
    pub names: &'static [&'static str],
    /// Whether it takes no value.
    pub switch: bool,
}

/// A flag with a value.
pub const fn value(names: &'static [&'static str]) -> Flag {
    Flag {
        names,
        switch: false,
    }
}

/// A flag without a value.
pub const fn switch(names: &'static [&'static str]) -> Flag {
    Flag {
        names,
        switch: true,
    }
}

/// `--format` and `-o`, which most tools know.
pub const FORMAT: &[Flag] = &[value(&["format"]), value(&["o", "output"])];

/// Arguments taken apart.
#[derive(Debug, Default)]
pub struct Parsed {
    flags: BTreeMap<&'static str, String>,
    /// What is not a flag, in order.
    pub positional: Vec<String>,
}

impl Parsed {
    /// The value of a flag that was given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags.get(name).map(String::as_str)
    }

    /// Whether a switch is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// Refuses more positional arguments than `most`.
    pub fn at_most(&self, most: usize) -> Result<(), Failure> {
        match self.positional.get(most..) {
            Some(rest) if !rest.is_empty() => {
                let quoted: Vec<String> = rest.iter().map(|text| format!("{text:?}")).collect();
                Err(Failure::Usage(format!(
                    "unrecognized args: [{}]",
                    quoted.join(" ")
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Takes arguments apart; `groups` are the flags that are known.
pub fn parse(groups: &[&'static [Flag]], arguments: &[String]) -> Result<Parsed, Failure> {
    let mut parsed = Parsed::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            parsed.positional.extend(rest.cloned());
            break;
        }
        if !argument.starts_with('-') || argument == "-" {
            parsed.positional.push(argument.clone());
            continue;
        }
        let (name, joined) = split(argument);
        let flag = groups
            .iter()
            .flat_map(|group| group.iter())
            .find(|flag| flag.names.contains(&name))
            .ok_or_else(|| {
                Failure::Usage(format!("flag provided but not defined: {}", dashed(name)))
            })?;
        let key = flag.names.first().copied().unwrap_or_default();
        let value = if flag.switch {
            boolean(name, joined.unwrap_or("true"))?.to_string()
        } else {
            match joined {
                Some(value) => value.to_owned(),
                None => rest.next().cloned().ok_or_else(|| {
                    Failure::Usage(format!("flag needs an argument: {}", dashed(name)))
                })?,
            }
        };
        parsed.flags.insert(key, value);
    }
    Ok(parsed)
}

fn dashed(name: &str) -> String {
    if name.chars().count() == 1 {
        format!("-{name}")
    } else {
        format!("--{name}")
    }
}

fn split(argument: &str) -> (&str, Option<&str>) {
    if let Some(long) = argument.strip_prefix("--") {
        return match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
    }
    let short = &argument[1..];
    let end = short
        .char_indices()
        .nth(1)
        .map_or(short.len(), |(index, _)| index);
    let (name, value) = short.split_at(end);
    let value = value.strip_prefix('=').unwrap_or(value);
    (name, (short.len() > end).then_some(value))
}

/// A truth value as Go's `strconv.ParseBool` reads it.
pub fn boolean(name: &str, text: &str) -> Result<bool, Failure> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(Failure::Usage(format!(
            "invalid value {text:?} for flag {}: strconv.ParseBool: parsing {text:?}: invalid syntax",
            dashed(name)
        ))),
    }
}

/// Pairs `key=value`; spaces around both are trimmed, and no key may come twice.
pub fn key_values(arguments: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut pairs = BTreeMap::new();
    for argument in arguments {
        let (key, value) = argument
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| Failure::Usage(format!("expected \"key=value\", got {argument:?}")))?;
        let key = key.trim().to_owned();
        if pairs.contains_key(&key) {
            return Err(Failure::Usage(format!(
                "key {key:?} specified more than once"
            )));
        }
        pairs.insert(key, value.trim().to_owned());
    }
    Ok(pairs)
}

/// The content of a `--file`: a map of strings in YAML or JSON. `null` counts as empty.
pub fn string_map(content: &[u8]) -> Result<BTreeMap<String, String>, Failure> {
    let refused = |why: String| Failure::Run(format!("cannot read the settings: {why}"));
    let value: serde_yaml::Value =
        serde_yaml::from_slice(content).map_err(|e| refused(e.to_string()))?;
    let mapping = match value {
        serde_yaml::Value::Null => return Ok(BTreeMap::new()),
        serde_yaml::Value::Mapping(mapping) => mapping,
        _ => return Err(refused("expected a map of strings".to_owned())),
    };
    let mut map = BTreeMap::new();
    for (key, value) in mapping {
        let scalar = |value: serde_yaml::Value| match value {
            serde_yaml::Value::String(text) => Some(text),
            serde_yaml::Value::Number(number) => Some(number.to_string()),
            serde_yaml::Value::Bool(truth) => Some(truth.to_string()),
            serde_yaml::Value::Null => Some(String::new()),
            _ => None,
        };
        let (Some(key), Some(value)) = (scalar(key), scalar(value)) else {
            return Err(refused("expected a map of strings".to_owned()));
        };
        map.insert(key, value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Flag] = &[value(&["r", "relation"]), switch(&["app"])];

    fn arguments(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn flags_stand_anywhere_and_in_every_form() {
        for line in [
            "-r 1 a --app",
            "a -r1 --app",
            "--relation=1 --app=true a",
            "--app -r=1 -- a",
            "a --relation 1 --app=T",
        ] {
            let parsed = parse(&[KNOWN], &arguments(line)).unwrap();
            assert_eq!(parsed.value("r"), Some("1"), "{line}");
            assert!(parsed.is_on("app"), "{line}");
            assert_eq!(parsed.positional, ["a"], "{line}");
        }
    }

    #[test]
    fn flags_that_make_no_sense_are_refused() {
        for (line, text) in [
            ("--what", "flag provided but not defined: --what"),
            ("-r", "flag needs an argument: -r"),
            ("--app=maybe", "invalid value \"maybe\" for flag --app"),
        ] {
            let Err(Failure::Usage(said)) = parse(&[KNOWN], &arguments(line)) else {
                panic!("{line}")
            };
            assert!(said.starts_with(text), "{said}");
        }
    }

    #[test]
    fn what_follows_two_dashes_is_no_flag() {
        let parsed = parse(&[KNOWN], &arguments("-- --app -r")).unwrap();
        assert_eq!(parsed.positional, ["--app", "-r"]);
    }

    #[test]
    fn pairs_are_trimmed_and_unique() {
        let pairs = key_values(&["a = b ".to_owned(), "c=d=e".to_owned()]).unwrap();
        assert_eq!(pairs.get("a").map(String::as_str), Some("b"));
        assert_eq!(pairs.get("c").map(String::as_str), Some("d=e"));
        assert!(key_values(&["a=1".to_owned(), "a=2".to_owned()]).is_err());
        assert!(key_values(&["a".to_owned()]).is_err());
        assert!(key_values(&["=a".to_owned()]).is_err());
    }
}
