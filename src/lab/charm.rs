//! A charm as files: what its YAML declares, and whether Juju could run it.
//!
//! In: an unpacked charm, or a checkout that is about to be packed. Out: typed declarations ([`Charm`]), and the reasons
//! why Juju or the lab could not deploy it ([`check_possible`]). Sources of the rules: Juju's `juju/charm` (version 12)
//! and its documentation of the charm format.

mod action;
mod check;
mod config;
mod metadata;
mod names;
mod uses;
mod yaml;

pub use action::ActionSpec;
pub use check::{Impossible, check_bases, check_possible};
pub use config::{ConfigKind, ConfigOption};
pub use metadata::{
    CharmMeta, Endpoint, ResourceKind, ResourceSpec, Scope, StorageKind, StorageSpec,
};
pub(crate) use names::is_hook;

use anyhow::Context;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An operating system that a charm runs on, from `manifest.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// `ubuntu`.
    pub name: String,
    /// `22.04`.
    pub channel: String,
    /// `amd64`, …; empty means any.
    #[serde(default)]
    pub architectures: Vec<String>,
}

/// The declarations of a charm.
#[derive(Clone, Debug)]
pub struct Charm {
    /// The folder that was read.
    pub dir: PathBuf,
    /// `metadata.yaml`.
    pub meta: CharmMeta,
    /// The bases in `manifest.yaml`; empty without that file.
    pub bases: Vec<Base>,
    /// The options in `config.yaml`; empty without that file.
    pub config: BTreeMap<String, ConfigOption>,
    /// The actions in `actions.yaml`; empty without that file.
    pub actions: BTreeMap<String, ActionSpec>,
}

impl Charm {
    /// Reads the declarations of the charm in a folder.
    ///
    /// # Errors
    /// There is no `metadata.yaml`; a file is not YAML, names a key twice, or has a value of the wrong type. What the
    /// declarations mean is not judged here but by [`check_possible`].
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        #[derive(Default, Deserialize)]
        struct Manifest {
            #[serde(default)]
            bases: Vec<Base>,
        }
        let text = text_of(dir, "metadata.yaml")?.with_context(|| {
            format!(
                "{} is no charm: it has no metadata.yaml (a charm declared in charmcraft.yaml alone must be packed \
                 with charmcraft first)",
                dir.display()
            )
        })?;
        let of = |name: &'static str| move || format!("{} is wrong", dir.join(name).display());
        let meta = CharmMeta::read(&text).with_context(of("metadata.yaml"))?;
        let manifest: Manifest = match text_of(dir, "manifest.yaml")? {
            Some(text) => yaml::typed(&text).with_context(of("manifest.yaml"))?,
            None => Manifest::default(),
        };
        let config = match text_of(dir, "config.yaml")? {
            Some(text) => config::read(&text).with_context(of("config.yaml"))?,
            None => BTreeMap::new(),
        };
        let actions = match text_of(dir, "actions.yaml")? {
            Some(text) => action::read(&text).with_context(of("actions.yaml"))?,
            None => BTreeMap::new(),
        };
        Ok(Self {
            dir: dir.to_owned(),
            meta,
            bases: manifest.bases,
            config,
            actions,
        })
    }

    /// Whether the charm is of format 2: bases in a manifest and no `series`.
    pub fn is_format_2(&self) -> bool {
        !self.bases.is_empty() && self.meta.series.is_empty()
    }
}

/// The text of a file that may be missing.
fn text_of(dir: &Path, name: &str) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(dir.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_charm_is_possible() {
        let charm = Charm::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(charm.meta.name, "mongo-rs");
        assert!(charm.is_format_2());
        assert_eq!(charm.meta.peers["replicas"].interface, "mongo-rs-replicas");
        assert_eq!(charm.config["port"].default, Some(27017.into()));
        assert_eq!(charm.actions.len(), 18);
        let mut found = check_possible(&charm);
        // In a fresh checkout the program is not there yet.
        found.retain(|reason| reason.remedy != "build it first");
        assert!(found.is_empty(), "{found:?}");
        assert!(check_bases(&charm).is_empty());
    }

    #[test]
    fn a_key_twice_is_refused_in_every_file() {
        let good = "name: a\nsummary: s\ndescription: d\n";
        let cases = [
            (
                "metadata.yaml",
                "name: a\nname: b\nsummary: s\ndescription: d\n",
            ),
            (
                "config.yaml",
                "options:\n  port: {type: int}\n  port: {type: int}\n",
            ),
            ("actions.yaml", "heal: {}\nheal: {}\n"),
            ("manifest.yaml", "bases: []\nbases: []\n"),
        ];
        for (name, text) in cases {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("metadata.yaml"), good).unwrap();
            std::fs::write(dir.path().join(name), text).unwrap();
            let error = format!("{:#}", Charm::read(dir.path()).unwrap_err());
            assert!(
                error.contains(name) && error.contains("duplicate entry"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_folder_without_metadata_is_no_charm() {
        let dir = tempfile::tempdir().unwrap();
        let error = Charm::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("no metadata.yaml"), "{error}");
    }
}
