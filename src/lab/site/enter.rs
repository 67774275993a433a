//! Commands that run inside namespaces made elsewhere, built from util-linux's `nsenter`.

use std::path::Path;
use std::process::Command;

/// Which namespaces of the target process a command enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Namespaces {
    /// Only the network: files, programs, users and processes stay the caller's own (`lab client`).
    Network,
    /// Network, mounts, host name, IPC and processes: the command is in the machine (`lab ssh`).
    All,
}

impl Namespaces {
    /// The flags of `nsenter`.
    pub(crate) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Network => &["--net"],
            Self::All => &["--net", "--mount", "--uts", "--ipc", "--pid"],
        }
    }
}

/// A command line that enters the namespaces of `target` and there becomes the program that the caller adds with
/// [`Command::arg`]. `target` is a process number as the caller sees it. `cwd` is a folder inside the namespaces;
/// without it an entered machine starts at `/` and an entered network keeps the caller's folder.
///
/// Terminal, signals from the terminal and exit code are the program's own. Environment: the caller's, unless changed.
pub fn enter_command(target: u32, namespaces: Namespaces, cwd: Option<&Path>) -> Command {
    let mut command = Command::new("nsenter");
    command.arg("--target").arg(target.to_string());
    if !nix::unistd::geteuid().is_root() {
        // The site of an ordinary user is in a user namespace, where that user is root.
        command.args(["--user", "--preserve-credentials"]);
    }
    command.args(namespaces.flags());
    if let Some(cwd) = cwd {
        command.arg(format!("--wdns={}", cwd.display()));
    }
    command.arg("--");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_to_enter_with() {
        let mut command = enter_command(42, Namespaces::All, Some(Path::new("/root")));
        command.args(["mongod", "--version"]);
        let words: Vec<_> = command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let user: &[&str] = if nix::unistd::geteuid().is_root() {
            &[]
        } else {
            &["--user", "--preserve-credentials"]
        };
        let mut expected = vec!["--target", "42"];
        expected.extend(user);
        expected.extend([
            "--net",
            "--mount",
            "--uts",
            "--ipc",
            "--pid",
            "--wdns=/root",
            "--",
            "mongod",
            "--version",
        ]);
        assert_eq!(words, expected);
    }
}
