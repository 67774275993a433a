//! Which names Juju allows, and which file names in `hooks/` mean something.

/// Charms, applications and storage: `[a-z][a-z0-9]*(-[a-z0-9]*[a-z][a-z0-9]*)*`, so no part after a hyphen is a number
/// (unit names would be ambiguous).
pub(super) fn is_charm_name(name: &str) -> bool {
    let mut parts = name.split('-');
    let first = parts.next().unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_lowercase())
        && is_lower_alphanumeric(first)
        && parts.all(|part| {
            is_lower_alphanumeric(part) && part.contains(|c: char| c.is_ascii_lowercase())
        })
}

/// Actions and their parameters: `[a-z0-9](?:[a-z0-9-]*[a-z0-9])?`.
pub(super) fn is_action_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(edge) && name.ends_with(edge) && name.chars().all(|c| edge(c) || c == '-')
}

/// Names that Juju keeps for itself.
pub(super) fn is_reserved(name: &str) -> bool {
    name == "juju" || name.starts_with("juju-")
}

fn is_lower_alphanumeric(part: &str) -> bool {
    !part.is_empty()
        && part
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// Hooks that belong to the unit.
const UNIT_HOOKS: [&str; 20] = [
    "collect-metrics",
    "config-changed",
    "install",
    "leader-deposed",
    "leader-elected",
    "leader-settings-changed",
    "meter-status-changed",
    "post-series-upgrade",
    "pre-series-upgrade",
    "remove",
    "secret-changed",
    "secret-expired",
    "secret-remove",
    "secret-rotate",
    "start",
    "stop",
    "update-status",
    "upgrade-charm",
    "reboot",
    "upgrade",
];

/// What a file name in `hooks/` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HookName<'a> {
    /// A hook of the unit.
    Unit,
    /// A hook of this relation.
    Relation(&'a str),
    /// A hook of this storage.
    Storage(&'a str),
    /// A hook of this container.
    Container(&'a str),
    /// No hook: a helper of the charm's own.
    None,
}

/// Reads the name of a file in `hooks/`.
pub(super) fn hook(name: &str) -> HookName<'_> {
    if UNIT_HOOKS.contains(&name) {
        return HookName::Unit;
    }
    for kind in ["created", "joined", "changed", "departed", "broken"] {
        if let Some(relation) = name
            .strip_suffix(kind)
            .and_then(|rest| rest.strip_suffix("-relation-"))
        {
            return HookName::Relation(relation);
        }
    }
    for kind in ["attached", "detaching"] {
        if let Some(storage) = name
            .strip_suffix(kind)
            .and_then(|rest| rest.strip_suffix("-storage-"))
        {
            return HookName::Storage(storage);
        }
    }
    for kind in ["ready", "check-failed", "check-recovered", "custom-notice"] {
        if let Some(container) = name
            .strip_suffix(kind)
            .and_then(|rest| rest.strip_suffix("-pebble-"))
        {
            return HookName::Container(container);
        }
    }
    HookName::None
}

/// Whether Juju makes a file of this name in `hooks/` executable when it packs a charm.
pub(crate) fn is_hook(name: &str) -> bool {
    hook(name) != HookName::None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, charm, action) in [
            ("mongo-rs", true, true),
            ("a1-2b", true, true),
            ("a-1", false, true),
            ("1a", false, true),
            ("a-", false, false),
            ("-a", false, false),
            ("a--b", false, true),
            ("a_b", false, false),
            ("Ab", false, false),
            ("", false, false),
            ("a.b", false, false),
        ] {
            assert_eq!(is_charm_name(name), charm, "charm {name:?}");
            assert_eq!(is_action_name(name), action, "action {name:?}");
        }
        assert!(is_reserved("juju") && is_reserved("juju-x") && !is_reserved("jujube"));
    }

    #[test]
    fn hooks() {
        assert_eq!(hook("install"), HookName::Unit);
        assert_eq!(
            hook("replicas-relation-departed"),
            HookName::Relation("replicas")
        );
        assert_eq!(hook("data-storage-attached"), HookName::Storage("data"));
        assert_eq!(hook("mongod-pebble-ready"), HookName::Container("mongod"));
        assert_eq!(hook("common.sh"), HookName::None);
    }
}
