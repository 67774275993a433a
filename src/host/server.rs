//! The server's program: what it is, where it comes from.

use super::file::{self, FileError};
use super::paths;
use super::program::{self, ProgramError};
use std::io::Read;
use std::net::{IpAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// Where a new program waits until it has proved to be one.
const CANDIDATE: &str = "/var/lib/mongo-rs/bin/mongod-candidate";
/// Where a config waits until the program has seen it.
const CONFIG_CANDIDATE: &str = "/var/lib/mongo-rs/mongod.conf.candidate";
/// The oldest version whose wire protocol the driver speaks.
const OLDEST: (u32, u32) = (4, 4);

/// Whether a directory holds a server's data.
pub fn holds_database(directory: &Path) -> bool {
    directory.join("WiredTiger").is_file()
}

/// Why a file is not taken as the server's program.
#[derive(Debug, thiserror::Error)]
pub enum NotAServer {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It cannot be copied into place.
    #[error("{0}")]
    NotCopied(#[from] FileError),
    /// It is empty: Juju's way to deploy without a resource.
    #[error("it is empty")]
    Empty,
    /// It is not a program for Linux.
    #[error("it is not an executable for Linux")]
    NotExecutable,
    /// It does not run here.
    #[error("it does not run on this machine: {0}")]
    DoesNotRun(ProgramError),
    /// It runs, and is something else.
    #[error("it is not mongod: `--version` printed {0:?}")]
    SomethingElse(String),
    /// It is mongod, and too old.
    #[error("it is mongod {0}; 4.4 or newer is needed")]
    TooOld(String),
}

/// Mark of a file by which a replaced one is noticed: size and time of change.
pub fn stamp(path: &Path) -> std::io::Result<String> {
    let about = std::fs::metadata(path)?;
    Ok(format!(
        "{}-{}.{}",
        about.len(),
        about.mtime(),
        about.mtime_nsec()
    ))
}

fn looks_like_program(path: &Path) -> Result<(), NotAServer> {
    let mut head = [0_u8; 4];
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Err(NotAServer::Empty);
    }
    if file.read(&mut head)? < 4 || head != *b"\x7fELF" {
        return Err(NotAServer::NotExecutable);
    }
    Ok(())
}

/// Puts a copy of `source` in place as the server's program, after it has proved to be one; gives its version. Juju keeps
/// resources without the mode that lets them run, so it is the copy that is tried.
///
/// # Errors
/// Everything that makes it unfit, with the reason; the program that was there before stays.
pub async fn install(source: &Path) -> Result<String, NotAServer> {
    looks_like_program(source)?;
    let (candidate, program) = (Path::new(CANDIDATE), Path::new(paths::PROGRAM));
    if let Some(directory) = program.parent() {
        file::make_directory(directory, 0o755, None)?;
    }
    file::install_program(source, candidate)?;
    let version = version(candidate).await;
    match &version {
        Ok(_) => file::rename(candidate, program)?,
        Err(_) => file::remove(candidate)?,
    }
    version
}

/// What the installed program has against a config, if anything: `--outputConfig` reads it and starts nothing.
pub async fn refuses(config: &str) -> Result<Option<String>, FileError> {
    let candidate = Path::new(CONFIG_CANDIDATE);
    file::write(candidate, config.as_bytes(), 0o600, None)?;
    let arguments = ["--config", CONFIG_CANDIDATE, "--outputConfig"];
    let limit = Duration::from_secs(30);
    let printed = program::run(Path::new(paths::PROGRAM), &arguments, None, limit).await;
    file::remove(candidate)?;
    match printed {
        Err(ProgramError::Failed { stderr, .. }) => Ok(Some(objection(&stderr))),
        // One that cannot be asked will say itself, when it starts, what is wrong.
        _ => Ok(None),
    }
}

/// Why a server with this config would find nowhere to listen, in the words of the charm's options; the port on which one
/// runs now is its own.
pub async fn cannot_listen(config: &str, own_port: Option<u16>) -> Option<String> {
    let config: serde_yaml::Value = serde_yaml::from_str(config).ok()?;
    let net = &config["net"];
    let port = u16::try_from(net["port"].as_u64()?).ok()?;
    let running = super::service::process().await.is_some();
    let own = running && own_port == Some(port);
    let listed = net["bindIp"].as_str().unwrap_or("0.0.0.0");
    let addresses = listed.split(',').filter_map(|text| text.parse().ok());
    addresses.into_iter().find_map(|address: IpAddr| {
        let refused = TcpListener::bind((address, port)).err()?;
        no_place(address, port, own, refused.kind())
    })
}

fn no_place(address: IpAddr, port: u16, own: bool, refused: std::io::ErrorKind) -> Option<String> {
    use std::io::ErrorKind::{AddrInUse, AddrNotAvailable};
    match refused {
        AddrNotAvailable => Some(format!(
            "option bind-ip: no network card of this machine has the address {address}; use '*' or addresses that it has"
        )),
        AddrInUse if !own => Some(format!(
            "option port={port}: another program listens on {address} port {port}; use a port that is free"
        )),
        // Whatever else it is, the server says so itself.
        _ => None,
    }
}

/// The reason in what `mongod` printed: plain words before a hint, or a log line with an error in it.
fn objection(printed: &str) -> String {
    let lines = serde_json::Deserializer::from_str(printed).into_iter::<serde_json::Value>();
    let errors = lines.filter_map(|line| {
        let line = line.ok()?;
        Some(line["attr"]["error"]["errmsg"].as_str()?.to_owned())
    });
    let plain = || printed.split(" try '").next().unwrap_or_default();
    let why = errors.last().unwrap_or_else(|| plain().to_owned());
    why.chars().take(300).collect()
}

async fn version(program: &Path) -> Result<String, NotAServer> {
    let printed = program::run(program, &["--version"], None, Duration::from_secs(60)).await;
    parse_version(&printed.map_err(NotAServer::DoesNotRun)?)
}

fn parse_version(printed: &str) -> Result<String, NotAServer> {
    let first = printed.lines().next().unwrap_or_default();
    let Some(version) = first.strip_prefix("db version v") else {
        return Err(NotAServer::SomethingElse(first.chars().take(60).collect()));
    };
    let mut numbers = version
        .split('.')
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found < OLDEST {
        Err(NotAServer::TooOld(version.to_owned()))
    } else {
        Ok(version.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_listen_is_ours_or_free() {
        use std::io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
        let at = [203, 0, 113, 7].into();
        for (refused, own, part) in [
            (
                AddrNotAvailable,
                true,
                Some("bind-ip: no network card of this machine has the address 203.0.113.7"),
            ),
            (
                AddrInUse,
                false,
                Some("port=27018: another program listens"),
            ),
            (AddrInUse, true, None),
            (PermissionDenied, false, None),
        ] {
            let said = no_place(at, 27018, own, refused);
            assert_eq!(said.is_some(), part.is_some(), "{said:?}");
            assert!(said.unwrap_or_default().contains(part.unwrap_or_default()));
        }
    }

    #[test]
    fn the_objection_of_a_server_is_found_in_what_it_prints() {
        // Both as MongoDB 6.0.5 prints them.
        assert_eq!(
            objection(
                "Unrecognized option: nonsense.a try '/bin/mongod --help' for more information"
            ),
            "Unrecognized option: nonsense.a"
        );
        let line = r#"{"t":{"$date":"2026-01-01T00:00:00.000Z"},"s":"F", "c":"CONTROL", "id":20574, "ctx":"-","msg":"Error during global initialization","attr":{"error":{"code":2,"codeName":"BadValue","errmsg":"Unknown --setParameter 'slowWater'"}}}"#;
        assert_eq!(objection(line), "Unknown --setParameter 'slowWater'");
    }

    #[test]
    fn the_version_is_read_and_old_or_other_programs_are_refused() {
        assert_eq!(
            parse_version("db version v6.0.5\nBuild Info: {").unwrap(),
            "6.0.5"
        );
        assert!(matches!(
            parse_version("db version v4.2.24"),
            Err(NotAServer::TooOld(_))
        ));
        assert!(matches!(
            parse_version("mongos version v6.0.5"),
            Err(NotAServer::SomethingElse(_))
        ));
        assert!(matches!(
            parse_version(""),
            Err(NotAServer::SomethingElse(_))
        ));
    }
}
