//! The charm, and the same program as a command-line tool: what was I called as? → run → exit code.

use clap::Parser;
use mongo_rs::agent::command_line::{self, CommandLine};
use mongo_rs::agent::{action, hook, logging};
use mongo_rs::juju::context::{self, Called, Context};
use std::process::ExitCode;

fn main() -> ExitCode {
    let argv0 = std::env::args().next().unwrap_or_default();
    match context::read(&context::environment(), &argv0) {
        Some(Ok(context)) if context.called != Called::CommandLine => for_juju(&context),
        Some(Err(error)) => {
            logging::start(tracing::Level::INFO);
            tracing::error!("JUJU_UNIT_NAME: {error}");
            ExitCode::FAILURE
        }
        _ => for_a_person(),
    }
}

/// One thread is enough for a hook; it is made only when there is something to do.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn for_juju(context: &Context) -> ExitCode {
    // What an action writes to standard error becomes part of its results: only what went wrong belongs there.
    let usual = match &context.called {
        Called::Action(_) => tracing::Level::WARN,
        _ => tracing::Level::INFO,
    };
    let asked = context.log.as_deref().and_then(|level| level.parse().ok());
    logging::start(asked.unwrap_or(usual));
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = match &context.called {
        Called::Hook(event) => runtime.block_on(hook::run(context, event.clone())),
        Called::Action(name) => runtime.block_on(action::run(context, name)),
        Called::UnknownHook(name) => {
            tracing::info!("this charm has nothing to do for the hook {name}");
            Ok(())
        }
        Called::CommandLine => Ok(()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            // A unit that goes must not be held back by what cannot be told to anybody any more.
            let leaving = matches!(&context.called, Called::Hook(event) if event.is_leaving());
            if leaving {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn for_a_person() -> ExitCode {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Standard error that is closed leaves nobody to tell.
            let _ = error.print();
            // Not clap's own 2: that is a verdict of `unknown` here.
            return match error.use_stderr() {
                true => ExitCode::from(command_line::FAILED),
                false => ExitCode::SUCCESS,
            };
        }
    };
    logging::start(line.log_level());
    match runtime() {
        Ok(runtime) => {
            let code = runtime.block_on(command_line::run(line, &mut std::io::stdout()));
            // A slow look-up of a name must not hold the end back.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            tracing::error!("no runtime: {error}");
            ExitCode::FAILURE
        }
    }
}
