//! The text of `mongod.conf`. Pure.

use crate::model::options::{BindIp, Options};
use crate::model::paths;
use serde_yaml::{Mapping, Value};
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::path::Path;

/// The whole file: what the charm sets, with `extra-config` merged into it.
pub fn text(options: &Options, own: IpAddr, data: &Path) -> String {
    let mut config = options.extra_config.clone();
    let mut set = |path: &str, value: Value| insert(&mut config, path, value);
    set("storage.dbPath", data.display().to_string().into());
    set("systemLog.destination", "file".into());
    set("systemLog.path", paths::LOG.into());
    set("systemLog.logAppend", true.into());
    set("net.port", options.port.into());
    match &options.bind_ip {
        BindIp::All => set("net.bindIpAll", true.into()),
        BindIp::These(more) => {
            let mut all = vec![IpAddr::from([127, 0, 0, 1]), own];
            all.extend(more);
            let mut listed: Vec<String> = Vec::new();
            for address in all.iter().map(ToString::to_string) {
                if !listed.contains(&address) {
                    listed.push(address);
                }
            }
            set("net.bindIp", listed.join(",").into());
        }
    }
    let ipv6 = match &options.bind_ip {
        BindIp::All => true,
        BindIp::These(more) => own.is_ipv6() || more.iter().any(IpAddr::is_ipv6),
    };
    if ipv6 {
        set("net.ipv6", true.into());
    }
    set(
        "replication.replSetName",
        options.replica_set_name.clone().into(),
    );
    if let Some(size) = options.oplog_size_mb {
        set("replication.oplogSizeMB", size.into());
    }
    if let Some(size) = options.cache_size_gb {
        set("storage.wiredTiger.engineConfig.cacheSizeGB", size.into());
    }
    let body = serde_yaml::to_string(&config).unwrap_or_default();
    format!(
        "# Written by the charm mongo-rs; changes are overwritten. Use its option extra-config.\n{body}"
    )
}

/// Sets a value at a dotted path; `extra-config` was checked not to hold anything in its way.
fn insert(config: &mut Mapping, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            config.insert(path.into(), value);
        }
        Some((first, rest)) => {
            let inner = config
                .entry(first.into())
                .or_insert_with(|| Mapping::new().into());
            if let Value::Mapping(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// A short mark that is the same exactly when the text is.
pub fn mark(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn written(extra: &str, bind: &str) -> String {
        let config = BTreeMap::from([
            ("extra-config".to_owned(), extra.into()),
            ("bind-ip".to_owned(), bind.into()),
            ("cache-size".to_owned(), 0.25.into()),
        ]);
        text(
            &Options::read(&config).unwrap(),
            [10, 0, 0, 5].into(),
            Path::new("/data/db"),
        )
    }

    #[test]
    fn the_charms_keys_and_the_extra_ones_are_merged() {
        let text = written(
            "storage: {journal: {commitIntervalMs: 50}}\noperationProfiling: {mode: slowOp}",
            "",
        );
        let yaml: Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(yaml["storage"]["dbPath"], "/data/db");
        assert_eq!(yaml["storage"]["journal"]["commitIntervalMs"], 50);
        assert_eq!(
            yaml["storage"]["wiredTiger"]["engineConfig"]["cacheSizeGB"],
            0.25
        );
        assert_eq!(yaml["operationProfiling"]["mode"], "slowOp");
        assert_eq!(yaml["net"]["bindIp"], "127.0.0.1,10.0.0.5");
        assert_eq!(yaml["replication"]["replSetName"], "mongo-rs");
    }

    #[test]
    fn bind_ip_adds_addresses_or_takes_all() {
        let yaml: Value = serde_yaml::from_str(&written("", "10.0.0.5, fd00::9")).unwrap();
        assert_eq!(yaml["net"]["bindIp"], "127.0.0.1,10.0.0.5,fd00::9");
        assert_eq!(yaml["net"]["ipv6"], true);
        let yaml: Value = serde_yaml::from_str(&written("", "*")).unwrap();
        assert_eq!(yaml["net"]["bindIpAll"], true);
    }
}
