//! Why a charm cannot be: contradictions between its YAML and its files that Juju refuses, or would only find out
//! about in the middle of the night.

use super::names::{HookName, hook, is_action_name, is_charm_name, is_reserved};
use super::{Charm, ResourceKind};
use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// One reason why a charm cannot be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impossible {
    /// Where, within the charm.
    pub file: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Impossible {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}; {}", self.file, self.what, self.remedy)
    }
}

/// The reasons that are found, in a steady order.
#[derive(Default)]
struct Found(Vec<Impossible>);

impl Found {
    fn add(&mut self, file: &str, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Impossible {
            file: file.to_owned(),
            what: what.into(),
            remedy: remedy.into(),
        });
    }

    /// Adds a reason unless `holds`.
    fn require(
        &mut self,
        holds: bool,
        file: &str,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        if !holds {
            self.add(file, what, remedy);
        }
    }
}

/// All reasons why the charm cannot be deployed; none if it can.
pub fn check_possible(charm: &Charm) -> Vec<Impossible> {
    let mut found = Found::default();
    check_metadata(charm, &mut found);
    check_config(charm, &mut found);
    check_actions(charm, &mut found);
    check_entry_points(charm, &mut found);
    found.0.extend(super::uses::check(charm));
    found.0
}

/// What Juju 4.0 demands beyond that: it knows no `series` and deploys only onto declared bases.
pub fn check_bases(charm: &Charm) -> Vec<Impossible> {
    let mut found = Found::default();
    let remedy = "write `bases: [{name: ubuntu, channel: \"22.04\", architectures: [amd64]}]`";
    found.require(
        !charm.bases.is_empty(),
        "manifest.yaml",
        "Juju 4.0 needs a manifest with bases",
        remedy,
    );
    found.require(
        charm.meta.series.is_empty(),
        "metadata.yaml",
        "Juju 4.0 refuses `series`",
        "use manifest.yaml instead",
    );
    found.0
}

fn check_metadata(charm: &Charm, found: &mut Found) {
    const FILE: &str = "metadata.yaml";
    let meta = &charm.meta;
    let name = &meta.name;
    found.require(
        is_charm_name(name),
        FILE,
        format!("{name:?} is no charm name"),
        "use lower-case letters, digits and hyphens; it begins with a letter, and each part has one",
    );
    for (key, value) in [
        ("summary", &meta.summary),
        ("description", &meta.description),
    ] {
        found.require(
            !value.is_empty(),
            FILE,
            format!("`{key}` is missing"),
            "Juju needs it; add it",
        );
    }
    let old: Vec<&str> = [
        ("series", !meta.series.is_empty()),
        ("min-juju-version", meta.min_juju_version.is_some()),
    ]
    .into_iter()
    .filter_map(|(key, there)| there.then_some(key))
    .collect();
    let new: Vec<&str> = [
        ("assumes", !meta.assumes.is_empty()),
        ("charm-user", meta.charm_user.is_some()),
        ("containers", !meta.containers.is_empty()),
    ]
    .into_iter()
    .filter_map(|(key, there)| there.then_some(key))
    .collect();
    if !old.is_empty() && !new.is_empty() {
        let what = format!("ambiguous metadata: keys {old:?} cannot be used with {new:?}");
        found.add(
            FILE,
            what,
            "remove the former and name bases in manifest.yaml",
        );
    } else if meta.series.is_empty() && charm.bases.is_empty() && !meta.assumes.is_empty() {
        let what = "`assumes` needs a charm of format 2, which has bases in manifest.yaml";
        found.add(FILE, what, "add manifest.yaml with `bases`");
    }
    found.require(
        meta.containers.is_empty(),
        FILE,
        "`containers` make it a Kubernetes charm, and machines have none",
        "deploy it on Kubernetes",
    );
    check_endpoints(charm, found);
    for (name, storage) in &meta.storage {
        found.require(
            is_charm_name(name),
            FILE,
            format!("{name:?} is no storage name"),
            "use lower-case letters, digits and hyphens",
        );
        let location = storage.location.as_deref().unwrap_or("/");
        let what = format!("the location {location:?} of storage {name:?} is relative");
        found.require(
            location.starts_with('/'),
            FILE,
            what,
            "write it from the root",
        );
        let what = format!("storage {name:?} is a block device, and the lab has none");
        found.require(
            storage.kind == super::StorageKind::Filesystem,
            FILE,
            what,
            "use `type: filesystem`",
        );
    }
    for (name, resource) in &meta.resources {
        let what = format!("resource {name:?} is an image, and machines take none");
        found.require(
            resource.kind == ResourceKind::File,
            FILE,
            what,
            "use `type: file`",
        );
        let file = &resource.filename;
        let plain = !file.is_empty() && !file.contains('/') && file != ".." && file != ".";
        let what = format!("the file name {file:?} of resource {name:?} is no plain file name");
        found.require(
            plain || resource.kind != ResourceKind::File,
            FILE,
            what,
            "name it as the charm shall see it",
        );
    }
}

fn check_endpoints(charm: &Charm, found: &mut Found) {
    const FILE: &str = "metadata.yaml";
    let mut seen = BTreeSet::new();
    for (role, name, endpoint) in charm.meta.endpoints() {
        let what = format!(
            "charm {:?} using a duplicated relation name: {name:?}",
            charm.meta.name
        );
        found.require(
            seen.insert(name.to_owned()),
            FILE,
            what,
            "name one of them otherwise",
        );
        let what = format!(
            "charm {:?} using a reserved relation name: {name:?}",
            charm.meta.name
        );
        found.require(
            role != "provider" || !is_reserved(name),
            FILE,
            what,
            "name it otherwise",
        );
        let what = format!("relation {name:?} has no interface");
        found.require(
            !endpoint.interface.is_empty(),
            FILE,
            what,
            "name the interface",
        );
    }
}

fn check_config(charm: &Charm, found: &mut Found) {
    for (name, option) in &charm.config {
        if let Some(default) = option.default.as_ref().filter(|default| !default.is_null())
            && let Err(why) = option.check(name, default)
        {
            found.add(
                "config.yaml",
                format!("invalid config default: {why}"),
                "change the default or the type",
            );
        }
    }
}

fn check_actions(charm: &Charm, found: &mut Found) {
    const FILE: &str = "actions.yaml";
    for (name, action) in &charm.actions {
        found.require(
            is_action_name(name) && !is_reserved(name),
            FILE,
            format!("bad action name {name}"),
            "use lower-case letters, digits and hyphens, and no name that begins with `juju-`",
        );
        let params = action
            .schema
            .get("properties")
            .and_then(serde_json::Value::as_object);
        for parameter in params.into_iter().flat_map(serde_json::Map::keys) {
            found.require(
                is_action_name(parameter),
                FILE,
                format!(
                    "parameter {parameter:?} of action {name:?} cannot be given on a command line"
                ),
                "use lower-case letters, digits and hyphens",
            );
        }
        match action.compile() {
            Err(why) => found.add(
                FILE,
                format!("action {name:?}: {why}"),
                "write a JSON schema of draft 4",
            ),
            Ok(()) => check_defaults(name, action, found),
        }
        let handler = format!("actions/{name}");
        let handled = has(&charm.dir, "dispatch") || has(&charm.dir, &handler);
        found.require(
            handled,
            FILE,
            format!("nothing runs action {name:?}"),
            format!("add `{handler}` or `dispatch`"),
        );
    }
}

/// A default that its own schema refuses would be given to the charm all the same, because it is put in afterwards.
fn check_defaults(name: &str, action: &super::ActionSpec, found: &mut Found) {
    let mut free = action.clone();
    if let Some(schema) = free.schema.as_object_mut() {
        schema.remove("required");
    }
    let defaults = free
        .validate(serde_json::json!({}), true)
        .and_then(|filled| free.validate(filled, true));
    if let Err(why) = defaults {
        found.add(
            "actions.yaml",
            format!("the defaults of action {name:?} do not fit its own schema: {why}"),
            "change them",
        );
    }
}

fn check_entry_points(charm: &Charm, found: &mut Found) {
    let dispatch = charm.dir.join("dispatch");
    let dispatched = has(&charm.dir, "dispatch");
    if dispatched {
        let executable = is_executable(&dispatch);
        found.require(
            executable,
            "dispatch",
            "it is not executable, and Juju does not make it so",
            "type `chmod +x dispatch`",
        );
        let script = std::fs::read_to_string(&dispatch).unwrap_or_default();
        if let Some(program) = only_program(&script)
            && !has(&charm.dir, program)
        {
            let what = format!("all it does is to start {program}, which is not there");
            found.add("dispatch", what, "build it first");
        }
    } else if dispatch.is_symlink() {
        found.add(
            "dispatch",
            "it is a link to nothing",
            "build what it points to, or remove it",
        );
    }
    let hooks = names_in(&charm.dir.join("hooks"));
    let has_hook = hooks.iter().any(|name| super::is_hook(name));
    let what = "it has neither `dispatch` nor a hook, so nothing of it would ever run";
    found.require(
        dispatched || has_hook,
        ".",
        what,
        "add an executable `dispatch`",
    );
    let meta = &charm.meta;
    for name in &hooks {
        let (kind, subject, declared) = match hook(name) {
            HookName::Relation(subject) => (
                "relation",
                subject,
                meta.endpoints().any(|(_, name, _)| name == subject),
            ),
            HookName::Storage(subject) => ("storage", subject, meta.storage.contains_key(subject)),
            HookName::Container(subject) => {
                ("container", subject, meta.containers.contains_key(subject))
            }
            HookName::Unit | HookName::None => continue,
        };
        let file = format!("hooks/{name}");
        let what =
            format!("it is for the {kind} {subject:?}, which metadata.yaml does not declare");
        found.require(declared, &file, what, "declare it, or remove the file");
    }
    // Helpers in `actions/` have names that no action can have, such as `common.sh`.
    for name in names_in(&charm.dir.join("actions"))
        .iter()
        .filter(|name| is_action_name(name))
    {
        let what = format!("it is for the action {name:?}, which actions.yaml does not declare");
        let declared = charm.actions.contains_key(name);
        found.require(
            declared,
            &format!("actions/{name}"),
            what,
            "declare it, or remove the file",
        );
    }
}

/// The file of the charm that a script starts, if it does nothing else: then nobody else can make it first.
fn only_program(script: &str) -> Option<&str> {
    let rest = script.strip_prefix("#!")?.split_once('\n')?.1;
    let mut lines = rest
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("set "));
    let line = lines.next().filter(|_| lines.next().is_none())?;
    let program = line
        .strip_prefix("exec ")
        .unwrap_or(line)
        .split(' ')
        .next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "./-_".contains(c);
    let literal = program.starts_with("./") && program.chars().all(plain);
    literal.then_some(program)
}

/// Whether the charm has a file there; a link to nothing is none.
fn has(dir: &Path, name: &str) -> bool {
    dir.join(name).is_file()
}

fn is_executable(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|metadata| metadata.permissions().mode() & 0o100 != 0)
}

/// The names in a folder, sorted; none without the folder.
fn names_in(dir: &Path) -> BTreeSet<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return BTreeSet::new();
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[cfg(test)]
mod tests;
