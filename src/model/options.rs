//! The charm's configuration options: read, checked, and turned into typed values.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use serde_yaml::{Mapping, Value as Yaml};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Keys of `mongod.conf` that the charm sets itself, or that would shut the charm out of its own server.
pub const OWNED_KEYS: &[&str] = &[
    "net.bindIp",
    "net.bindIpAll",
    "net.ipv6",
    "net.port",
    // The older name of net.tls, which mongod still takes.
    "net.ssl",
    "net.tls",
    "processManagement",
    "replication.oplogSizeMB",
    "replication.replSetName",
    "security.authorization",
    "security.clusterAuthMode",
    "security.keyFile",
    "sharding",
    "storage.dbPath",
    "storage.wiredTiger.engineConfig.cacheSizeGB",
    "systemLog.destination",
    "systemLog.logAppend",
    "systemLog.path",
];

/// Which addresses `mongod` listens on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BindIp {
    /// Loopback, this unit's own address and these.
    These(Vec<IpAddr>),
    /// All addresses.
    All,
}

/// The options, every value known to be allowed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// Name of the replica set.
    pub replica_set_name: String,
    /// TCP port of `mongod`.
    pub port: u16,
    /// What it listens on.
    pub bind_ip: BindIp,
    /// Size of the oplog in MB; none leaves it to `mongod`.
    pub oplog_size_mb: Option<u32>,
    /// Size of the WiredTiger cache in GB; none leaves it to `mongod`.
    pub cache_size_gb: Option<f64>,
    /// `settings.electionTimeoutMillis`, in milliseconds.
    pub election_timeout_ms: u32,
    /// How long a voter must be away before a standby steps in, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub standby_grace_s: u32,
    /// Whether both of two members vote.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub two_voters: bool,
    /// What is merged into `mongod.conf`.
    pub extra_config: Mapping,
}

/// An option whose value is not allowed. The text names the option, its value and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("option {option}={value}: {allowed}")]
pub struct Refused {
    /// Name of the option.
    pub option: &'static str,
    /// The value, as text, shortened.
    pub value: String,
    /// What would be right.
    pub allowed: String,
}

impl Options {
    /// The names of the options in which these differ from those of before, or from the defaults, and with which a server
    /// would run otherwise.
    pub fn changed(&self, before: Option<&Self>) -> Vec<&'static str> {
        let defaults = Self::read(&BTreeMap::new()).ok();
        let Some(before) = before.or(defaults.as_ref()) else {
            return Vec::new();
        };
        let changed = [
            (
                "replica-set-name",
                self.replica_set_name != before.replica_set_name,
            ),
            ("port", self.port != before.port),
            ("bind-ip", self.bind_ip != before.bind_ip),
            ("cache-size", self.cache_size_gb != before.cache_size_gb),
            ("extra-config", self.extra_config != before.extra_config),
        ];
        let changed = changed.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(name, _)| name).collect()
    }

    /// Reads what `config-get --format=json` prints. All problems are reported, not only the first.
    pub fn read(config: &BTreeMap<String, Json>) -> Result<Self, Vec<Refused>> {
        let mut refused = Vec::new();
        keep(&mut refused, fault_injection(config));
        let options = Self {
            replica_set_name: keep(&mut refused, set_name(config)),
            port: keep(&mut refused, whole(config, "port", 27017, 1024, 65535, "")) as u16,
            bind_ip: keep(&mut refused, bind_ip(config)).unwrap_or(BindIp::All),
            oplog_size_mb: not_zero(keep(
                &mut refused,
                whole(config, "oplog-size", 0, 990, 1_000_000_000, "0 or "),
            )),
            cache_size_gb: keep(&mut refused, cache_size(config)),
            election_timeout_ms: keep(
                &mut refused,
                whole(config, "election-timeout", 10_000, 1000, 300_000, ""),
            ),
            standby_grace_s: keep(
                &mut refused,
                whole(config, "standby-grace", 120, 0, 86_400, ""),
            ),
            two_voters: config.get("two-voters").and_then(Json::as_bool) == Some(true),
            extra_config: keep(&mut refused, extra_config(config)),
        };
        if refused.is_empty() {
            Ok(options)
        } else {
            Err(refused)
        }
    }
}

fn keep<T: Default>(refused: &mut Vec<Refused>, result: Result<T, Refused>) -> T {
    result.unwrap_or_else(|problem| {
        refused.push(problem);
        T::default()
    })
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn not_zero(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

fn refuse<T>(
    option: &'static str,
    value: impl ToString,
    allowed: impl Into<String>,
) -> Result<T, Refused> {
    let value: String = value.to_string().chars().take(60).collect();
    Err(Refused {
        option,
        value,
        allowed: allowed.into(),
    })
}

/// A whole number between two bounds; the default (which may lie outside) is always allowed.
fn whole(
    config: &BTreeMap<String, Json>,
    option: &'static str,
    default: u32,
    low: u32,
    high: u32,
    or: &str,
) -> Result<u32, Refused> {
    let Some(value) = config.get(option).filter(|value| !value.is_null()) else {
        return Ok(default);
    };
    match value.as_i64() {
        Some(number) if number == i64::from(default) => Ok(default),
        Some(number) if (i64::from(low)..=i64::from(high)).contains(&number) => Ok(number as u32),
        _ => refuse(
            option,
            value,
            format!("use {or}a whole number from {low} to {high}"),
        ),
    }
}

fn text<'a>(
    config: &'a BTreeMap<String, Json>,
    option: &'static str,
    default: &'a str,
) -> Result<&'a str, Refused> {
    match config.get(option) {
        None | Some(Json::Null) => Ok(default),
        Some(Json::String(text)) => Ok(text),
        Some(other) => refuse(option, other, "use a text"),
    }
}

fn set_name(config: &BTreeMap<String, Json>) -> Result<String, Refused> {
    let name = text(config, "replica-set-name", "mongo-rs")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > 64 || !name.chars().all(allowed) {
        return refuse(
            "replica-set-name",
            name,
            "use 1 to 64 letters, digits, '-', '_' or '.'",
        );
    }
    // serde_yaml writes such names without quotes, and other readers of YAML take them for something else.
    let ambiguous = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if ambiguous.contains(&name.to_ascii_lowercase().as_str())
        || !name.contains(|c: char| c.is_ascii_alphabetic())
    {
        return refuse(
            "replica-set-name",
            name,
            "YAML reads it as something other than a name; use another",
        );
    }
    Ok(name.to_owned())
}

/// It is read anew in each hook and not kept: whatever is not `allowed` forbids.
fn fault_injection(config: &BTreeMap<String, Json>) -> Result<(), Refused> {
    match text(config, "fault-injection", "allowed")? {
        "allowed" | "forbidden" => Ok(()),
        other => refuse("fault-injection", other, "use allowed or forbidden"),
    }
}

fn bind_ip(config: &BTreeMap<String, Json>) -> Result<Option<BindIp>, Refused> {
    let value = text(config, "bind-ip", "")?.trim();
    if matches!(value, "*" | "0.0.0.0" | "::") {
        return Ok(Some(BindIp::All));
    }
    let mut addresses = Vec::new();
    for part in value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match part.parse::<IpAddr>() {
            Ok(address) => addresses.push(address),
            Err(_) => {
                return refuse(
                    "bind-ip",
                    value,
                    format!("{part:?} is not an IP address; use '*' or a list of them"),
                );
            }
        }
    }
    Ok(Some(BindIp::These(addresses)))
}

fn cache_size(config: &BTreeMap<String, Json>) -> Result<Option<f64>, Refused> {
    let Some(value) = config.get("cache-size").filter(|value| !value.is_null()) else {
        return Ok(None);
    };
    match value.as_f64() {
        Some(0.0) => Ok(None),
        Some(size) if (0.25..=10_000.0).contains(&size) => Ok(Some(size)),
        _ => refuse(
            "cache-size",
            value,
            "use 0 or a number of GB from 0.25 to 10000",
        ),
    }
}

fn extra_config(config: &BTreeMap<String, Json>) -> Result<Mapping, Refused> {
    let value = text(config, "extra-config", "")?;
    let mapping = match serde_yaml::from_str::<Yaml>(value) {
        Ok(Yaml::Null) => Mapping::new(),
        // Tags within tags could not even be written.
        Ok(yaml) if has_tag(&yaml) => {
            return refuse(
                "extra-config",
                value,
                "take the tags (!name) out; mongod knows none",
            );
        }
        Ok(Yaml::Mapping(mapping)) => mapping,
        Ok(_) => return refuse("extra-config", value, "use a YAML map, as in mongod.conf"),
        Err(error) => return refuse("extra-config", value, format!("not YAML: {error}")),
    };
    let mut paths = Vec::new();
    if let Err(what) = leaves(&mapping, "", &mut paths) {
        return refuse("extra-config", value, what);
    }
    let owned = |path: &&String| {
        OWNED_KEYS.iter().any(|key| {
            let (path, key) = (format!("{path}."), format!("{key}."));
            path.starts_with(&key) || key.starts_with(&path)
        })
    };
    match paths.iter().find(owned) {
        Some(path) => refuse(
            "extra-config",
            path,
            "the charm sets this key itself; take it out",
        ),
        None => Ok(mapping),
    }
}

/// Whether a tag (`!name`) stands before anything in it.
fn has_tag(yaml: &Yaml) -> bool {
    match yaml {
        Yaml::Tagged(_) => true,
        Yaml::Sequence(elements) => elements.iter().any(has_tag),
        Yaml::Mapping(entries) => entries
            .iter()
            .any(|(key, value)| has_tag(key) || has_tag(value)),
        _ => false,
    }
}

/// Collects the dotted paths of all values; a key with dots counts as the path it spells, as for `mongod`.
fn leaves(mapping: &Mapping, under: &str, paths: &mut Vec<String>) -> Result<(), String> {
    for (key, value) in mapping {
        let Some(key) = key.as_str().filter(|key| !key.is_empty()) else {
            return Err("every key must be a text".to_owned());
        };
        let path = if under.is_empty() {
            key.to_owned()
        } else {
            format!("{under}.{key}")
        };
        match value {
            Yaml::Mapping(inner) if !inner.is_empty() => leaves(inner, &path, paths)?,
            _ => paths.push(path),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(pairs: Json) -> Result<Options, String> {
        let Json::Object(map) = pairs else {
            unreachable!()
        };
        Options::read(&map.into_iter().collect()).map_err(|refused| {
            refused
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join("; ")
        })
    }

    #[test]
    fn only_what_a_server_would_run_otherwise_with_has_changed() {
        let before = read(json!({"cache-size": 1, "oplog-size": 990})).unwrap();
        for (given, changed) in [
            (json!({"cache-size": 1}), &[][..]),
            (json!({"cache-size": 1, "election-timeout": 2000}), &[]),
            (
                json!({"cache-size": 2, "port": 27018}),
                &["port", "cache-size"],
            ),
            (json!({}), &["cache-size"]),
        ] {
            assert_eq!(
                read(given.clone()).unwrap().changed(Some(&before)),
                changed,
                "{given}"
            );
        }
        assert_eq!(before.changed(None), ["cache-size"]);
    }

    #[test]
    fn without_any_value_the_defaults_hold() {
        let options = read(json!({})).unwrap();
        assert_eq!(options.replica_set_name, "mongo-rs");
        assert_eq!(
            (options.port, options.oplog_size_mb, options.cache_size_gb),
            (27017, None, None)
        );
        assert_eq!(options.bind_ip, BindIp::These(vec![]));
    }

    #[test]
    fn what_is_not_allowed_names_the_option_the_value_and_what_is() {
        for (config, said) in [
            (
                json!({"port": 80}),
                "option port=80: use a whole number from 1024 to 65535",
            ),
            (
                json!({"port": "x"}),
                "option port=\"x\": use a whole number",
            ),
            (
                json!({"replica-set-name": ""}),
                "option replica-set-name=: use 1 to 64 letters",
            ),
            (
                json!({"replica-set-name": "No"}),
                "option replica-set-name=No: YAML reads it",
            ),
            (json!({"replica-set-name": "1e3"}), ""),
            (
                json!({"replica-set-name": "123"}),
                "option replica-set-name=123: YAML reads it",
            ),
            (
                json!({"bind-ip": "here"}),
                "option bind-ip=here: \"here\" is not an IP address",
            ),
            (
                json!({"oplog-size": 5}),
                "option oplog-size=5: use 0 or a whole number from 990",
            ),
            (
                json!({"cache-size": 0.1}),
                "option cache-size=0.1: use 0 or a number of GB from 0.25",
            ),
            (
                json!({"election-timeout": 10}),
                "option election-timeout=10: use a whole number from 1000",
            ),
            (
                json!({"extra-config": "- a"}),
                "option extra-config=- a: use a YAML map",
            ),
            (
                json!({"extra-config": "a: ["}),
                "option extra-config=a: [: not YAML",
            ),
            (json!({"extra-config": "a: 1\na: 2"}), "duplicate"),
            (json!({"extra-config": "a: !b\n  !c d: e"}), "take the tags"),
            (json!({"extra-config": "!b c: 1"}), "take the tags"),
            (json!({"extra-config": "a: [{b: !c d}]"}), "take the tags"),
            (
                json!({"extra-config": "net: {port: 1}"}),
                "option extra-config=net.port: the charm sets this key",
            ),
            (
                json!({"extra-config": "net.port: 1"}),
                "option extra-config=net.port: the charm sets this key",
            ),
            (
                json!({"extra-config": "storage: {wiredTiger: 1}"}),
                "option extra-config=storage.wiredTiger: the charm",
            ),
            (
                json!({"extra-config": "net: {ssl: {mode: requireSSL}}"}),
                "option extra-config=net.ssl.mode: the charm sets this key",
            ),
            (json!({"fault-injection": "forbidden"}), ""),
            (
                json!({"fault-injection": "no"}),
                "option fault-injection=no: use allowed or forbidden",
            ),
            (
                json!({"extra-config": "sharding: {clusterRole: shardsvr}"}),
                "sharding.clusterRole: the charm",
            ),
        ] {
            match read(config.clone()) {
                Ok(_) => assert_eq!(said, "", "{config} was taken"),
                Err(text) => assert!(!said.is_empty() && text.contains(said), "{config}: {text}"),
            }
        }
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let text = read(json!({"port": 1, "cache-size": -1})).unwrap_err();
        assert!(
            text.contains("port=1") && text.contains("cache-size=-1"),
            "{text}"
        );
    }
}
