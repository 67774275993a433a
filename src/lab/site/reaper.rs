//! The work of process 1: taking the exit status of every process that lost its parent.
//!
//! The kernel hands orphans to process 1 of their PID namespace. Untaken, they stay for ever as zombies, and a
//! namespace with a zombie in it cannot end.

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

/// What happened next in the life of process 1.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// These processes ended; for each its number and its exit code as a shell gives it (128 + signal).
    Ended(Vec<(i32, i32)>),
    /// Somebody asks for an orderly end.
    Terminate,
}

/// The signals of process 1, blocked so that they wait until they are asked for.
pub(crate) struct Reaper {
    signals: SigSet,
}

impl Reaper {
    /// Blocks the signals. A child that is started afterwards inherits that and would be deaf to SIGTERM, so start
    /// children before; [`reap`] once afterwards finds those that have ended meanwhile.
    pub(crate) fn new() -> nix::Result<Self> {
        let mut signals = SigSet::empty();
        for signal in [
            Signal::SIGCHLD,
            Signal::SIGTERM,
            Signal::SIGINT,
            Signal::SIGHUP,
        ] {
            signals.add(signal);
        }
        signals.thread_block()?;
        Ok(Self { signals })
    }

    /// Waits for the next turn. SIGHUP and SIGINT mean nothing: a lab outlives the terminal that started it.
    pub(crate) fn turn(&self) -> nix::Result<Turn> {
        loop {
            match self.signals.wait()? {
                Signal::SIGTERM => return Ok(Turn::Terminate),
                Signal::SIGCHLD => {
                    let ended = reap();
                    if !ended.is_empty() {
                        return Ok(Turn::Ended(ended));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Takes the exit status of every child that has ended, without waiting.
pub(crate) fn reap() -> Vec<(i32, i32)> {
    let mut ended = Vec::new();
    loop {
        match waitpid(Pid::from_raw(-1), Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => ended.push((pid.as_raw(), code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                ended.push((pid.as_raw(), 128 + signal as i32))
            }
            Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return ended,
            Err(Errno::EINTR) | Ok(_) => {}
            Err(_) => return ended,
        }
    }
}
