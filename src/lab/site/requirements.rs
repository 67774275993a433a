//! What this machine lacks for a lab, found by trying it.
//!
//! Settings that forbid namespaces have many names (sysctls, AppArmor, seccomp, containers). So the things are done
//! once, in namespaces that end at once, and only after a failure it is guessed which setting is to blame.

use super::tools::{FOLDERS, PROGRAMS, find, install};
use super::unshare_flags;
use std::fmt;
use std::process::{Command, Stdio};

/// One thing that this machine lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What, in one sentence.
    pub what: String,
    /// What to type.
    pub remedy: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.what, self.remedy)
    }
}

/// What a site and its machines do, as shell commands, each with what it shows when it fails. The last words of a
/// failed command's output become part of the sentence.
const TRIALS: [(&str, &str, &str); 4] = [
    (
        "the kernel refuses a network bridge",
        "ip link add lab0 type bridge",
        "load it with `sudo modprobe bridge`",
    ),
    (
        "the kernel refuses a pair of virtual network cards",
        "ip link add m0 type veth peer name m1",
        "load it with `sudo modprobe veth`",
    ),
    (
        "the kernel refuses firewall rules in a namespace",
        "nft add table inet lab_trial",
        "load it with `sudo modprobe nf_tables`",
    ),
    (
        "the kernel refuses a temporary file system in a namespace",
        "mount -t tmpfs lab-trial /tmp",
        "run the lab outside of this container, or give the container the right to mount",
    ),
];

/// What is missing on this machine; nothing when a lab can run here.
///
/// An overlay file system is not on the list: where it is refused a machine gets copies, and says so in its log.
pub fn requirements() -> Vec<Missing> {
    let mut missing: Vec<Missing> = PROGRAMS
        .iter()
        .filter(|(program, _)| find(program).is_err())
        .map(|(program, _)| Missing {
            what: format!("the program `{program}` was not found"),
            remedy: install(program),
        })
        .collect();
    if !missing.is_empty() {
        return missing;
    }
    if !text_of(Command::new("nsenter").arg("--help"))
        .1
        .contains("--wdns")
    {
        missing.push(Missing {
            what: "`nsenter` is older than util-linux 2.38 and has no --wdns".to_owned(),
            remedy: "install util-linux 2.38 or newer (Debian 12, Ubuntu 24.04)".to_owned(),
        });
    }
    if let Err(reason) = inside("true") {
        missing.push(namespaces_refused(&reason, &|name| {
            std::fs::read_to_string(format!("/proc/sys/{name}")).ok()
        }));
        return missing;
    }
    for (what, command, remedy) in TRIALS {
        if let Err(reason) = inside(command) {
            missing.push(Missing {
                what: format!("{what} ({reason})"),
                remedy: remedy.to_owned(),
            });
        }
    }
    missing
}

/// Runs a shell command in the namespaces of a site, or says why it failed.
fn inside(script: &str) -> Result<(), String> {
    // As in a hook, where programs for root are on PATH.
    let script = format!("PATH=$PATH:{FOLDERS}; {script}");
    let (succeeded, text) = text_of(
        Command::new("unshare")
            .args(unshare_flags())
            .args(["--", "sh", "-c", &script]),
    );
    if succeeded {
        Ok(())
    } else {
        Err(text
            .lines()
            .last()
            .unwrap_or("it gives no reason")
            .trim()
            .to_owned())
    }
}

/// Runs a command to its end: whether it succeeded, and what it wrote.
fn text_of(command: &mut Command) -> (bool, String) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            (
                output.status.success(),
                String::from_utf8_lossy(&text).into_owned(),
            )
        }
        Err(error) => (false, error.to_string()),
    }
}

/// Which setting forbids namespaces. `setting` reads a value below `/proc/sys`.
fn namespaces_refused(reason: &str, setting: &dyn Fn(&str) -> Option<String>) -> Missing {
    let is = |name: &str, value: &str| setting(name).is_some_and(|found| found.trim() == value);
    let remedy = if is("kernel/unprivileged_userns_clone", "0") {
        "type `sudo sysctl kernel.unprivileged_userns_clone=1`, or run the lab as root"
    } else if is("user/max_user_namespaces", "0") {
        "type `sudo sysctl user.max_user_namespaces=10000`, or run the lab as root"
    } else if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "type `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`, or run the lab as root"
    } else {
        "run the lab as root, and not in a container without the right to make namespaces"
    };
    Missing {
        what: format!("the kernel refuses new namespaces ({reason})"),
        remedy: remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_to_blame_is_named() {
        let cases = [
            (
                "kernel/unprivileged_userns_clone",
                "0\n",
                "unprivileged_userns_clone=1",
            ),
            (
                "user/max_user_namespaces",
                "0\n",
                "max_user_namespaces=10000",
            ),
            (
                "kernel/apparmor_restrict_unprivileged_userns",
                "1\n",
                "apparmor_restrict_unprivileged_userns=0",
            ),
            (
                "user/max_user_namespaces",
                "96365\n",
                "as root, and not in a container",
            ),
        ];
        for (name, value, remedy) in cases {
            let missing = namespaces_refused("unshare failed: Operation not permitted", &|asked| {
                (asked == name).then(|| value.to_owned())
            });
            assert!(missing.remedy.contains(remedy), "{name}: {missing}");
            assert!(missing.what.contains("not permitted"), "{missing}");
        }
    }
}
