//! Carrying out one step. Decides how, never what.

use super::desire::Desired;
use super::plan::server::started_mark;
use crate::fault::held::{self, FaultError};
use crate::fault::{partition, slow};
use crate::host::account::{self, Account};
use crate::host::file::{self, FileError};
use crate::host::firewall::Table;
use crate::host::program::ProgramError;
use crate::host::server::{self, NotAServer};
use crate::host::service::{self, ServiceError};
use crate::host::state::{self, State};
use crate::host::{observer, own_command, paths};
use crate::juju::tools::{self, ToolError};
use crate::model::address::HostPort;
use crate::model::databag::{self, ApplicationData};
use crate::model::observed::{JujuFacts, Observed, SetFacts};
use crate::model::options::Options;
use crate::model::plan::Step;
use crate::model::set_config::{Change, SetConfig};
use crate::model::set_view::SetView;
use crate::mongo::connection::Connection;
use crate::mongo::error::MongoError;
use crate::mongo::{command, query};
use std::path::Path;
use std::time::Duration;
use tracing::warn;

/// How long the others are kept from elections meanwhile, at most.
const HANDED_OVER_WITHIN: Duration = Duration::from_secs(5);
/// A member that has caught up is elected long before.
const ELECTED_WITHIN: Duration = Duration::from_secs(1);

/// Why a step was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Juju said no.
    #[error("{0}")]
    Juju(#[from] ToolError),
    /// A server said no.
    #[error("{0}")]
    Mongo(#[from] MongoError),
    /// A file could not be written.
    #[error("{0}")]
    File(#[from] FileError),
    /// The server's process could not be started or stopped.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// A fault could not be begun or ended.
    #[error("{0}")]
    Fault(#[from] FaultError),
    /// The server could not run with them.
    #[error("{0}")]
    Options(String),
    /// A program failed.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// The config that a step was planned from is no longer in force.
    #[error("the config of the set has changed since it was looked at")]
    Stale,
    /// A change does not fit.
    #[error("{0}")]
    Malformed(#[from] crate::model::set_config::Malformed),
}

/// Carries out one step.
pub async fn apply(step: &Step, observed: &Observed, desired: &Desired) -> Result<(), ApplyError> {
    match step {
        Step::SetNetwork(network) => {
            Ok(partition::put(Table::Charm, network, observed.host.now_ms).await?)
        }
        Step::Delay(request) => {
            let until_ms = request.until_here(observed.juju.begun_ms(request));
            Ok(slow::begin(request, &observed.juju.me, until_ms).await?)
        }
        Step::EndFaults(ids) => Ok(held::end_all(observed.host.now_ms, ids).await?),
        Step::InstallServer(source) => install(source).await,
        Step::WriteConfig(text) => write_config(text, desired).await,
        Step::StartServer => start(observed, desired).await,
        Step::RestartServer => {
            stop(observed).await?;
            start(observed, desired).await
        }
        Step::StopServer => stop(observed).await,
        Step::StartObserver => Ok(observer::start(&observed.juju.me, &observed.juju.charm).await?),
        Step::StopObserver => Ok(observer::stop().await?),
        Step::ClaimInitiation => claim(observed, desired).await,
        Step::Initiate(config) => initiate(config, observed).await,
        Step::SetDefaultWriteConcern(primary) => {
            Ok(command::set_default_write_concern(&Connection::to(primary)?).await?)
        }
        Step::HandOver { from, to } => match &observed.set {
            SetFacts::Seen(view) => hand_over(from, to, view).await,
            _ => Err(ApplyError::Stale),
        },
        Step::Reconfigure {
            primary,
            version,
            term,
            changes,
        } => reconfigure(primary, (*version, *term), changes).await,
        Step::ForceOwnHost(id, host) => force_own_host(*id, host, observed).await,
    }
}

async fn install(source: &Path) -> Result<(), ApplyError> {
    let stamp = server::stamp(source).map_err(|why| FileError {
        what: "look at",
        path: source.to_owned(),
        why,
    })?;
    let mut state = state::load()?;
    match server::install(source).await {
        Ok(version) => {
            state.program = Some(state::Program {
                source: source.to_owned(),
                stamp,
                version,
            });
        }
        // The disk, not the file, is at fault: it is tried again.
        Err(NotAServer::NotCopied(error)) => return Err(error.into()),
        Err(unfit) => drop(state.refused_programs.insert(stamp, unfit.to_string())),
    }
    Ok(state::save(&state)?)
}

async fn write_config(text: &str, desired: &Desired) -> Result<(), ApplyError> {
    let account = account::for_server().await?;
    let owner = account.as_ref();
    if let Some(directory) = Path::new(paths::LOG).parent() {
        file::make_directory(directory, 0o750, owner)?;
    }
    let mut state = state::load()?;
    if let Some(why) = server::refuses(text).await? {
        let program = state.program.as_ref().map(|program| program.stamp.clone());
        state.refused_options = desired
            .options
            .clone()
            .zip(program)
            .map(|(options, program)| (options, program, why));
        return Ok(state::save(&state)?);
    }
    if let Some(why) = server::cannot_listen(text, state.port).await {
        // It is tried again: an address may come yet. A server that has died goes on with the config that is there.
        if service::process().await.is_none()
            && Path::new(paths::CONFIG).is_file()
            && let Err(error) = service::start(owner).await
        {
            warn!("the server does not start with its config of before either: {error}");
        }
        return Err(ApplyError::Options(why));
    }
    if state.data_directory.is_none() {
        file::make_directory(&desired.data_directory, 0o700, owner)?;
        state.data_directory = Some(desired.data_directory.clone());
        state::save(&state)?;
    }
    Ok(file::write(
        Path::new(paths::CONFIG),
        text.as_bytes(),
        0o640,
        owner,
    )?)
}

async fn start(observed: &Observed, desired: &Desired) -> Result<(), ApplyError> {
    let account: Option<Account> = account::for_server().await?;
    if !observed.host.joined {
        file::make_directory(&desired.data_directory, 0o700, account.as_ref())?;
    }
    // Noted before it is so: an agent that dies in between finds a server that does not run, and starts it, or one that
    // runs as noted. The other way round it would have to restart what is right.
    let mut state = state::load()?;
    let program = state
        .program
        .as_ref()
        .map(|program| program.stamp.as_str())
        .unwrap_or_default();
    state.started = desired
        .config
        .as_deref()
        .map(|config| started_mark(config, program));
    state.port = desired.options.as_ref().map(|options| options.port);
    state::save(&state)?;
    let failure = service::start(account.as_ref()).await.err();
    let mut state = state::load()?;
    match failure {
        None => state.ran = desired.options.clone(),
        Some(ServiceError::NotStarted { why, .. }) if go_back(&mut state, desired, &why) => {
            warn!("mongod does not start, and goes back to the options that it ran with: {why}");
        }
        Some(failure) => return Err(failure.into()),
    }
    Ok(state::save(&state)?)
}

/// What keeps a server from starting whatever its options are: no room, and no time.
const NOT_THE_OPTIONS: [&str; 3] = ["No space left", "not within", "did not end within"];

/// Has the options refused with which a server does not start that ran with others; whether it ran with others. Some things
/// are found out by no look at the config: what the data was made with, say.
fn go_back(state: &mut State, desired: &Desired, why: &str) -> bool {
    let program = state.program.as_ref().map(|program| program.stamp.clone());
    let (Some(ran), Some(options), Some(program)) = (&state.ran, &desired.options, program) else {
        return false;
    };
    let elsewhere = NOT_THE_OPTIONS.iter().any(|part| why.contains(part));
    if elsewhere || options.changed(Some(ran)).is_empty() {
        return false;
    }
    state.refused_options = Some((options.clone(), program, why.to_owned()));
    state.options = state.ran.clone();
    true
}

/// In order first, because a signal makes the server wait 15 s for its clients; a signal if that does not end it.
async fn stop(observed: &Observed) -> Result<(), ApplyError> {
    let Some(pid) = service::process().await else {
        return Ok(());
    };
    // Noted before it is so: what was to be stopped is not started again only to leave the set.
    let mut state = state::load()?;
    state.started = None;
    state::save(&state)?;
    if let Some(port) = observed.host.port {
        let own = HostPort::new("127.0.0.1", port);
        command::shut_down(&Connection::to(&own)?).await;
        let _ = service::wait_until_gone(pid, Duration::from_secs(10)).await;
    }
    Ok(service::stop().await?)
}

async fn claim(observed: &Observed, desired: &Desired) -> Result<(), ApplyError> {
    let juju = &observed.juju;
    let Some(relation) = &juju.relation else {
        return Ok(());
    };
    let data = ApplicationData {
        initiator: Some(juju.me.clone()),
        set_name: desired.set_name.clone(),
        ..juju.application().cloned().unwrap_or_default()
    };
    Ok(tools::set_bag(&relation.id, true, &databag::write(&data)).await?)
}

async fn initiate(config: &SetConfig, observed: &Observed) -> Result<(), ApplyError> {
    let SetFacts::NotInitiated(_) = &observed.set else {
        return Err(ApplyError::Stale);
    };
    let own = HostPort::new("127.0.0.1", observed.host.port.ok_or(ApplyError::Stale)?);
    let connection = Connection::to(&own)?;
    Ok(command::initiate(&connection, config).await?)
}

/// Never backwards: the change is made to the config that is in force now, and only if that is the one it was planned for.
async fn reconfigure(
    primary: &HostPort,
    planned: (i64, i64),
    changes: &[Change],
) -> Result<(), ApplyError> {
    let connection = Connection::to(primary)?;
    let (config, _) = query::config(&connection, true).await?;
    if (config.version(), config.term()) != planned {
        return Err(ApplyError::Stale);
    }
    Ok(command::reconfigure(&connection, &config.with(changes)?, false).await?)
}

/// The others are kept from standing for election meanwhile, so that the one that was chosen is elected. What becomes of
/// that does not matter for safety: any of them that is elected has every write that a majority has.
///
/// # Errors
/// When the config is not the one that it was planned for, or the primary does not hand over: nobody has caught up. One that
/// is not primary any more has handed over.
pub async fn hand_over(from: &HostPort, to: &HostPort, view: &SetView) -> Result<(), ApplyError> {
    let mut others = Vec::new();
    for member in view.config.members() {
        if member.host != *from
            && member.host != *to
            && member.electable()
            && view.healthy(member.id)
        {
            others.push(Connection::to(&member.host)?);
        }
    }
    let (primary, heir) = (Connection::to(from)?, Connection::to(to)?);
    // The heir may just have been taken out: then the primary would wait for one, and take no writes meanwhile.
    let (config, _) = query::config(&primary, false).await?;
    if (config.version(), config.term()) != (view.config.version(), view.config.term()) {
        return Err(ApplyError::Stale);
    }
    command::freeze(&others, HANDED_OVER_WITHIN).await;
    let asked = command::step_down(&primary).await;
    // Of two that ask at once only one has it stand down; the other one must not keep the heir of the first from elections.
    let handed = matches!(asked, Ok(true));
    let elected = handed && command::step_up(&heir, Some(from), ELECTED_WITHIN).await;
    command::freeze(&others, Duration::ZERO).await;
    if handed && !elected {
        // The heir is out, or died: whoever can, so that nobody waits for the time-out of an election.
        for other in &others {
            if command::step_up(other, Some(from), ELECTED_WITHIN).await {
                break;
            }
        }
    }
    asked?;
    Ok(())
}

async fn force_own_host(id: i32, host: &HostPort, observed: &Observed) -> Result<(), ApplyError> {
    let SetFacts::Seen(view) = &observed.set else {
        return Err(ApplyError::Stale);
    };
    let connection = Connection::to(&view.seen_from)?;
    let (config, _) = query::config(&connection, false).await?;
    if config.voters().iter().ne([&id]) {
        return Err(ApplyError::Stale);
    }
    let config = config.with(&[Change::SetHost(id, host.clone())])?;
    Ok(command::reconfigure(&connection, &config, true).await?)
}

/// Keeps the options that are in force, so that wrong ones later do not matter. They are once `mongod.conf`, which the
/// server's program has seen before it was written, is made of them.
pub fn remember(observed: &mut Observed, desired: &Desired) -> Result<(), FileError> {
    let in_force = desired.config.is_some() && observed.host.config == desired.config;
    let options = desired.options.as_ref().filter(|_| in_force);
    let options = options.or(observed.host.options.as_ref()).cloned();
    let joined = observed.host.joined
        || matches!(&observed.set, SetFacts::Seen(view) if view.config.of_unit(&observed.juju.me).is_some());
    let set_back = set_back(observed);
    if observed.host.options == options && observed.host.joined == joined && !set_back {
        return Ok(());
    }
    let mut state = state::load()?;
    state.options = options;
    state.joined = joined;
    if set_back {
        state.refused_options = None;
        observed.host.refused_options = None;
    }
    state::save(&state)?;
    observed.host.options = state.options;
    observed.host.joined = joined;
    Ok(())
}

/// Whether the options that were refused are not asked for any more: asked for again, they are tried again.
fn set_back(observed: &Observed) -> bool {
    let Some((refused, _)) = &observed.host.refused_options else {
        return false;
    };
    Options::read(&observed.juju.config).is_ok_and(|given| {
        let frozen = Options {
            replica_set_name: refused.replica_set_name.clone(),
            ..given
        };
        !frozen.changed(Some(refused)).is_empty()
    })
}

/// Changes what is remembered.
pub fn note(change: impl FnOnce(&mut State)) -> Result<(), FileError> {
    let before = state::load()?;
    let mut after = before.clone();
    change(&mut after);
    if after == before {
        return Ok(());
    }
    state::save(&after)
}

/// What a person's command on this machine goes by, which asks nobody else.
pub fn note_for_commands(state: &mut State, juju: &JujuFacts) {
    state.faults_forbidden = juju.faults_forbidden();
    let others = juju.servers(0).into_iter();
    let others = others.filter(|(unit, _)| *unit != juju.me);
    state.units = others.map(|(unit, at)| (unit, at.ip())).collect();
    state.controllers = juju.controllers.clone();
    state.healed_ms = state.healed_ms.max(juju.partitions_healed_ms());
}

/// Takes away what the agent put on the machine, the data excepted: it is the last copy that a person may want back.
pub async fn clean_up() -> Result<(), ApplyError> {
    observer::stop().await?;
    service::forget().await?;
    own_command::remove()?;
    file::remove(Path::new(paths::CONFIG))?;
    file::remove_directory(Path::new(paths::HOME))?;
    Ok(())
}
