//! `metadata.yaml`: who the charm is, and which relations, storage and resources it has.

use super::yaml;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use std::collections::BTreeMap;

/// The declarations of `metadata.yaml`. Unknown keys are ignored, as Juju does.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct CharmMeta {
    /// The charm's name.
    pub name: String,
    /// For people.
    pub display_name: Option<String>,
    /// One line.
    pub summary: String,
    /// More lines.
    pub description: String,
    /// Whether its units live on another application's machines.
    pub subordinate: bool,
    /// Relations between the units of the application.
    pub peers: BTreeMap<String, Endpoint>,
    /// Relations in which it is the client.
    pub requires: BTreeMap<String, Endpoint>,
    /// Relations in which it is the server.
    pub provides: BTreeMap<String, Endpoint>,
    /// Further names that can be bound to a network.
    pub extra_bindings: BTreeMap<String, serde_json::Value>,
    /// Storage by name.
    pub storage: BTreeMap<String, StorageSpec>,
    /// Resources by name.
    pub resources: BTreeMap<String, ResourceSpec>,
    /// Operating systems in format 1.
    pub series: Vec<String>,
    /// What it needs of Juju, in format 1.
    pub min_juju_version: Option<String>,
    /// What it needs of Juju, in format 2.
    pub assumes: Vec<serde_json::Value>,
    /// Containers; only on Kubernetes.
    pub containers: BTreeMap<String, serde_json::Value>,
    /// As whom the charm runs; only on Kubernetes.
    pub charm_user: Option<String>,
}

impl CharmMeta {
    /// Reads the text of `metadata.yaml`.
    ///
    /// # Errors
    /// It is not YAML, names a key twice, or has a value of the wrong type.
    pub fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        yaml::typed(text)
    }

    /// All relations with the word for their role: `peer`, `requirer`, `provider`.
    pub fn endpoints(&self) -> impl Iterator<Item = (&'static str, &str, &Endpoint)> {
        self.peers
            .iter()
            .map(|(name, endpoint)| ("peer", name.as_str(), endpoint))
            .chain(
                self.requires
                    .iter()
                    .map(|(name, endpoint)| ("requirer", name.as_str(), endpoint)),
            )
            .chain(
                self.provides
                    .iter()
                    .map(|(name, endpoint)| ("provider", name.as_str(), endpoint)),
            )
    }
}

/// How far a relation reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// All units of both applications.
    #[default]
    Global,
    /// Units on the same machine.
    Container,
}

/// One end of a relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What is spoken over it.
    pub interface: String,
    /// With how many others at most.
    pub limit: Option<u32>,
    /// Whether the charm works without it.
    pub optional: bool,
    /// How far it reaches.
    pub scope: Scope,
}

impl<'de> Deserialize<'de> for Endpoint {
    /// Either all fields, or the interface alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Short(String),
            Long {
                interface: String,
                #[serde(default)]
                limit: Option<u32>,
                #[serde(default)]
                optional: bool,
                #[serde(default)]
                scope: Scope,
            },
        }
        match Written::deserialize(deserializer) {
            Ok(Written::Short(interface)) => Ok(Self {
                interface,
                limit: None,
                optional: false,
                scope: Scope::Global,
            }),
            Ok(Written::Long {
                interface,
                limit,
                optional,
                scope,
            }) => Ok(Self {
                interface,
                limit,
                optional,
                scope,
            }),
            Err(_) => Err(D::Error::custom(
                "a relation is the name of its interface, or a map of interface, limit, optional and scope (global or container)",
            )),
        }
    }
}

/// What a storage is to the charm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StorageKind {
    /// A mounted folder.
    Filesystem,
    /// A block device.
    Block,
}

/// One declared storage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "WrittenStorage")]
pub struct StorageSpec {
    /// Folder or device.
    pub kind: StorageKind,
    /// For people.
    pub description: String,
    /// The smallest number of instances of a unit.
    pub at_least: u32,
    /// The largest number; none is no limit.
    pub at_most: Option<u32>,
    /// The smallest size, in MiB.
    pub minimum_size: Option<u64>,
    /// Where it is mounted; Juju chooses if not given.
    pub location: Option<String>,
    /// Whether the charm may only read it.
    pub read_only: bool,
    /// Whether all units see the same.
    pub shared: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct WrittenStorage {
    r#type: StorageKind,
    #[serde(default)]
    description: String,
    multiple: Option<Multiple>,
    minimum_size: Option<String>,
    location: Option<String>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    shared: bool,
}

#[derive(Deserialize)]
struct Multiple {
    range: serde_yaml::Value,
}

impl TryFrom<WrittenStorage> for StorageSpec {
    type Error = String;

    fn try_from(written: WrittenStorage) -> Result<Self, String> {
        let (at_least, at_most) = match &written.multiple {
            None => (1, Some(1)),
            Some(Multiple {
                range: serde_yaml::Value::String(text),
            }) => range(text)?,
            Some(Multiple {
                range: serde_yaml::Value::Number(count),
            }) => range(&count.to_string())?,
            Some(Multiple { range: other }) => {
                return Err(format!("multiple: range: {other:?} is no range"));
            }
        };
        Ok(Self {
            kind: written.r#type,
            description: written.description,
            at_least,
            at_most,
            minimum_size: written.minimum_size.as_deref().map(mebibytes).transpose()?,
            location: written.location,
            read_only: written.read_only,
            shared: written.shared,
        })
    }
}

/// `2`, `0-1`, `1-` and `1+`.
fn range(text: &str) -> Result<(u32, Option<u32>), String> {
    let wrong = || format!("multiple: range: {text:?} is none of `m`, `m-n`, `m-` and `m+`");
    let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong());
    let (least, most) = match (text.strip_suffix('+'), text.split_once('-')) {
        (Some(least), _) | (None, Some((least, ""))) => (number(least)?, None),
        (None, Some((least, most))) => (number(least)?, Some(number(most)?)),
        (None, None) => (number(text)?, Some(number(text)?)),
    };
    match most {
        Some(most) if most < least || most == 0 => Err(wrong()),
        _ => Ok((least, most)),
    }
}

/// `1G`, `1.5GiB`, `512`: MiB without a unit.
fn mebibytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("minimum-size: {text:?} is not a number followed by M, G, T, P or E");
    let digits = text.trim_end_matches("iB").trim_end_matches('B');
    let (digits, power) = match digits.char_indices().last() {
        Some((at, unit)) if unit.is_ascii_alphabetic() => {
            (&digits[..at], "MGTPE".find(unit).ok_or_else(wrong)?)
        }
        _ => (digits, 0),
    };
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let size = (number * 1024f64.powi(i32::try_from(power).map_err(|_| wrong())?)).ceil();
    if !(0.0..=9e15).contains(&size) {
        return Err(wrong());
    }
    // In range and whole, as just checked.
    Ok(size as u64)
}

/// What a resource is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResourceKind {
    /// A file.
    #[default]
    File,
    /// An image; only on Kubernetes.
    OciImage,
}

/// One declared resource.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ResourceSpec {
    /// File or image.
    #[serde(rename = "type", default)]
    pub kind: ResourceKind,
    /// The file's name for the charm.
    #[serde(default)]
    pub filename: String,
    /// For people.
    #[serde(default)]
    pub description: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_short_forms() {
        let meta = CharmMeta::read(
            "name: a\nsummary: s\ndescription: d\n\
             provides: {db: mongodb}\n\
             requires: {tls: {interface: tls-certificates, limit: 1, optional: true}, log: {interface: syslog, scope: container}}\n\
             storage: {data: {type: filesystem, minimum-size: 1.5G, multiple: {range: 0-1}}, disk: {type: block}}\n\
             resources: {mongod: {type: file, filename: mongod}}\nunknown: {x: 1}\n",
        )
        .unwrap();
        assert_eq!(meta.provides["db"].interface, "mongodb");
        assert_eq!(
            (meta.requires["tls"].limit, meta.requires["tls"].optional),
            (Some(1), true)
        );
        assert_eq!(meta.requires["log"].scope, Scope::Container);
        let data = &meta.storage["data"];
        assert_eq!(
            (data.at_least, data.at_most, data.minimum_size),
            (0, Some(1), Some(1536))
        );
        assert_eq!(
            (meta.storage["disk"].at_least, meta.storage["disk"].kind),
            (1, StorageKind::Block)
        );
        assert_eq!(meta.resources["mongod"].kind, ResourceKind::File);
        assert_eq!(meta.endpoints().count(), 3);
    }

    #[test]
    fn ranges_and_sizes() {
        for (text, expected) in [
            ("2", Some((2, Some(2)))),
            ("0-1", Some((0, Some(1)))),
            ("1-", Some((1, None))),
            ("3+", Some((3, None))),
            ("2-1", None),
            ("-1", None),
            ("x", None),
        ] {
            assert_eq!(range(text).ok(), expected, "{text}");
        }
        for (text, expected) in [
            ("1G", Some(1024)),
            ("512", Some(512)),
            ("2MiB", Some(2)),
            ("1T", Some(1_048_576)),
            ("G", None),
            ("1X", None),
            ("-1G", None),
        ] {
            assert_eq!(mebibytes(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn a_wrong_form_says_what_is_allowed() {
        let error = CharmMeta::read("name: a\npeers: {replicas: {limit: 1}}")
            .unwrap_err()
            .to_string();
        assert!(error.contains("interface"), "{error}");
        let error = CharmMeta::read("name: a\nstorage: {data: {type: tape}}")
            .unwrap_err()
            .to_string();
        assert!(error.contains("tape"), "{error}");
    }
}
