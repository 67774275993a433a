//! Commands that were asked for on the unit's own machine.

use super::{Agent, Program, at_rest};
use crate::lab::command_queue::Waiting;
use crate::lab::context::HookContext;
use crate::lab::juju_exec::{Answer, Done};
use crate::lab::model::{Status, Step};
use crate::lab::moment::Moment;
use crate::lab::process::Ended;
use anyhow::Result;

impl Agent {
    /// A command from the machine. It is no task: nobody can list it, and its output goes to whoever asked.
    pub(super) async fn command(&mut self, waiting: Waiting) -> Result<()> {
        let (request, now) = (waiting.request, Moment::now());
        self.controller.change(|model| {
            if let Some(unit) = model.units.get_mut(&self.name) {
                unit.agent = Status::new("executing", "running commands", now);
            }
            Ok(())
        })?;
        let context = HookContext::for_command(
            &self.name,
            request.relation,
            request.remote_unit,
            std::mem::take(&mut self.cache),
            rand::random(),
        );
        let execution = self.execute(context, Program::Command(request.command), None);
        let (context, ended) = execution.await?;
        self.cache = context.cache.clone();
        let answer: Option<Answer> = match ended {
            Ended::Missing | Ended::PowerLost => None,
            Ended::Code {
                code,
                stdout,
                stderr,
                ..
            } => {
                // Its changes stay whatever its exit code.
                let committed = self.controller.change(|model| {
                    let pending = &context.pending;
                    pending
                        .commit(model, &self.name)
                        .map_err(anyhow::Error::msg)
                });
                let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
                Some(match committed {
                    Ok(()) => Ok(Done {
                        code,
                        stdout: text(stdout),
                        stderr: text(stderr),
                    }),
                    Err(error) => Err(format!("{error:#}")),
                })
            }
        };
        let now = Moment::now();
        self.controller.change(|model| {
            if let Some(unit) = model.units.get_mut(&self.name) {
                let failed = if let Step::Failed(hook) = &unit.step {
                    Some(hook)
                } else {
                    None
                };
                unit.agent = at_rest(failed, now);
            }
            Ok(())
        })?;
        if let Some(answer) = answer {
            // Whoever asked may have gone.
            let _ = waiting.caller.send(answer);
        }
        Ok(())
    }
}
