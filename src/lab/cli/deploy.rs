//! `deploy` and `pack`.

use super::scratch::Scratch;
use super::show::{WaitArgs, wait};
use super::{Home, absolute, note, pair, print, profile};
use crate::lab::charm::{Charm, check_possible};
use crate::lab::machine::booted;
use crate::lab::pack as packing;
use crate::lab::profile::Profile;
use crate::lab::requests::rehearse;
use crate::lab::rpc::{Deployment, ModelSettings, Request};
use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Options of `deploy`.
#[derive(Debug, Args)]
pub struct DeployArgs {
    /// The charm: `./directory` or `./file.charm`.
    pub charm: PathBuf,
    /// The application's name, if not the charm's.
    pub name: Option<String>,
    /// How many units.
    #[arg(short = 'n', long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub num_units: u32,
    /// A file for a resource: `mongod=/usr/bin/mongod`.
    #[arg(long, value_parser = pair)]
    pub resource: Vec<(String, String)>,
    /// An option, `key=value`, or a YAML file of them.
    #[arg(long)]
    pub config: Vec<String>,
    /// Storage for each unit: `data` or `data=1G`.
    #[arg(long)]
    pub storage: Vec<String>,
    /// Zones for the machines, in turn: `zones=a,b,c`. The lab knows no other constraint.
    #[arg(long, value_parser = zones)]
    pub constraints: Option<Zones>,
    /// The Juju to stand in for.
    #[arg(long, value_parser = profile, default_value = "3.6")]
    pub profile: Profile,
    /// Seconds between two update-status hooks.
    #[arg(long, default_value_t = 300)]
    pub update_status_interval: u32,
    /// Seconds that a leader whose machine is off keeps the lead.
    #[arg(long, default_value_t = 10)]
    pub lease: u32,
    /// What starts on a machine: a small init of the lab's, or systemd (needs root).
    #[arg(long, value_enum, default_value_t = Machines::Plain)]
    pub machines: Machines,
    /// Wait until all units are settled.
    #[arg(long)]
    pub wait: bool,
    /// Seconds to wait at most.
    #[arg(long, default_value_t = 300)]
    pub timeout: u64,
}

/// What is process 1 of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Machines {
    /// A small init of the lab's.
    Plain,
    /// systemd.
    Booted,
}

/// Names of zones.
#[derive(Clone, Debug, PartialEq)]
pub struct Zones(Vec<String>);

fn zones(text: &str) -> Result<Zones, String> {
    let names = text.strip_prefix("zones=").unwrap_or("");
    let names: Vec<String> = names.split(',').map(str::to_owned).collect();
    if names.iter().any(String::is_empty) {
        return Err("the lab knows constraints like zones=a,b,c only".to_owned());
    }
    Ok(Zones(names))
}

/// `deploy`.
pub async fn run(home: &Home, arguments: DeployArgs) -> Result<i32> {
    let text = arguments.charm.to_string_lossy();
    ensure!(
        text.starts_with('.') || text.starts_with('/'),
        "the lab deploys local charms only: write ./{text}, or an absolute path"
    );
    ensure!(arguments.charm.exists(), "there is no {text}");
    let config = config(&arguments)?;
    let mut resources = BTreeMap::new();
    for (name, file) in &arguments.resource {
        ensure!(
            Path::new(file).is_file(),
            "resource {name}: there is no file {file}"
        );
        resources.insert(name.clone(), absolute(Path::new(file))?);
    }
    if let (Machines::Booted, Some(missing)) = (arguments.machines, booted::requirement()) {
        bail!("{missing}");
    }
    let mut deployment = Deployment {
        charm: PathBuf::new(),
        name: arguments.name.clone(),
        units: arguments.num_units,
        config,
        resources,
        storage: storage(&arguments.storage)?,
        settings: ModelSettings {
            profile: arguments.profile,
            update_status_interval: i64::from(arguments.update_status_interval) * 1000,
            lease: i64::from(arguments.lease) * 1000,
            booted: arguments.machines == Machines::Booted,
            zones: arguments
                .constraints
                .clone()
                .map_or(Vec::new(), |zones| zones.0),
        },
    };
    // What the first deployment is refused for is found before there is a lab that would be left behind.
    let scratch = (!home.is_used()).then(Scratch::new).transpose()?;
    let mut charm = arguments.charm.clone();
    if let Some(scratch) = &scratch {
        charm = ready(scratch.path(), &charm, arguments.profile)?;
        deployment.charm = charm.clone();
        rehearse(&deployment, scratch.path())?;
    }
    let mut line = home.line().await?;
    deployment.charm = ready(home.site.home(), &charm, arguments.profile)?;
    drop(scratch);
    let name = line.ask(&Request::Deploy(Box::new(deployment))).await?;
    note(format!(
        "Deploying {} on the lab, a stand-in for Juju {}",
        name, arguments.profile
    ));
    if arguments.wait {
        return wait(
            home,
            &WaitArgs {
                timeout: arguments.timeout,
                ..WaitArgs::default()
            },
        )
        .await;
    }
    Ok(0)
}

/// A packed charm in this folder.
pub fn ready(folder: &Path, charm: &Path, profile: Profile) -> Result<PathBuf> {
    let packed = folder.join("incoming.charm");
    if charm.is_dir() {
        ensure!(
            profile.deploys_directories(),
            "Juju 4.0 takes packed charms only: run `lab pack {}` and deploy the .charm file",
            charm.display()
        );
        packing::pack(charm, &packed)?;
    } else {
        std::fs::copy(charm, &packed)
            .with_context(|| format!("failed to take {}", charm.display()))?;
    }
    Ok(packed)
}

fn config(arguments: &DeployArgs) -> Result<BTreeMap<String, String>> {
    let mut options = BTreeMap::new();
    for text in &arguments.config {
        if let Some((key, value)) = text.split_once('=') {
            options.insert(key.to_owned(), super::manage::from_file(value)?);
            continue;
        }
        let file = std::fs::read_to_string(text)
            .with_context(|| format!("--config {text}: not key=value, and no file"))?;
        let parsed: BTreeMap<String, serde_json::Value> =
            serde_yaml::from_str(&file).with_context(|| text.clone())?;
        // Either the options themselves, or Juju's form: under the application's name.
        let nested = parsed
            .values()
            .find_map(|value| value.as_object().filter(|_| parsed.len() == 1));
        let pairs: Vec<(String, serde_json::Value)> = match nested {
            Some(map) => map
                .iter()
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            None => parsed.into_iter().collect(),
        };
        for (key, value) in pairs {
            options.insert(
                key,
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            );
        }
    }
    Ok(options)
}

fn storage(wanted: &[String]) -> Result<BTreeMap<String, u32>> {
    let mut storage = BTreeMap::new();
    for text in wanted {
        let (name, constraint) = text.split_once('=').unwrap_or((text, ""));
        let count = constraint
            .split(',')
            .find_map(|part| part.parse::<u32>().ok())
            .unwrap_or(1);
        if storage.insert(name.to_owned(), count).is_some() {
            bail!("--storage {name} is given twice");
        }
    }
    Ok(storage)
}

/// `pack`.
pub fn pack(directory: &Path, archive: Option<&Path>) -> Result<i32> {
    let charm = Charm::read(directory)?;
    let own = PathBuf::from(packing::file_name(&charm.meta.name));
    let archive = archive.unwrap_or(&own);
    let report = packing::pack(directory, archive)?;
    let impossible = check_possible(&charm);
    for reason in &impossible {
        note(format!("impossible: {reason}"));
    }
    print(format!(
        "{} ({} files, {} kB)\n",
        archive.display(),
        report.files.len(),
        report.bytes / 1000
    ));
    Ok(i32::from(!impossible.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_as_juju_names_them() {
        let named =
            |names: &[&str]| Ok(Zones(names.iter().map(|name| (*name).to_owned()).collect()));
        assert_eq!(zones("zones=a,b"), named(&["a", "b"]));
        assert_eq!(zones("zones=a"), named(&["a"]));
        for wrong in ["", "a,b", "zones=", "zones=a,", "mem=4G"] {
            assert!(zones(wrong).is_err(), "{wrong}");
        }
    }
}
