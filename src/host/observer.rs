//! The observer's process: who it is, its start and its end. What it watches for is `agent::observer`.

use super::own_program;
use super::paths;
use super::program;
use super::service::kept::{HandOver, OBSERVER};
use super::service::{self, ServiceError};
use crate::host::file::FileError;
use crate::model::observed::Observer;
use crate::model::unit::UnitName;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// How long it may take to come or to go; it does both at once.
const LIMIT: Duration = Duration::from_secs(5);
/// It must never be in the way of the server.
const NICENESS: &str = "10";
/// The command that it runs.
pub const COMMAND: &str = "observe";
/// Where Juju's programs and the system's are.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/// Whether it runs, and from which program.
pub fn look() -> Observer {
    match OBSERVER.noted() {
        None => Observer::Absent,
        Some(pid) if runs_the_copy(pid) && own_program::is_current().unwrap_or(false) => {
            Observer::Current
        }
        Some(_) => Observer::Outdated,
    }
}

/// False for a process whose program was replaced: the kernel calls that deleted.
fn runs_the_copy(pid: i32) -> bool {
    let program = std::fs::read_link(format!("/proc/{pid}/exe"));
    program.is_ok_and(|path| path == Path::new(paths::OWN_PROGRAM))
}

fn arguments(unit: &UnitName, charm: &Path) -> [String; 5] {
    let charm = charm.display().to_string();
    [COMMAND, "--unit", &unit.to_string(), "--charm-dir", &charm].map(str::to_owned)
}

/// Starts it, from this very program; one that runs from another is ended first.
///
/// # Errors
/// It does not come, or the old one does not go.
pub async fn start(unit: &UnitName, charm: &Path) -> Result<(), ServiceError> {
    let own = own_program::install()?;
    let mut child = None;
    if service::under_systemd() {
        let text = unit_file(unit, charm);
        let handed = OBSERVER.hand_over("restart", &text, LIMIT).await;
        handed.map_err(|error| match error {
            HandOver::NotAsked(error) => error,
            HandOver::Failed(error) => error.into(),
        })?;
    } else {
        OBSERVER.stop(OBSERVER.noted(), LIMIT).await?;
        let failed = |why: std::io::Error| not_started(why.to_string());
        let mut command = match program::find("nice") {
            Ok(nice) => {
                let mut command = Command::new(nice);
                command.args(["-n", NICENESS]).arg(own);
                command
            }
            Err(_) => Command::new(own),
        };
        // Nothing of the hook's: neither its environment, by which Juju would refuse its calls, nor its pipes. It leaves
        // the hook's process group itself.
        let spawned = command
            .args(arguments(unit, charm))
            .env_clear()
            .env("PATH", PATH)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child = Some(spawned.map_err(failed)?);
    }
    let came = tokio::select! {
        came = OBSERVER.wait_until_noted(LIMIT, runs_the_copy) => came,
        status = ended(&mut child) => {
            // Another one may watch already: then this one ends, and all is well.
            match OBSERVER.wait_until_noted(Duration::ZERO, runs_the_copy).await {
                true => true,
                false => return Err(not_started(format!("it ended at once: {status}"))),
            }
        }
    };
    match came {
        true => Ok(()),
        false => Err(not_started(format!("not within {} s", LIMIT.as_secs()))),
    }
}

/// How this child ended; never, if there is none.
async fn ended(child: &mut Option<Child>) -> String {
    match child {
        None => std::future::pending().await,
        Some(child) => match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        },
    }
}

fn not_started(why: String) -> ServiceError {
    let name = OBSERVER.name;
    ServiceError::NotStarted { name, why }
}

/// Started again whatever it dies of, but for a unit that is gone.
fn unit_file(unit: &UnitName, charm: &Path) -> String {
    format!(
        "[Unit]\nDescription=Observer of the charm mongo-rs: wakes it when the replica set changes\n\
         After={server}\nConditionPathIsDirectory={charm}\nStartLimitIntervalSec=0\n\n\
         [Service]\nExecStart={program} {arguments}\nEnvironment=PATH={PATH}\n\
         Restart=always\nRestartSec=2\nNice={NICENESS}\nIOSchedulingClass=idle\n\n\
         [Install]\nWantedBy=multi-user.target\n",
        server = paths::SERVICE_NAME,
        charm = charm.display(),
        program = paths::OWN_PROGRAM,
        arguments = arguments(unit, charm).join(" "),
    )
}

/// Stops it for good.
///
/// # Errors
/// It does not go.
pub async fn stop() -> Result<(), ServiceError> {
    OBSERVER.stop(OBSERVER.noted(), LIMIT).await?;
    OBSERVER.forget().await
}

/// Held while this process is the observer.
#[derive(Debug)]
pub struct Only(#[expect(dead_code, reason = "it is held")] File);

/// Makes this process the observer; none if another one is.
///
/// # Errors
/// The file with the process id cannot be written or locked.
pub fn claim() -> Result<Option<Only>, FileError> {
    let path = Path::new(paths::OBSERVER_PID);
    let failed = |what| {
        move |why| FileError {
            what,
            path: path.to_owned(),
            why,
        }
    };
    let mut options = File::options();
    let opened = options.create(true).write(true).truncate(false).open(path);
    let mut file = opened.map_err(failed("open"))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
        Err(std::fs::TryLockError::Error(why)) => return Err(failed("lock")(why)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()));
    written.map_err(failed("write"))?;
    Ok(Some(Only(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_started_again_but_not_for_a_unit_that_is_gone() {
        let charm = Path::new("/var/lib/juju/agents/unit-m-0/charm");
        let text = unit_file(&"m/0".parse().unwrap(), charm);
        for line in [
            "ConditionPathIsDirectory=/var/lib/juju/agents/unit-m-0/charm",
            "Restart=always",
            "Nice=10",
            "ExecStart=/var/lib/mongo-rs/bin/mongo-rs observe --unit m/0 --charm-dir /var/lib/juju/agents/unit-m-0/charm",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}\n{text}");
        }
    }
}
