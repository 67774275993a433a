//! The command lines: Juju's, and the lab's own.
//!
//! Called through a link named `juju` it takes the same. Every command opens a connection to the controller, which is
//! started if it is not running; what is shown is worked out here from the model. A command that is none of these is a
//! plugin, as it is for Juju.

mod deploy;
mod enter;
mod manage;
mod plugin;
mod power;
mod run;
mod scratch;
mod show;

pub use manage::destroyed;
pub use show::summary;

use super::paths::Paths;
use super::profile::Profile;
use super::rpc::{Line, Request};
use super::site::{Site, requirements};
use anyhow::{Result, bail};
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variable that names the lab's folder.
const LAB_HOME: &str = "LAB_HOME";
/// How the version of every lab ends, and of no real Juju.
const VERSION_END: &str = "-lab-amd64";

/// A stand-in for Juju on one machine: real networks, real servers, the charm's real hooks. In production the engine is
/// Juju.
#[derive(Debug, Parser)]
#[command(
    name = "lab",
    version,
    after_help = "Another command NAME is a plugin, as with Juju: the program juju-NAME on PATH."
)]
pub struct Lab {
    /// The lab's folder.
    #[arg(long, global = true, env = LAB_HOME, default_value_os_t = default_home())]
    home: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Deploy a charm: a directory or a packed .charm file.
    Deploy(deploy::DeployArgs),
    /// Show what there is.
    Status(show::StatusArgs),
    /// Run an action and wait for it (Juju 3 and 4).
    Run(run::RunArgs),
    /// Queue an action (Juju 2.9).
    #[command(name = "run-action")]
    RunAction(run::RunActionArgs),
    /// Show a task.
    #[command(
        name = "show-task",
        visible_alias = "show-action-output",
        visible_alias = "show-operation"
    )]
    ShowTask(run::ShowTaskArgs),
    /// List all operations.
    Operations,
    /// End a task.
    #[command(name = "cancel-task")]
    CancelTask { id: u64 },
    /// Run a command on units, in their hook context.
    Exec(run::ExecArgs),
    /// Add units.
    #[command(name = "add-unit")]
    AddUnit(manage::AddUnitArgs),
    /// Remove units.
    #[command(name = "remove-unit")]
    RemoveUnit(manage::RemoveUnitArgs),
    /// Remove an application.
    #[command(name = "remove-application")]
    RemoveApplication(manage::RemoveApplicationArgs),
    /// Show or set options.
    Config(manage::ConfigArgs),
    /// Put another revision of the charm on all units.
    Refresh(manage::RefreshArgs),
    /// Attach a file to a resource.
    #[command(name = "attach-resource")]
    AttachResource(manage::AttachArgs),
    /// Try a failed hook again.
    #[command(visible_alias = "resolved")]
    Resolve(manage::ResolveArgs),
    /// The version of the Juju that is stood in for.
    Version,
    /// A shell, or a command, on a unit.
    Ssh(enter::SshArgs),
    /// Copy files from or to a unit.
    Scp(enter::ScpArgs),
    /// Show the log.
    #[command(name = "debug-log")]
    DebugLog(show::LogArgs),
    /// End everything and remove the lab's folder.
    #[command(visible_alias = "destroy-model")]
    Destroy(manage::DestroyArgs),
    /// A command in the network of the units, but none of them: as the laptop of an operator.
    Client(enter::ClientArgs),
    /// Power loss of a unit's machine.
    Crash(power::CrashArgs),
    /// Power back for a unit's machine.
    Boot { unit: String },
    /// Power loss and power back with other addresses, as after a DHCP server that has forgotten everybody.
    Readdress {
        /// The units.
        #[arg(required_unless_present = "all")]
        units: Vec<String>,
        /// Every unit, all at once.
        #[arg(long, conflicts_with = "units")]
        all: bool,
    },
    /// Show the leader, or make another unit lead.
    Leader { unit: Option<String> },
    /// Run a unit's update-status now.
    #[command(name = "update-status")]
    UpdateStatus { unit: String },
    /// Wait until nothing is under way.
    Wait(show::WaitArgs),
    /// Pack a charm's directory.
    Pack {
        directory: PathBuf,
        archive: Option<PathBuf>,
    },
    /// The whole story: five units, partitions, write tests, verdicts.
    Demo(super::demo::DemoArgs),
    #[command(hide = true)]
    Controller,
    #[command(hide = true, name = "site-start")]
    SiteStart {
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    #[command(hide = true, name = "site-init")]
    SiteInit {
        folder: PathBuf,
        #[arg(last = true)]
        command: Vec<OsString>,
    },
    #[command(hide = true, name = "machine-init")]
    MachineInit { file: PathBuf },
}

#[expect(clippy::disallowed_methods, reason = "the default of an option")]
fn default_home() -> PathBuf {
    let set = |name: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    state
        .unwrap_or_else(|| "/var/tmp".into())
        .join("mongo-rs-lab")
}

/// Runs the command line of this process and gives its exit code; one that is wrong ends it.
///
/// # Errors
/// What was asked for could not be done.
pub fn start() -> Result<i32> {
    match Lab::try_parse() {
        Ok(lab) => main(lab),
        Err(error) => plugin::instead_of(&error, std::env::args_os()),
    }
}

/// Those that become process 1 of something run without threads.
fn main(lab: Lab) -> Result<i32> {
    match lab.command {
        Command::SiteStart { command } => return super::site::start::run(&command),
        Command::SiteInit { folder, command } => return super::site::init::run(&folder, &command),
        Command::MachineInit { file } => return super::machine::init::run(&file),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(run(lab))
}

async fn run(lab: Lab) -> Result<i32> {
    let home = Home {
        site: Site::open(&lab.home)?,
        lab: std::env::current_exe()?,
    };
    match lab.command {
        Command::Controller => {
            super::controller::run(home.site.home(), home.lab).await?;
            Ok(0)
        }
        Command::Deploy(arguments) => deploy::run(&home, arguments).await,
        Command::Status(arguments) => show::status(&home, &arguments).await,
        Command::Wait(arguments) => show::wait(&home, &arguments).await,
        Command::DebugLog(arguments) => show::debug_log(&home, &arguments).await,
        Command::Run(arguments) => run::run(&home, arguments).await,
        Command::RunAction(arguments) => run::run_action(&home, arguments).await,
        Command::ShowTask(arguments) => run::show_task(&home, &arguments).await,
        Command::Operations => run::operations(&home).await,
        Command::CancelTask { id } => home.ask(&Request::Cancel(id)).await.map(|_| 0),
        Command::Exec(arguments) => run::exec(&home, arguments).await,
        Command::AddUnit(arguments) => manage::add_unit(&home, &arguments).await,
        Command::RemoveUnit(arguments) => manage::remove_unit(&home, &arguments).await,
        Command::RemoveApplication(arguments) => {
            manage::remove_application(&home, &arguments).await
        }
        Command::Config(arguments) => manage::config(&home, &arguments).await,
        Command::Refresh(arguments) => manage::refresh(&home, &arguments).await,
        Command::AttachResource(arguments) => manage::attach(&home, &arguments).await,
        Command::Resolve(arguments) => manage::resolve(&home, &arguments).await,
        Command::Destroy(arguments) => manage::destroy(&home, &arguments).await,
        Command::Version => {
            // A client has a version before there is a model.
            let model = home.model().await.ok();
            let profile = model.map_or_else(Profile::default, |model| model.settings.profile);
            print(format!("{}{VERSION_END}\n", profile.version()));
            Ok(0)
        }
        Command::Ssh(arguments) => enter::ssh(&home, &arguments).await,
        Command::Scp(arguments) => enter::scp(&home, &arguments).await,
        Command::Client(arguments) => enter::client(&home, &arguments).await,
        Command::Crash(arguments) => power::crash(&home, &arguments).await,
        Command::Boot { unit } => power::boot(&home, &unit).await,
        Command::Readdress { units, all } => power::readdress(&home, &units, all).await,
        Command::UpdateStatus { unit } => home
            .ask(&Request::UpdateStatus(home.unit(&unit).await?))
            .await
            .map(|_| 0),
        Command::Leader { unit } => manage::leader(&home, unit.as_deref()).await,
        Command::Pack { directory, archive } => deploy::pack(&directory, archive.as_deref()),
        Command::Demo(arguments) => super::demo::run(&home, arguments).await,
        Command::SiteStart { .. } | Command::SiteInit { .. } | Command::MachineInit { .. } => {
            bail!("handled before")
        }
    }
}

/// A lab as a command sees it.
pub struct Home {
    /// Where it lives.
    pub site: Site,
    /// The lab's own program.
    pub lab: PathBuf,
}

impl Home {
    /// A connection to the controller, which is started if need be.
    ///
    /// # Errors
    /// The machine lacks something, or the controller does not come up.
    pub async fn line(&self) -> Result<Line> {
        let home = self.site.home();
        if let Ok(line) = Line::open(home).await {
            return Ok(line);
        }
        let missing = requirements();
        if !missing.is_empty() {
            let reasons: Vec<String> = missing
                .iter()
                .map(|it| format!("- {}: {}", it.what, it.remedy))
                .collect();
            bail!(
                "this machine lacks what a lab needs:\n{}",
                reasons.join("\n")
            );
        }
        let controller: Vec<OsString> = vec![
            self.lab.clone().into(),
            "controller".into(),
            "--home".into(),
            home.into(),
        ];
        self.site
            .ensure_started(&self.lab, &controller, async || {
                Line::open(home).await.is_ok()
            })
            .await?;
        Line::open(home).await
    }

    /// Asks the controller one thing.
    ///
    /// # Errors
    /// It refuses.
    pub async fn ask(&self, request: &Request) -> Result<serde_json::Value> {
        self.line().await?.ask(request).await
    }

    /// Whether a controller has ever kept a model here.
    pub fn is_used(&self) -> bool {
        Paths::new(self.site.home()).store().exists()
    }

    /// The model. A lab that was never made is empty, and is not made by looking at it.
    ///
    /// # Errors
    /// The controller does not come up.
    pub async fn model(&self) -> Result<super::model::Model> {
        if !self.is_used() {
            return Ok(super::model::Model::default());
        }
        Ok(self.line().await?.model(None).await?.model)
    }

    /// The unit that a text names: `app/0`, or `app/leader`.
    ///
    /// # Errors
    /// There is none.
    pub async fn unit(&self, text: &str) -> Result<crate::model::unit::UnitName> {
        resolve_unit(&self.model().await?, text)
    }
}

fn resolve_unit(model: &super::model::Model, text: &str) -> Result<crate::model::unit::UnitName> {
    if let Some(application) = text.strip_suffix("/leader") {
        let leader = model
            .applications
            .get(application)
            .and_then(|application| application.leader.clone());
        return leader
            .ok_or_else(|| anyhow::anyhow!("could not determine leader for {application:?}"));
    }
    let unit = text.parse()?;
    if !model.units.contains_key(&unit) {
        let known: Vec<String> = model.units.keys().map(ToString::to_string).collect();
        bail!(
            "unit {text:?} not found; there is {}",
            if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            }
        );
    }
    Ok(unit)
}

/// `key=value` of an option that may be given several times.
fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text
        .split_once('=')
        .ok_or_else(|| format!("{text:?} is not key=value"))?;
    Ok((key.to_owned(), value.to_owned()))
}

fn profile(text: &str) -> Result<Profile, String> {
    text.parse()
        .map_err(|error: super::profile::NotAProfile| error.to_string())
}

fn absolute(path: &Path) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}

/// Prints what a command found out.
#[expect(clippy::print_stdout, reason = "the one place that does")]
pub fn print(text: impl std::fmt::Display) {
    print!("{text}");
}

/// Says something about the command itself.
#[expect(clippy::print_stderr, reason = "the one place that does")]
pub fn note(text: impl std::fmt::Display) {
    eprintln!("{text}");
}
