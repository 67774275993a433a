//! What belongs into a packed charm, and with which mode.

use anyhow::Context;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::{Component, Path};

/// What Juju leaves out of every charm.
const ALWAYS_IGNORED: [&str; 8] = [
    ".git",
    ".svn",
    ".hg",
    ".bzr",
    ".tox",
    "/build/",
    "/revision",
    "/version",
];

/// The patterns of what is left out: Juju's own, and those of `.jujuignore`, which may take some of the former back.
pub(super) struct Ignored {
    patterns: Gitignore,
}

impl Ignored {
    /// Reads `.jujuignore` of a charm, if it has one. `.gitignore` does not count: what is built is not committed, and
    /// must be packed.
    pub(super) fn read(dir: &Path) -> anyhow::Result<Self> {
        // Paths are given relative to the charm, so the patterns' root is nothing.
        let mut builder = GitignoreBuilder::new("");
        for pattern in ALWAYS_IGNORED {
            builder
                .add_line(None, pattern)
                .context("failed to read Juju's own patterns")?;
        }
        let file = dir.join(".jujuignore");
        if file.exists() {
            for line in fs_err::read_to_string(&file)?.lines() {
                builder
                    .add_line(None, line)
                    .with_context(|| format!("{} has a wrong pattern", file.display()))?;
            }
        }
        Ok(Self {
            patterns: builder
                .build()
                .context("failed to read the ignored patterns")?,
        })
    }

    /// Whether a path within the charm is left out.
    pub(super) fn contains(&self, path: &Path, is_folder: bool) -> bool {
        self.patterns.matched(path, is_folder).is_ignore()
    }
}

/// The mode of a packed file: executable by all if it is by its owner or if it is a hook, else readable by all.
pub(super) fn mode_of(path: &Path, mode: u32) -> u32 {
    let is_hook = path.parent() == Some(Path::new("hooks"))
        && path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(crate::lab::charm::is_hook);
    if mode & 0o100 != 0 || is_hook {
        0o755
    } else {
        0o644
    }
}

/// Refuses a link that is absolute or leads out of the charm.
pub(super) fn check_link(link: &Path, target: &Path) -> Result<(), String> {
    let (shown, leads) = (link.display(), target.display());
    if target.is_absolute() {
        return Err(format!(
            "symlink {shown} is absolute: {leads}; a charm is moved, so make the link relative"
        ));
    }
    let mut depth = link.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::ParentDir if depth == 0 => {
                return Err(format!(
                    "symlink {shown} links out of the charm: {leads}; copy what it points to"
                ));
            }
            Component::ParentDir => depth -= 1,
            Component::Normal(_) => depth += 1,
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        for (link, target, good) in [
            ("hooks/install", "../dispatch", true),
            ("a", "b/../c", true),
            ("a", "../b", false),
            ("hooks/install", "../../dispatch", false),
            ("hooks/install", "x/../../../dispatch", false),
            ("a", "/etc/passwd", false),
        ] {
            assert_eq!(
                check_link(Path::new(link), Path::new(target)).is_ok(),
                good,
                "{link} -> {target}"
            );
        }
    }

    #[test]
    fn modes_are_normal() {
        for (path, mode, expected) in [
            ("dispatch", 0o700, 0o755),
            ("dispatch", 0o644, 0o644),
            ("hooks/install", 0o600, 0o755),
            ("hooks/common.sh", 0o600, 0o644),
            ("src/install", 0o664, 0o644),
            ("bin/x", 0o4711, 0o755),
        ] {
            assert_eq!(mode_of(Path::new(path), mode), expected, "{path} {mode:o}");
        }
    }
}
