//! The account that the server runs as.

use super::program::{self, ProgramError};
use nix::unistd::Uid;
use std::io;
use std::path::Path;
use std::time::Duration;

const NAME: &str = "mongodb";

/// A user of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

impl Account {
    /// Gives a file or directory to this user.
    pub fn own(&self, path: &Path) -> io::Result<()> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
    }
}

/// The account for the server, made if it is not there. None where the machine has only one user to give: not root, or
/// root of a user namespace that maps a single id. The server then runs as ourselves.
pub async fn for_server() -> Result<Option<Account>, ProgramError> {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
    if !Uid::effective().is_root() || single_user(&map) {
        return Ok(None);
    }
    if look_up().is_none() {
        let useradd = program::find("useradd")?;
        let arguments = [
            "--system",
            "--user-group",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
        ];
        let arguments = [&arguments[..], &["--shell", "/usr/sbin/nologin", NAME]].concat();
        program::run(&useradd, &arguments, None, Duration::from_secs(30)).await?;
    }
    look_up()
        .map(Some)
        .ok_or_else(|| ProgramError::Missing(format!("the user {NAME}")))
}

fn look_up() -> Option<Account> {
    // Read from the file, not through the C library: a static program must not load the machine's NSS modules.
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = passwd
        .lines()
        .find(|line| line.split(':').next() == Some(NAME))?;
    let mut fields = line.split(':').skip(2);
    Some(Account {
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
    })
}

/// True for the content of a `uid_map` that maps one id only.
fn single_user(map: &str) -> bool {
    let lengths = map
        .lines()
        .filter_map(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    lengths.sum::<u64>() == 1
}

#[cfg(test)]
mod tests {
    use super::single_user;

    #[test]
    fn a_map_of_one_id_is_told_from_a_whole_one() {
        assert!(single_user("         0       1000          1\n"));
        assert!(!single_user("         0          0 4294967295\n"));
        assert!(!single_user("0 1000 1\n1 100000 65536\n"));
        assert!(!single_user(""));
    }
}
