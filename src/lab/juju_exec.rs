//! `juju-exec` (`juju-run` in Juju 2.9): a command in a unit's hook context, asked for on its machine and outside any hook.
//!
//! In: the command line of Juju's own (`cmd/jujud/run/run.go`). Out: the command's output and exit code. The command is
//! handed to the unit's agent over `run.socket` in the agent's folder, one JSON document each way, and the agent runs it
//! when what it does now is done.

use super::paths;
use super::profile::Profile;
use crate::model::unit::UnitName;
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// The agent's socket for commands, in its folder.
pub const SOCKET: &str = "run.socket";
/// Where the units' agents are.
const AGENTS: &str = "/var/lib/juju/agents";
/// What a hook has in its environment, and nobody else.
const CONTEXT: &str = "JUJU_CONTEXT_ID";

/// What the program is called in a version of Juju.
pub fn name(profile: Profile) -> &'static str {
    if profile == Profile::V2_9 {
        "juju-run"
    } else {
        "juju-exec"
    }
}

/// A command for a unit's agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The text for the shell.
    pub command: String,
    /// The relation that the context is about.
    pub relation: Option<u32>,
    /// The remote unit that the context is about.
    pub remote_unit: Option<UnitName>,
}

/// How the command ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it printed on standard error.
    pub stderr: String,
}

/// What the agent answers: how the command ended, or why it was not run.
pub type Answer = Result<Done, String>;

/// The command line.
#[derive(Debug, Parser)]
#[command(about = "run commands in a unit's hook context")]
struct Line {
    /// Explicit unit-name, all other arguments are commands; the only unit here if empty.
    #[arg(short = 'u')]
    unit: Option<String>,
    /// Run the commands for a specific relation context on a unit.
    #[arg(short = 'r', long)]
    relation: Option<String>,
    /// Run the commands for a specific remote unit in a relation context on a unit.
    #[arg(long)]
    remote_unit: Option<String>,
    /// Do not run the command in a unit context.
    #[arg(long)]
    no_context: bool,
    /// The unit, unless `-u` is there, then the commands.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// By the shell, here and now.
    Plain(String),
    /// By the agent with this tag.
    InContext(String, Request),
}

/// Runs it, called by this name with these arguments, and gives its exit code.
pub fn run(
    name: &str,
    arguments: Vec<String>,
    environment: &BTreeMap<String, String>,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    let line = match Line::try_parse_from(std::iter::once(name.to_owned()).chain(arguments)) {
        Ok(line) => line,
        Err(error) => {
            // Nobody is left to tell when this fails.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let context = environment.get(CONTEXT).map(String::as_str);
    let mut complain = |code: u8, problem: String| {
        let _ = writeln!(stderr, "ERROR {problem}");
        ExitCode::from(code)
    };
    let answer = match wanted(name, line, context, &units_here(Path::new(AGENTS))) {
        Err(problem) => return complain(2, problem),
        Ok(Wanted::Plain(command)) => plain(&command),
        Ok(Wanted::InContext(tag, request)) => in_context(&tag, &request),
    };
    match answer {
        Ok(done) => {
            let _ = stdout.write_all(done.stdout.as_bytes());
            let _ = stderr.write_all(done.stderr.as_bytes());
            ExitCode::from(u8::try_from(done.code).unwrap_or(1))
        }
        Err(problem) => complain(1, problem),
    }
}

/// The tags of the units whose agents are on this machine.
fn units_here(agents: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(agents).into_iter().flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("unit-"))
        .collect()
}

/// Works out what is wanted. Pure.
fn wanted(
    name: &str,
    line: Line,
    context: Option<&str>,
    here: &[String],
) -> Result<Wanted, String> {
    if let Some(context) = context.filter(|context| !context.is_empty()) {
        return Err(format!(
            "{name} cannot be called from within a hook, have context {context:?}"
        ));
    }
    let mut words = line.words;
    if line.no_context {
        if let Some(unit) = line.unit {
            return Err(format!(
                "-no-context cannot be passed with an explicit unit-name (-u {unit:?})"
            ));
        }
        return Ok(Wanted::Plain(command(&words)?));
    }
    let only = || match here {
        [only] => Ok(only.clone()),
        _ => Err("no unit".to_owned()),
    };
    let unit = match line.unit.as_deref() {
        Some("") => only()?,
        Some(unit) => tag(unit).ok_or_else(|| not_a_tag(unit))?,
        None => {
            let first = words.first().ok_or("missing unit-name")?.clone();
            match tag(&first) {
                Some(tag) => {
                    words.remove(0);
                    tag
                }
                None => only().map_err(|_| not_a_tag(&first))?,
            }
        }
    };
    let remote_unit = line.remote_unit.filter(|unit| !unit.is_empty());
    let remote_unit = remote_unit
        .map(|unit| unit.parse())
        .transpose()
        .map_err(|error| format!("remoteUnit is not a valid unit name: {error}"))?;
    let relation = line.relation.filter(|id| !id.is_empty());
    let relation = relation
        .map(|id| id.rsplit(':').next().unwrap_or_default().parse::<u32>())
        .transpose()
        .map_err(|_| "invalid relation id")?;
    if let (Some(unit), None) = (&remote_unit, relation) {
        return Err(format!("remote unit: {unit}, provided without a relation"));
    }
    let request = Request {
        command: command(&words)?,
        relation,
        remote_unit,
    };
    Ok(Wanted::InContext(unit, request))
}

fn not_a_tag(text: &str) -> String {
    format!("{text:?} is not a valid tag")
}

/// The tag of a unit that was given by its name or its tag.
fn tag(text: &str) -> Option<String> {
    if let Ok(unit) = text.parse::<UnitName>() {
        return Some(paths::tag(&unit));
    }
    let (application, number) = text.strip_prefix("unit-")?.rsplit_once('-')?;
    let unit: UnitName = format!("{application}/{number}").parse().ok()?;
    Some(paths::tag(&unit))
}

/// One text for the shell: a single argument is one already, several are quoted.
fn command(words: &[String]) -> Result<String, String> {
    match words {
        [] => Err("missing commands".to_owned()),
        [text] => Ok(text.clone()),
        words => {
            let quoted = words
                .iter()
                .map(|word| format!("'{}'", word.replace('\'', r"'\''")));
            Ok(quoted.collect::<Vec<_>>().join(" "))
        }
    }
}

fn plain(command: &str) -> Answer {
    let output = std::process::Command::new("/bin/bash")
        .args(["-c", command])
        .output()
        .map_err(|error| format!("failed to start the shell: {error}"))?;
    Ok(Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

fn in_context(tag: &str, request: &Request) -> Answer {
    let folder = Path::new(AGENTS).join(tag);
    if !folder.is_dir() {
        let unit = tag.trim_start_matches("unit-");
        return Err(format!("unit {unit:?} not found on this machine"));
    }
    let broken = |error: std::io::Error| format!("the connection to the agent broke: {error}");
    let mut stream = UnixStream::connect(folder.join(SOCKET))
        .map_err(|error| format!("dialing {} socket: {error}", "juju run"))?;
    let mut line = serde_json::to_vec(request).map_err(|error| error.to_string())?;
    line.push(b'\n');
    stream.write_all(&line).map_err(broken)?;
    let mut answer = String::new();
    // However long the unit is busy: Juju sets no limit either.
    let read = BufReader::new(stream)
        .read_line(&mut answer)
        .map_err(broken)?;
    if read == 0 {
        return Err("the agent went away before the command was run".to_owned());
    }
    serde_json::from_str(&answer)
        .map_err(|error| format!("cannot read the agent's answer: {error}"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(words: &[&str], context: Option<&str>, here: &[&str]) -> Result<Wanted, String> {
        let line =
            Line::try_parse_from(std::iter::once(&"juju-exec").chain(words)).expect("a line");
        let here: Vec<String> = here.iter().map(|tag| (*tag).to_owned()).collect();
        wanted("juju-exec", line, context, &here)
    }

    fn request(command: &str) -> Request {
        Request {
            command: command.to_owned(),
            relation: None,
            remote_unit: None,
        }
    }

    #[test]
    fn the_command_line_is_jujus() {
        let of = |command: &str| Ok(Wanted::InContext("unit-m-0".to_owned(), request(command)));
        let cases = [
            (&["m/0", "hostname -f"][..], of("hostname -f")),
            (&["unit-m-0", "hostname"], of("hostname")),
            (&["-u", "m/0", "hostname"], of("hostname")),
            (
                &["-u", "m/0", "--", "echo", "it's"],
                of(r"'echo' 'it'\''s'"),
            ),
            (&["-u", "", "hostname"], of("hostname")),
            (&["hostname"], of("hostname")),
            (
                &["--no-context", "hostname"],
                Ok(Wanted::Plain("hostname".to_owned())),
            ),
            (&[], Err("missing unit-name".to_owned())),
            (&["m/0"], Err("missing commands".to_owned())),
            (
                &["-u", "M", "hostname"],
                Err("\"M\" is not a valid tag".to_owned()),
            ),
            (
                &["-r", "replicas:x", "m/0", "a"],
                Err("invalid relation id".to_owned()),
            ),
            (
                &["--remote-unit", "m/1", "m/0", "a"],
                Err("remote unit: m/1, provided without a relation".to_owned()),
            ),
        ];
        for (words, expected) in cases {
            assert_eq!(asked(words, None, &["unit-m-0"]), expected, "{words:?}");
        }
        let two = ["unit-m-0", "unit-n-0"];
        assert_eq!(
            asked(&["hostname"], Some(""), &two),
            Err("\"hostname\" is not a valid tag".to_owned())
        );
        let of_relation = Request {
            relation: Some(3),
            remote_unit: Some("m/1".parse().unwrap()),
            ..request("a")
        };
        assert_eq!(
            asked(
                &["-r", "replicas:3", "--remote-unit", "m/1", "m/0", "a"],
                None,
                &two
            ),
            Ok(Wanted::InContext("unit-m-0".to_owned(), of_relation))
        );
    }

    #[test]
    fn a_hook_cannot_wait_for_itself() {
        let refused = asked(&["m/0", "a"], Some("m/0-install-7"), &[]);
        let text = r#"juju-exec cannot be called from within a hook, have context "m/0-install-7""#;
        assert_eq!(refused, Err(text.to_owned()));
    }
}
