//! The hook tools that this charm calls, one typed function each.

use super::context::{PEERS, RESOURCE, STORAGE};
use super::network::usable_address;
use crate::host::program::{self, ProgramError};
use crate::model::status::Status;
use crate::model::unit::UnitName;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The agent answers at once, or not at all.
const LIMIT: Duration = Duration::from_secs(60);

/// A hook tool that failed.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// It could not be run, or said no.
    #[error("hook tool {tool}: {why}")]
    Failed {
        /// Its name.
        tool: &'static str,
        /// Why.
        why: ProgramError,
    },
    /// It printed something else than was expected.
    #[error("hook tool {tool} printed what cannot be read: {why}")]
    Strange {
        /// Its name.
        tool: &'static str,
        /// Why.
        why: String,
    },
}

type Result<T> = std::result::Result<T, ToolError>;

async fn run(tool: &'static str, arguments: &[&str], input: Option<&str>) -> Result<String> {
    let failed = |why| ToolError::Failed { tool, why };
    let program = program::find(tool).map_err(failed)?;
    program::run(&program, arguments, input, LIMIT)
        .await
        .map_err(failed)
}

async fn json<T: DeserializeOwned>(tool: &'static str, arguments: &[&str]) -> Result<T> {
    let arguments = [&["--format=json"], arguments].concat();
    let printed = run(tool, &arguments, None).await?;
    serde_json::from_str(printed.trim()).map_err(|error| ToolError::Strange {
        tool,
        why: error.to_string(),
    })
}

/// All options that have a value.
pub async fn config() -> Result<BTreeMap<String, Value>> {
    Ok(json::<Option<_>>("config-get", &[])
        .await?
        .unwrap_or_default())
}

/// True when this unit leads, and will for 30 s more.
pub async fn is_leader() -> Result<bool> {
    json("is-leader", &[]).await
}

/// The id of the peer relation, once this unit is in it.
pub async fn peer_relation() -> Result<Option<String>> {
    Ok(json::<Option<Vec<String>>>("relation-ids", &[PEERS])
        .await?
        .unwrap_or_default()
        .into_iter()
        .next())
}

/// The other units of the peer relation.
pub async fn peers(relation: &str) -> Result<Vec<UnitName>> {
    Ok(json::<Option<_>>("relation-list", &["-r", relation])
        .await?
        .unwrap_or_default())
}

/// All units of this application with the status that each is to reach or has: `dying` for one on its way out.
pub async fn siblings() -> Result<BTreeMap<UnitName, String>> {
    #[derive(serde::Deserialize)]
    struct Standing {
        status: String,
    }
    #[derive(serde::Deserialize)]
    struct Goal {
        #[serde(default)]
        units: BTreeMap<UnitName, Standing>,
    }
    let goal: Goal = json("goal-state", &[]).await?;
    let units = goal.units.into_iter();
    Ok(units.map(|(unit, it)| (unit, it.status)).collect())
}

/// A unit's databag.
pub async fn unit_bag(relation: &str, unit: &UnitName) -> Result<BTreeMap<String, String>> {
    Ok(
        json::<Option<_>>("relation-get", &["-r", relation, "-", &unit.to_string()])
            .await?
            .unwrap_or_default(),
    )
}

/// The application's databag.
pub async fn application_bag(
    relation: &str,
    application: &str,
) -> Result<BTreeMap<String, String>> {
    let arguments = ["-r", relation, "--app", "-", application];
    Ok(json::<Option<_>>("relation-get", &arguments)
        .await?
        .unwrap_or_default())
}

/// Writes into this unit's databag, or (the leader) into the application's.
pub async fn set_bag(
    relation: &str,
    application: bool,
    content: &BTreeMap<String, String>,
) -> Result<()> {
    let tool = "relation-set";
    let input = serde_json::to_string(content).map_err(|error| ToolError::Strange {
        tool,
        why: error.to_string(),
    })?;
    let app = if application { &["--app"][..] } else { &[] };
    run(
        tool,
        &[&["-r", relation], app, &["--file", "-"]].concat(),
        Some(&input),
    )
    .await
    .map(drop)
}

/// The address at which the other units reach this one, who know it under the present ones.
pub async fn own_address(present: &[IpAddr]) -> Result<IpAddr> {
    let tool = "network-get";
    let network: Value = json(tool, &[PEERS]).await?;
    usable_address(&network, present).ok_or_else(|| ToolError::Strange {
        tool,
        why: format!("no usable address in {network}"),
    })
}

/// The attached storage's id and its directory.
pub async fn storage() -> Result<Option<(String, PathBuf)>> {
    let ids: Option<Vec<String>> = json("storage-list", &[STORAGE]).await?;
    let Some(id) = ids.unwrap_or_default().into_iter().next() else {
        return Ok(None);
    };
    let location: Option<PathBuf> = json("storage-get", &["-s", &id, "location"]).await?;
    Ok(location.map(|location| (id, location)))
}

/// The path of the resource; none when none was attached.
pub async fn resource() -> Result<Option<PathBuf>> {
    match run("resource-get", &[RESOURCE], None).await {
        Ok(path) => {
            Ok(Some(PathBuf::from(path.trim())).filter(|path| !path.as_os_str().is_empty()))
        }
        Err(ToolError::Failed {
            why: ProgramError::Failed { .. },
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Sets the unit's status.
pub async fn set_status(status: &Status) -> Result<()> {
    run("status-set", &[status.word(), "--", status.message()], None)
        .await
        .map(drop)
}

/// Sets the version that `juju status` shows for the application.
pub async fn set_version(version: &str) -> Result<()> {
    run("application-version-set", &["--", version], None)
        .await
        .map(drop)
}

/// Ports that are open for this unit, as `27017/tcp`.
pub async fn opened_ports() -> Result<Vec<String>> {
    Ok(json::<Option<_>>("opened-ports", &[])
        .await?
        .unwrap_or_default())
}

/// Opens a port, as `27017/tcp`.
pub async fn open_port(port: &str) -> Result<()> {
    run("open-port", &[port], None).await.map(drop)
}

/// Closes a port, as `27017/tcp`.
pub async fn close_port(port: &str) -> Result<()> {
    run("close-port", &[port], None).await.map(drop)
}

/// A line for Juju's log. Level is one of DEBUG, INFO, WARNING, ERROR.
pub async fn log(level: &str, line: &str) -> Result<()> {
    run("juju-log", &["--log-level", level, "--", line], None)
        .await
        .map(drop)
}

/// The parameters of the running action, with defaults filled in.
pub async fn action_parameters() -> Result<BTreeMap<String, Value>> {
    Ok(json::<Option<_>>("action-get", &[])
        .await?
        .unwrap_or_default())
}

/// Sets results of the running action.
pub async fn set_results(results: &[(String, String)]) -> Result<()> {
    let pairs: Vec<String> = results
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    run(
        "action-set",
        &pairs.iter().map(String::as_str).collect::<Vec<_>>(),
        None,
    )
    .await
    .map(drop)
}

/// Marks the running action as failed.
pub async fn fail_action(why: &str) -> Result<()> {
    run("action-fail", &["--", why], None).await.map(drop)
}
