//! Juju's plugins: a command NAME that is none of its own is the program `juju-NAME` on `PATH`, with the words that follow
//! (Juju's `cmd/juju/commands/plugin.go`).

use super::{LAB_HOME, VERSION_END, default_home};
use anyhow::{Context as _, Result, ensure};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A command line whose command is none of the lab's own: what stands before it is the lab's, what follows is not.
#[derive(Debug, Parser)]
struct Words {
    #[arg(long, env = LAB_HOME, default_value_os_t = default_home())]
    home: PathBuf,
    #[command(subcommand)]
    command: Unknown,
}

#[derive(Debug, Subcommand)]
enum Unknown {
    #[command(external_subcommand)]
    Command(Vec<OsString>),
}

/// What a command line asks of a plugin.
#[derive(Debug, PartialEq)]
struct Asked {
    home: PathBuf,
    program: String,
    arguments: Vec<OsString>,
}

/// Becomes the plugin that the words name. If there is none, the process ends with what is wrong with them.
///
/// # Errors
/// There is one, but it cannot be started, or its orders would reach another Juju.
pub fn instead_of(error: &clap::Error, words: impl IntoIterator<Item = OsString>) -> Result<i32> {
    let unknown = error.kind() == ErrorKind::InvalidSubcommand;
    let found = unknown.then(|| asked(words)).flatten().and_then(|asked| {
        let program = which::which(&asked.program).ok()?;
        Some((program, asked))
    });
    let Some((program, asked)) = found else {
        error.exit();
    };
    let home = std::path::absolute(&asked.home)?;
    reaches_a_lab(&program, &home)?;
    let mut plugin = Command::new(&program);
    plugin.args(&asked.arguments).env(LAB_HOME, home);
    Err(plugin.exec()).with_context(|| {
        format!(
            "failed to start the plugin {}; a script needs a first line like #!/bin/sh",
            program.display()
        )
    })
}

fn asked(words: impl IntoIterator<Item = OsString>) -> Option<Asked> {
    let Words { home, command } = Words::try_parse_from(words).ok()?;
    let Unknown::Command(words) = command;
    let mut words = words.into_iter();
    let name = words.next()?.into_string().ok()?;
    // As Juju's names of plugins; and `lab help nonsense` is a wrong word for `help`, not for a plugin.
    let possible = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && !name.contains('/')
        && name != "help";
    possible.then(|| Asked {
        home,
        program: format!("juju-{name}"),
        arguments: words.collect(),
    })
}

/// A plugin gives its orders with `juju`. Where that is the real one, faults meant for a lab would strike what is in use.
fn reaches_a_lab(program: &Path, home: &Path) -> Result<()> {
    let told = Command::new("juju")
        .arg("version")
        .env(LAB_HOME, home)
        .stdin(Stdio::null())
        .output();
    let version = told.map(|told| String::from_utf8_lossy(&told.stdout).trim().to_owned());
    ensure!(
        version
            .as_deref()
            .is_ok_and(|version| version.ends_with(VERSION_END)),
        "the plugin {} was not started, because it would call `juju`, and {}; \
         put a link named juju to this lab into a folder that is first on PATH",
        program.display(),
        match version {
            Ok(version) => format!("the one on PATH is no lab (its version is {version:?})"),
            Err(_) => "there is none on PATH".to_owned(),
        }
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &[&str]) -> Option<Asked> {
        asked(words.iter().map(OsString::from))
    }

    #[test]
    fn what_stands_before_the_name_is_the_labs_and_the_rest_the_plugins() {
        let words = [
            "juju", "--home", "/x", "mongo-rs", "part", "--home", "y", "-n",
        ];
        let expected = Asked {
            home: "/x".into(),
            program: "juju-mongo-rs".to_owned(),
            arguments: ["part", "--home", "y", "-n"].map(OsString::from).to_vec(),
        };
        assert_eq!(of(&words), Some(expected));
    }

    #[test]
    fn not_every_word_can_name_a_plugin() {
        for words in [
            &["lab"][..],
            &["lab", "help", "nonsense"],
            &["lab", "a/b"],
            &["lab", "/bin/sh"],
            &["lab", "7"],
            &["lab", "--nonsense", "mongo-rs"],
        ] {
            assert_eq!(of(words), None, "{words:?}");
        }
    }
}
