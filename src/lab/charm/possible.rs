//! Whether a charm can be: what its files name must be declared, and what it declares must be there.

use super::Charm;
use crate::lab::hooktools;
use crate::lab::profile::Profile;
use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// A reason why a charm cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible(pub String);

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const PLAIN_HOOKS: &[&str] = &[
    "install",
    "start",
    "config-changed",
    "update-status",
    "stop",
    "remove",
    "upgrade-charm",
    "leader-elected",
    "leader-settings-changed",
    "collect-metrics",
    "meter-status-changed",
    "pre-series-upgrade",
    "post-series-upgrade",
    "secret-changed",
    "secret-rotate",
    "secret-expired",
    "secret-remove",
];

/// All reasons; none: it can be.
pub fn check_possible(folder: &Path, charm: &Charm) -> Vec<Impossible> {
    let mut found = Vec::new();
    let mut say = |text: String| found.push(Impossible(text));
    let dispatch = folder.join("dispatch");
    if dispatch.exists() && !is_executable(&dispatch) {
        say("dispatch is not executable: chmod +x dispatch".to_owned());
    }
    if !dispatch.exists() && names(&folder.join("hooks")).is_empty() {
        say("there is neither dispatch nor a hook".to_owned());
    }
    let possible = possible_hooks(charm);
    for hook in names(&folder.join("hooks")) {
        if !possible.contains(&hook) {
            say(format!("hooks/{hook}: metadata.yaml declares no relation or storage of that name"));
        }
    }
    for action in names(&folder.join("actions")) {
        if !charm.actions.contains_key(&action) {
            say(format!("actions/{action}: actions.yaml does not declare it"));
        }
    }
    for action in charm.actions.keys() {
        if !dispatch.exists() && !folder.join("actions").join(action).exists() {
            say(format!("action {action}: there is neither dispatch nor actions/{action}"));
        }
    }
    for (name, option) in &charm.config {
        let fits = match option.kind.as_str() {
            "string" | "secret" => option.default.is_null() || option.default.is_string(),
            "int" => option.default.is_null() || option.default.is_i64(),
            "float" => option.default.is_null() || option.default.is_number(),
            "boolean" => option.default.is_null() || option.default.is_boolean(),
            other => {
                say(format!("option {name}: {other:?} is no type; use string, int, float, boolean or secret"));
                continue;
            }
        };
        if !fits {
            say(format!("option {name}: its default {} is no {}", option.default, option.kind));
        }
    }
    for (name, storage) in &charm.meta.storage {
        if let Err(error) = storage.range() {
            say(format!("storage {name}: {error:#}"));
        }
    }
    for (name, text) in scripts(folder) {
        for (tool, argument) in calls(&text) {
            if !known_tool(&tool) {
                say(format!("{name} calls {tool}, which is no hook tool of Juju"));
            }
            if tool == "resource-get" && argument.as_ref().is_some_and(|it| !charm.meta.resources.contains_key(it)) {
                say(format!("{name} gets the resource {}, which metadata.yaml does not declare", argument.unwrap_or_default()));
            }
        }
    }
    if charm.meta.series.is_none() && !charm.has_bases {
        say("there is neither manifest.yaml with bases nor series in metadata.yaml".to_owned());
    }
    found
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o111 != 0)
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn possible_hooks(charm: &Charm) -> BTreeSet<String> {
    let meta = &charm.meta;
    let endpoints = meta.peers.keys().chain(meta.requires.keys()).chain(meta.provides.keys());
    let mut hooks: BTreeSet<String> = PLAIN_HOOKS.iter().map(|hook| (*hook).to_owned()).collect();
    for endpoint in endpoints {
        for kind in ["created", "joined", "changed", "departed", "broken"] {
            hooks.insert(format!("{endpoint}-relation-{kind}"));
        }
    }
    for storage in meta.storage.keys() {
        hooks.insert(format!("{storage}-storage-attached"));
        hooks.insert(format!("{storage}-storage-detaching"));
    }
    hooks
}

/// Files of the charm that are scripts, by name; what is compiled is beyond reading.
fn scripts(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for place in [".", "hooks", "actions"] {
        for name in names(&folder.join(place)) {
            let path = folder.join(place).join(&name);
            let text = if path.is_file() { std::fs::read(&path).unwrap_or_default() } else { Vec::new() };
            if text.starts_with(b"#!") {
                let shown = if place == "." { name } else { format!("{place}/{name}") };
                found.push((shown, String::from_utf8_lossy(&text).into_owned()));
            }
        }
    }
    found
}

/// Words of a script at the beginning of a command that look like hook tools, with the first plain argument.
fn calls(text: &str) -> Vec<(String, Option<String>)> {
    let looks = |word: &str| {
        let families = ["relation-", "state-", "status-", "storage-", "resource-", "action-", "config-", "network-"];
        let verbs = ["get", "set", "list", "ids", "add", "delete", "fail", "log"];
        let family = families.iter().find_map(|family| word.strip_prefix(family));
        family.is_some_and(|verb| verbs.contains(&verb))
    };
    let mut found = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let commands = line.split(['|', ';', '&', '(', '`', '{']);
        for command in commands {
            let mut words = command.split_whitespace().map(|word| word.trim_matches(['"', '\'', ')', '`']));
            let Some(first) = words.next().filter(|word| looks(word)) else { continue };
            let argument = words.find(|word| !word.starts_with('-') && !word.starts_with('$')).map(str::to_owned);
            found.push((first.to_owned(), argument));
        }
    }
    found
}

fn known_tool(tool: &str) -> bool {
    [Profile::V2_9, Profile::V3_6, Profile::V4_0].into_iter().any(|profile| hooktools::names(profile).any(|it| it == tool))
}
