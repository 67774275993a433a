//! What Juju tells a hook or an action through its environment (read once, here).

use crate::model::event::{Event, WAKE_UP};
use crate::model::unit::{NotAUnitName, UnitName};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// What we were started for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Called {
    /// A hook.
    Hook(Event),
    /// An action, by name.
    Action(String),
    /// A hook that this charm does not know: a rollback may bring one.
    UnknownHook(String),
    /// A person's command line.
    CommandLine,
}

/// The environment of a hook or action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// This unit.
    pub unit: UnitName,
    /// What for.
    pub called: Called,
    /// Where the charm's files are (`JUJU_CHARM_DIR`).
    pub charm: PathBuf,
    /// Where Juju's controllers are (`JUJU_API_ADDRESSES`).
    pub controllers: BTreeSet<IpAddr>,
    /// The zone of this unit's machine (`JUJU_AVAILABILITY_ZONE`); none where the cloud has none.
    pub zone: Option<String>,
    /// `MONGO_RS_LOG`: which log lines are wanted, of `error`, `warn`, `info`, `debug`; none: the usual ones.
    pub log: Option<String>,
}

/// The name of our peer relation.
pub const PEERS: &str = "replicas";
/// The name of our storage.
pub const STORAGE: &str = "data";
/// The name of our resource.
pub const RESOURCE: &str = "mongod";

/// Reads the process's environment.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads it"
)]
pub fn environment() -> BTreeMap<String, String> {
    std::env::vars().collect()
}

/// Works out what we were called as: by `JUJU_DISPATCH_PATH`, else by the name of the link we were started through.
/// None: not by Juju.
pub fn read(
    environment: &BTreeMap<String, String>,
    argv0: &str,
) -> Option<Result<Context, NotAUnitName>> {
    let unit = environment
        .get("JUJU_UNIT_NAME")
        .filter(|name| !name.is_empty())?;
    let dispatch = environment
        .get("JUJU_DISPATCH_PATH")
        .map(String::as_str)
        .filter(|path| !path.is_empty());
    let path = dispatch.unwrap_or(argv0);
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let directory = directory.rsplit('/').next().unwrap_or_default();
    let called = match (directory, dispatch) {
        ("actions", _) => Called::Action(name.to_owned()),
        ("hooks", _) | (_, Some(_)) => hook(name, environment),
        _ => Called::CommandLine,
    };
    let controllers = environment.get("JUJU_API_ADDRESSES");
    let controllers = controllers.iter().flat_map(|text| text.split([' ', ',']));
    let controllers: BTreeSet<IpAddr> = controllers
        .filter_map(|address| address.parse::<SocketAddr>().ok())
        .map(|address| address.ip())
        .collect();
    Some(unit.parse().map(|unit| {
        Context {
            unit,
            called,
            charm: environment
                .get("JUJU_CHARM_DIR")
                .map(PathBuf::from)
                .unwrap_or_default(),
            controllers,
            zone: environment
                .get("JUJU_AVAILABILITY_ZONE")
                .filter(|zone| !zone.is_empty())
                .cloned(),
            log: environment.get("MONGO_RS_LOG").cloned(),
        }
    }))
}

fn hook(name: &str, environment: &BTreeMap<String, String>) -> Called {
    let value = |key: &str| {
        environment
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    let event = match name {
        "leader-elected" => Event::LeaderElected,
        "start" => Event::Start,
        WAKE_UP => Event::Woken,
        "stop" => Event::Stop,
        "remove" => Event::Remove,
        "data-storage-detaching" => {
            Event::StorageDetaching(value("JUJU_STORAGE_ID").unwrap_or_default().to_owned())
        }
        "replicas-relation-departed" => {
            let departing = value("JUJU_DEPARTING_UNIT").or_else(|| value("JUJU_REMOTE_UNIT"));
            match departing.map(str::parse::<UnitName>) {
                Some(Ok(unit)) if value("JUJU_UNIT_NAME") == Some(unit.to_string().as_str()) => {
                    Event::DepartedSelf
                }
                Some(Ok(unit)) => Event::DepartedOther(unit),
                _ => Event::Reconcile(name.to_owned()),
            }
        }
        "install"
        | "config-changed"
        | "update-status"
        | "upgrade-charm"
        | "data-storage-attached"
        | "replicas-relation-created"
        | "replicas-relation-joined"
        | "replicas-relation-changed" => Event::Reconcile(name.to_owned()),
        _ => return Called::UnknownHook(name.to_owned()),
    };
    Called::Hook(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(pairs: &[(&str, &str)], argv0: &str) -> Option<Called> {
        let mut environment: BTreeMap<String, String> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        environment.insert("JUJU_UNIT_NAME".into(), "mongo-rs/0".into());
        read(&environment, argv0).map(|context| context.unwrap().called)
    }

    #[test]
    fn the_dispatch_path_decides_and_else_the_name_of_the_link() {
        let reconcile = |name: &str| Some(Called::Hook(Event::Reconcile(name.into())));
        let dispatch = |path| called(&[("JUJU_DISPATCH_PATH", path)], "/charm/dispatch");
        assert_eq!(dispatch("hooks/install"), reconcile("install"));
        assert_eq!(dispatch("hooks/start"), Some(Called::Hook(Event::Start)));
        let woken = Some(Called::Hook(Event::Woken));
        assert_eq!(dispatch("hooks/set-changed"), woken);
        assert_eq!(
            dispatch("actions/heal"),
            Some(Called::Action("heal".into()))
        );
        // The exact name, not a part of it.
        assert_eq!(
            dispatch("hooks/pre-install"),
            Some(Called::UnknownHook("pre-install".into()))
        );
        assert_eq!(
            called(&[], "/charm/hooks/update-status"),
            reconcile("update-status")
        );
        assert_eq!(
            called(&[], "actions/primary"),
            Some(Called::Action("primary".into()))
        );
        assert_eq!(called(&[], "/usr/bin/mongo-rs"), Some(Called::CommandLine));
        assert_eq!(read(&BTreeMap::new(), "hooks/install"), None);
    }

    #[test]
    fn who_departs_is_told_apart() {
        let departed = |unit| {
            called(
                &[
                    ("JUJU_DISPATCH_PATH", "hooks/replicas-relation-departed"),
                    ("JUJU_DEPARTING_UNIT", unit),
                ],
                "",
            )
        };
        assert_eq!(
            departed("mongo-rs/0"),
            Some(Called::Hook(Event::DepartedSelf))
        );
        assert_eq!(
            departed("mongo-rs/3"),
            Some(Called::Hook(Event::DepartedOther(
                "mongo-rs/3".parse().unwrap()
            )))
        );
    }
}
