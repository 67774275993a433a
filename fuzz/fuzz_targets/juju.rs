#![no_main]
//! What Juju's tools print and its environment says: options, databags, names of units, addresses.

use mongo_rs::agent::config_file;
use mongo_rs::juju::{context, network::usable_address};
use mongo_rs::model::databag::{self, ApplicationData, UnitData};
use mongo_rs::model::options::Options;
use mongo_rs::model::unit::UnitName;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

/// What is allowed in a config makes a file that `mongod` can read, whatever else it says.
fn config(config: &BTreeMap<String, Value>) {
    match Options::read(config) {
        Ok(options) => {
            let text = config_file::text(&options, IpAddr::V4(Ipv4Addr::LOCALHOST), Path::new("/data"));
            let read = serde_yaml::from_str::<serde_yaml::Value>(&text);
            let port = read.as_ref().ok().and_then(|file| file.get("net")?.get("port")?.as_u64());
            assert_eq!(port, Some(options.port.into()), "{text}");
        }
        Err(refused) => assert!(refused.iter().all(|why| !why.to_string().is_empty())),
    }
}

/// What one unit can read of another's databag, all units can read of its own.
fn bag(bag: &BTreeMap<String, String>) {
    if let Ok(Some(data)) = databag::read::<UnitData>(bag) {
        assert_eq!(databag::read(&databag::write(&data)), Ok(Some(data)));
    }
    if let Ok(Some(data)) = databag::read::<ApplicationData>(bag) {
        assert_eq!(databag::read(&databag::write(&data)), Ok(Some(data)));
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    config(&BTreeMap::from([("extra-config".to_owned(), text.into())]));
    config(&BTreeMap::from([("bind-ip".to_owned(), text.into()), ("replica-set-name".to_owned(), text.into())]));
    bag(&BTreeMap::from([("version".to_owned(), "1".to_owned()), ("content".to_owned(), text.to_owned())]));
    let environment: BTreeMap<String, String> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let _ = context::read(&environment, text);
    let Ok(printed) = serde_json::from_str::<Value>(text) else { return };
    assert!(usable_address(&printed, &[]).is_none_or(|address| !address.is_loopback()));
    let _ = serde_json::from_value::<Option<Vec<UnitName>>>(printed.clone());
    if let Ok(options) = serde_json::from_value(printed.clone()) {
        config(&options);
    }
    if let Ok(content) = serde_json::from_value(printed) {
        bag(&content);
    }
});
