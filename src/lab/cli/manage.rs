//! Commands that change the model.

use super::deploy::ready;
use super::scratch::sweep;
use super::{Home, absolute, note, pair, print, resolve_unit};
use crate::lab::profile::Profile;
use crate::lab::rpc::Request;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Options of `add-unit`.
#[derive(Debug, Args)]
pub struct AddUnitArgs {
    /// The application.
    application: String,
    /// How many.
    #[arg(short = 'n', long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    num_units: u32,
}

/// `add-unit`.
pub async fn add_unit(home: &Home, arguments: &AddUnitArgs) -> Result<i32> {
    home.ask(&Request::AddUnits(
        arguments.application.clone(),
        arguments.num_units,
    ))
    .await?;
    Ok(0)
}

/// Options of `remove-unit`.
#[derive(Debug, Args)]
pub struct RemoveUnitArgs {
    /// The units.
    #[arg(required = true)]
    units: Vec<String>,
    /// Do not wait for their hooks.
    #[arg(long)]
    force: bool,
    /// Taken for Juju's sake: the lab never asks.
    #[arg(long, hide = true)]
    no_prompt: bool,
    /// Wait until they are gone, this many seconds at most.
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u64>,
}

/// `remove-unit`.
pub async fn remove_unit(home: &Home, arguments: &RemoveUnitArgs) -> Result<i32> {
    let model = home.model().await?;
    let units = arguments
        .units
        .iter()
        .map(|unit| resolve_unit(&model, unit))
        .collect::<Result<Vec<_>>>()?;
    let mut line = home.line().await?;
    line.ask(&Request::RemoveUnits(units.clone(), arguments.force))
        .await?;
    for unit in &units {
        // Of a unit that goes already Juju says the same: it will be gone.
        match model.settings.profile {
            Profile::V2_9 => note(format!("removing unit {unit}")),
            Profile::V3_6 | Profile::V4_0 => print(format!("will remove unit {unit}\n")),
        }
    }
    let Some(seconds) = arguments.wait else {
        return Ok(0);
    };
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let mut known = None;
    loop {
        let snapshot = line.model(known).await?;
        known = Some(snapshot.version);
        if units
            .iter()
            .all(|unit| !snapshot.model.units.contains_key(unit))
        {
            return Ok(0);
        }
        if Instant::now() > deadline {
            bail!("not gone within {seconds} s; look at `lab status` and `lab debug-log`");
        }
    }
}

/// Options of `remove-application`.
#[derive(Debug, Args)]
pub struct RemoveApplicationArgs {
    /// The application.
    application: String,
    /// Do not wait for the hooks of its units.
    #[arg(long)]
    force: bool,
    /// Taken for Juju's sake: the lab never asks.
    #[arg(long, hide = true)]
    no_prompt: bool,
}

/// `remove-application`.
pub async fn remove_application(home: &Home, arguments: &RemoveApplicationArgs) -> Result<i32> {
    let name = &arguments.application;
    let profile = home.model().await?.settings.profile;
    home.ask(&Request::RemoveApplication(name.clone(), arguments.force))
        .await?;
    match profile {
        Profile::V2_9 => note(format!("removing application {name}")),
        Profile::V3_6 | Profile::V4_0 => print(format!("will remove application {name}\n")),
    }
    Ok(0)
}

/// Options of `config`.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The application.
    application: String,
    /// `key=value` to set (`key=@file` reads it), or one key to show.
    settings: Vec<String>,
    /// Keys to put back to their defaults.
    #[arg(long, value_delimiter = ',')]
    reset: Vec<String>,
    /// How to show it.
    #[arg(long, default_value = "yaml", value_parser = ["yaml", "json"])]
    format: String,
}

/// A value that is read from a file when it begins with `@`.
pub fn from_file(value: &str) -> Result<String> {
    match value.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("failed to read {file}"))
        }
        None => Ok(value.to_owned()),
    }
}

/// `config`.
pub async fn config(home: &Home, arguments: &ConfigArgs) -> Result<i32> {
    let (pairs, keys): (Vec<_>, Vec<_>) = arguments
        .settings
        .iter()
        .partition(|text| text.contains('='));
    if !pairs.is_empty() || !arguments.reset.is_empty() {
        let mut set = BTreeMap::new();
        for text in pairs {
            let (key, value) = pair(text).map_err(anyhow::Error::msg)?;
            set.insert(key, from_file(&value)?);
        }
        home.ask(&Request::Configure(
            arguments.application.clone(),
            set,
            arguments.reset.clone(),
        ))
        .await?;
        return Ok(0);
    }
    let model = home.model().await?;
    let application = model.applications.get(&arguments.application);
    let application = application
        .with_context(|| format!("application {:?} not found", arguments.application))?;
    if let [key] = &keys[..] {
        let value = application
            .option(key)
            .with_context(|| format!("key {key:?} not found in {:?}", application.name))?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        print(format!("{text}\n"));
        return Ok(0);
    }
    let settings: serde_json::Map<_, _> = application
        .charm
        .options
        .iter()
        .map(|(name, option)| {
            let set = application.config.get(name);
            let shown = serde_json::json!({
                "value": set.unwrap_or(&option.default),
                "default": option.default,
                "source": if set.is_some() { "user" } else { "default" },
                "type": option.kind,
                "description": option.description,
            });
            (name.clone(), shown)
        })
        .collect();
    let whole = serde_json::json!({ "application": application.name, "settings": settings });
    if arguments.format == "json" {
        print(format!("{whole}\n"));
    } else {
        print(serde_yaml::to_string(&whole)?);
    }
    Ok(0)
}

/// Options of `refresh`.
#[derive(Debug, Args)]
pub struct RefreshArgs {
    /// The application.
    application: String,
    /// The charm: `./directory` or `./file.charm`.
    #[arg(long)]
    path: PathBuf,
}

/// `refresh`.
pub async fn refresh(home: &Home, arguments: &RefreshArgs) -> Result<i32> {
    let mut line = home.line().await?;
    let profile = line.model(None).await?.model.settings.profile;
    let packed = ready(home.site.home(), &arguments.path, profile)?;
    let revision = line
        .ask(&Request::Refresh(arguments.application.clone(), packed))
        .await?;
    note(format!(
        "Added local charm {}, revision {revision}, to the model",
        arguments.application
    ));
    Ok(0)
}

/// Options of `attach-resource`.
#[derive(Debug, Args)]
pub struct AttachArgs {
    /// The application.
    application: String,
    /// `resource=file`.
    #[arg(value_parser = pair)]
    resource: (String, String),
}

/// `attach-resource`.
pub async fn attach(home: &Home, arguments: &AttachArgs) -> Result<i32> {
    let (name, file) = &arguments.resource;
    let file = absolute(Path::new(file))?;
    home.ask(&Request::Attach(
        arguments.application.clone(),
        name.clone(),
        file,
    ))
    .await?;
    Ok(0)
}

/// Options of `resolve`.
#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// The unit.
    unit: String,
    /// Take the failed hook as done.
    #[arg(long)]
    no_retry: bool,
}

/// `resolve`.
pub async fn resolve(home: &Home, arguments: &ResolveArgs) -> Result<i32> {
    let unit = home.unit(&arguments.unit).await?;
    home.ask(&Request::Resolve(unit, !arguments.no_retry))
        .await?;
    Ok(0)
}

/// Options of `destroy`.
#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// The model's name, for Juju's sake: a lab has one model.
    name: Option<String>,
    /// Taken for Juju's sake: the lab never asks.
    #[arg(long, short = 'y', visible_alias = "no-prompt")]
    yes: bool,
}

/// `destroy`.
pub async fn destroy(home: &Home, _: &DestroyArgs) -> Result<i32> {
    destroyed(home).await?;
    Ok(0)
}

/// Takes the lab away, and what deployments left that were killed before there was one.
///
/// # Errors
/// Something of it stays; which, and why.
pub async fn destroyed(home: &Home) -> Result<()> {
    home.site.destroy().await?;
    sweep(&std::env::temp_dir());
    Ok(())
}

/// `leader`.
pub async fn leader(home: &Home, unit: Option<&str>) -> Result<i32> {
    let model = home.model().await?;
    match unit {
        Some(unit) => {
            let unit = resolve_unit(&model, unit)?;
            home.ask(&Request::Lead(unit)).await?;
        }
        None => {
            for application in model.applications.values() {
                let leader = application
                    .leader
                    .as_ref()
                    .map_or_else(|| "nobody".to_owned(), ToString::to_string);
                print(format!("{leader}\n"));
            }
        }
    }
    Ok(0)
}
