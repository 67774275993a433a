//! The calling side of the hook tools: the lab's program, called through a link with a tool's name.
//!
//! In: arguments, `JUJU_CONTEXT_ID` and the socket's address. Out: what the controller answers. Files that arguments name
//! are read and written here, where they are.

use super::protocol::{Reply, Request, Supply};
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;

/// What a tool's process takes from its environment.
#[derive(Debug, Default)]
pub struct Environment {
    /// `JUJU_CONTEXT_ID`.
    pub context: Option<String>,
    /// `JUJU_AGENT_SOCKET_ADDRESS`.
    pub socket: Option<String>,
}

/// Runs a tool and returns its exit code.
pub fn run(
    tool: &str,
    arguments: Vec<String>,
    environment: &Environment,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> ExitCode {
    let code = match talk(tool, arguments, environment) {
        Ok(Reply::Done {
            code,
            stdout: text,
            stderr: problems,
            file,
        }) => {
            let written = match file {
                Some(path) => std::fs::write(&path, &text)
                    .map_err(|error| format!("cannot write {path}: {error}")),
                // A reader that went away (`config-get | head -1`) is no failure of the tool.
                None => stdout.write_all(text.as_bytes()).or(Ok(())),
            };
            let _ = stderr.write_all(problems.as_bytes());
            match written {
                Ok(()) => u8::try_from(code).unwrap_or(1),
                Err(problem) => complain(stderr, &problem),
            }
        }
        Ok(Reply::NeedFile(_)) => complain(stderr, "the controller's answer makes no sense"),
        Err(problem) => complain(stderr, &problem),
    };
    ExitCode::from(code)
}

fn complain(stderr: &mut dyn Write, problem: &str) -> u8 {
    let _ = writeln!(stderr, "ERROR {problem}");
    1
}

fn talk(tool: &str, arguments: Vec<String>, environment: &Environment) -> Result<Reply, String> {
    let context = environment
        .context
        .clone()
        .filter(|id| !id.is_empty())
        .ok_or("JUJU_CONTEXT_ID not set")?;
    let socket = environment
        .socket
        .clone()
        .filter(|path| !path.is_empty())
        .ok_or("JUJU_AGENT_SOCKET_ADDRESS not set")?;
    let stream = UnixStream::connect(Path::new(&socket))
        .map_err(|error| format!("dial unix {socket}: connect: {error}"))?;
    let broken = |error: std::io::Error| format!("the connection to the agent broke: {error}");
    let mut writer = stream.try_clone().map_err(broken)?;
    let mut reader = BufReader::new(stream);
    send(
        &mut writer,
        &Request {
            context,
            tool: tool.to_owned(),
            arguments,
        },
    )?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).map_err(broken)? == 0 {
            return Err("the agent closed the connection".to_owned());
        }
        let reply = serde_json::from_str(&line)
            .map_err(|error| format!("cannot read the agent's answer: {error}"))?;
        match reply {
            Reply::NeedFile(name) => send(
                &mut writer,
                &Supply {
                    content: read(&name),
                },
            )?,
            done @ Reply::Done { .. } => return Ok(done),
        }
    }
}

fn send(writer: &mut UnixStream, document: &impl serde::Serialize) -> Result<(), String> {
    let mut line = serde_json::to_vec(document).map_err(|error| error.to_string())?;
    line.push(b'\n');
    writer
        .write_all(&line)
        .map_err(|error| format!("cannot write to the agent: {error}"))
}

fn read(name: &str) -> Result<Vec<u8>, String> {
    if name == "-" {
        let mut content = Vec::new();
        std::io::stdin()
            .read_to_end(&mut content)
            .map_err(|error| error.to_string())?;
        return Ok(content);
    }
    std::fs::read(name).map_err(|error| format!("open {name}: {error}"))
}
