//! The stand-in for Juju. Called through a link with the name of a hook tool, or of `juju-exec`, it is that program.

use mongo_rs::juju::context::environment;
use mongo_rs::lab::cli;
use mongo_rs::lab::hooktools::client;
use mongo_rs::lab::juju_exec;
use mongo_rs::lab::profile::Profile;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args();
    let called = words.next().unwrap_or_default();
    let name = Path::new(&called)
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
        .to_owned();
    let tools = [Profile::V2_9, Profile::V3_6, Profile::V4_0];
    if tools
        .into_iter()
        .any(|profile| mongo_rs::lab::hooktools::names(profile).any(|tool| tool == name))
    {
        let mut environment = environment();
        let environment = client::Environment {
            context: environment.remove("JUJU_CONTEXT_ID"),
            socket: environment.remove("JUJU_AGENT_SOCKET_ADDRESS"),
        };
        return client::run(
            &name,
            words.collect(),
            &environment,
            &mut std::io::stdout(),
            &mut std::io::stderr(),
        );
    }
    if tools
        .iter()
        .any(|profile| juju_exec::name(*profile) == name)
    {
        return juju_exec::run(
            &name,
            words.collect(),
            &environment(),
            &mut std::io::stdout(),
            &mut std::io::stderr(),
        );
    }
    match cli::start() {
        Ok(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "ERROR {error:#}");
            ExitCode::FAILURE
        }
    }
}
