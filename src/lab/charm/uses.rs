//! Hook tools that a charm's programs call and that its YAML gives nothing to work on: `resource-get` without a resource
//! fails in every hook of every unit, and until then nobody knows.
//!
//! Programs are searched for the names of such tools; scripts also for the names that they are called with. What a
//! script puts together from variables cannot be seen.

use super::Charm;
use super::check::Impossible;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Larger files are data, not programs.
const LARGEST: u64 = 128 << 20;

/// A declaration that a tool needs: the tools, what is to be declared, where, and the names that are.
struct Need<'a> {
    tools: &'static [&'static str],
    what: &'static str,
    file: &'static str,
    declared: BTreeSet<&'a str>,
    /// True when the tool's first word is such a name.
    takes_name: bool,
}

fn needs(charm: &Charm) -> [Need<'_>; 4] {
    let meta = &charm.meta;
    [
        Need {
            tools: &["resource-get"],
            what: "resource",
            file: "metadata.yaml",
            declared: meta.resources.keys().map(String::as_str).collect(),
            takes_name: true,
        },
        Need {
            tools: &["storage-get", "storage-list", "storage-add"],
            what: "storage",
            file: "metadata.yaml",
            declared: meta.storage.keys().map(String::as_str).collect(),
            takes_name: false,
        },
        Need {
            tools: &["relation-ids"],
            what: "relation",
            file: "metadata.yaml",
            declared: meta.endpoints().map(|(_, name, _)| name).collect(),
            takes_name: true,
        },
        Need {
            tools: &["action-get", "action-set", "action-fail", "action-log"],
            what: "action",
            file: "actions.yaml",
            declared: charm.actions.keys().map(String::as_str).collect(),
            takes_name: false,
        },
    ]
}

/// All such tools, each once a file.
pub fn check(charm: &Charm) -> Vec<Impossible> {
    let needs = needs(charm);
    let root = charm.dir.canonicalize();
    let root = root.as_deref().unwrap_or(&charm.dir);
    let mut found = Vec::new();
    for path in programs(&charm.dir) {
        let Ok(bytes) = std::fs::read(&path) else {
            continue;
        };
        let name = path.strip_prefix(root).unwrap_or(&path);
        let text = String::from_utf8_lossy(&bytes);
        for need in &needs {
            found.extend(need.unmet(&text).into_iter().map(|what| Impossible {
                file: name.display().to_string(),
                what,
                remedy: format!("declare the {} in {}", need.what, need.file),
            }));
        }
    }
    found
}

/// What Juju starts, and what those start out of `bin/`; a link counts as what it points to, once.
fn programs(charm: &Path) -> BTreeSet<PathBuf> {
    let folders = ["hooks", "actions", "bin"].into_iter();
    let files = folders.flat_map(|folder| {
        let entries = std::fs::read_dir(charm.join(folder)).into_iter().flatten();
        entries.filter_map(Result::ok).map(|entry| entry.path())
    });
    files
        .chain([charm.join("dispatch")])
        .filter_map(|path| path.canonicalize().ok())
        .filter(|path| {
            path.metadata()
                .is_ok_and(|about| about.is_file() && about.len() <= LARGEST)
        })
        .collect()
}

impl Need<'_> {
    fn unmet(&self, text: &str) -> Option<String> {
        if !text.starts_with("#!") {
            let tool = self.tools.iter().find(|tool| text.contains(**tool))?;
            return self.declared.is_empty().then(|| self.nothing(tool));
        }
        let words: Vec<&str> = text
            .lines()
            .map(|line| line.split(" #").next().unwrap_or_default())
            .filter(|line| !line.trim_start().starts_with('#'))
            .flat_map(|line| line.split([' ', '\t', '(', ')', '`', ';', '|', '&', '"', '\'']))
            .filter(|word| !word.is_empty())
            .collect();
        words.iter().enumerate().find_map(|(at, word)| {
            let tool = self.tools.iter().find(|tool| *tool == word)?;
            if self.declared.is_empty() {
                return Some(self.nothing(tool));
            }
            let given = words.get(at + 1).filter(|_| self.takes_name)?;
            let literal = given.starts_with(|c: char| c.is_ascii_lowercase());
            (literal && !self.declared.contains(given)).then(|| {
                let (what, file) = (self.what, self.file);
                format!("it calls `{tool}` for the {what} {given:?}, which {file} does not declare")
            })
        })
    }

    fn nothing(&self, tool: &str) -> String {
        format!(
            "it calls `{tool}`, but {} declares no {}",
            self.file, self.what
        )
    }
}
