//! The system's programs that a lab runs.

use std::path::PathBuf;

/// Where programs of the system are, also those for root, which are not on an ordinary user's PATH.
pub(crate) const FOLDERS: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The programs, and the Debian and Ubuntu package of each.
pub(crate) const PROGRAMS: [(&str, &str); 6] = [
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("setsid", "util-linux"),
    ("setpriv", "util-linux"),
    ("ip", "iproute2"),
    ("nft", "nftables"),
];

/// A program's full path.
///
/// # Errors
/// It is neither on PATH nor in a folder of the system; the text says which package has it.
pub(crate) fn find(program: &str) -> anyhow::Result<PathBuf> {
    which::which(program)
        .or_else(|_| which::which_in(program, Some(FOLDERS), "/"))
        .map_err(|_| {
            anyhow::anyhow!(
                "the program `{program}` was not found; {}",
                install(program)
            )
        })
}

/// What to type to get a program.
pub(crate) fn install(program: &str) -> String {
    let package = PROGRAMS
        .iter()
        .find(|(name, _)| *name == program)
        .map_or(program, |(_, package)| package);
    format!("install it with `sudo apt-get install {package}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_comes_with_its_package() {
        assert!(find("sh").unwrap().is_absolute());
        let error = find("no-such-program").unwrap_err().to_string();
        assert!(error.contains("`no-such-program` was not found"), "{error}");
        assert_eq!(
            install("ip"),
            "install it with `sudo apt-get install iproute2`"
        );
    }
}
