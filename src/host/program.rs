//! Running other programs: found once by `which`, arguments as a list, a time limit, captured output, and the whole
//! command in the error.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// A program that could not be run to a good end.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// Not on `PATH`.
    #[error("{0} is not installed on this machine")]
    Missing(String),
    /// Could not be started.
    #[error("failed to start `{command}`: {why}")]
    NotStarted {
        /// The command line.
        command: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// Still running when its time was over; it was killed.
    #[error("`{command}` did not end within {seconds} s")]
    TooSlow {
        /// The command line.
        command: String,
        /// Its limit in seconds.
        seconds: u64,
    },
    /// Ended with an exit code other than 0.
    #[error("`{command}` failed ({code}): {stderr}")]
    Failed {
        /// The command line.
        command: String,
        /// The exit code; -1 after a signal.
        code: i32,
        /// What it said, one line.
        stderr: String,
    },
}

/// Finds a program on `PATH` or in the directories of system programs, which a hook's `PATH` may lack.
pub fn find(name: &str) -> Result<PathBuf, ProgramError> {
    let missing = |_| ProgramError::Missing(name.to_owned());
    which::which(name)
        .or_else(|_| which::which_in(name, Some("/usr/sbin:/sbin:/usr/local/sbin"), "/"))
        .map_err(missing)
}

/// Runs a program and gives what it printed.
///
/// # Errors
/// When it cannot be started, does not end within `limit`, or ends with another code than 0.
pub async fn run<S: AsRef<OsStr>>(
    program: &Path,
    arguments: &[S],
    input: Option<&str>,
    limit: Duration,
) -> Result<String, ProgramError> {
    let text = || {
        let words = arguments
            .iter()
            .map(|word| word.as_ref().to_string_lossy().into_owned());
        std::iter::once(program.display().to_string())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let not_started = |why| ProgramError::NotStarted {
        command: text(),
        why,
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(not_started)?;
    if let (Some(mut pipe), Some(input)) = (child.stdin.take(), input) {
        // A program that ends without reading its input says why itself.
        let _ = pipe.write_all(input.as_bytes()).await;
    }
    let output = match tokio::time::timeout(limit, child.wait_with_output()).await {
        Ok(output) => output.map_err(not_started)?,
        Err(_) => {
            return Err(ProgramError::TooSlow {
                command: text(),
                seconds: limit.as_secs(),
            });
        }
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let said = if stderr.trim().is_empty() {
        String::from_utf8_lossy(&output.stdout)
    } else {
        stderr
    };
    let stderr = said.split_whitespace().collect::<Vec<_>>().join(" ");
    Err(ProgramError::Failed {
        command: text(),
        code: output.status.code().unwrap_or(-1),
        stderr,
    })
}
