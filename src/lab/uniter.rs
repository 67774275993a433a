//! A unit's agent: one task a unit, one operation at a time.
//!
//! What is next is said by the [`resolver`]; this carries it out: unpacks the charm, runs a hook, an action or a command
//! in the machine, and commits or drops what its tools asked for.

mod command;

use super::command_queue::CommandQueue;
use super::context::{HookContext, SettingsCache, environment};
use super::controller::Controller;
use super::debug_log::Level;
use super::model::{Hook, HookKind, Life, Model, Status, Step, Task, TaskKind, TaskStatus};
use super::moment::Moment;
use super::process::{self, Ended, Job};
use super::resolver::{self, Next};
use super::tool_server::ToolServer;
use super::{actions, hooktools, pack, paths, provisioner};
use crate::model::unit::UnitName;
use anyhow::{Context as _, Result};
use fs_err as fs;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Runs the agent until its unit is gone.
pub async fn run(controller: Arc<Controller>, name: UnitName) {
    let log = controller.log.clone();
    let tag = paths::tag(&name);
    loop {
        let mut agent = Agent {
            controller: Arc::clone(&controller),
            name: name.clone(),
            cache: SettingsCache::default(),
            tools: None,
            commands: None,
        };
        match agent.work().await {
            Ok(()) => return,
            Err(error) => log.write(&tag, Level::Error, "lab.uniter", &format!("{error:#}")),
        }
        // As systemd does with a jujud that fell over.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

struct Agent {
    controller: Arc<Controller>,
    name: UnitName,
    cache: SettingsCache,
    tools: Option<ToolServer>,
    commands: Option<CommandQueue>,
}

impl Agent {
    async fn work(&mut self) -> Result<()> {
        let mut changed = self.controller.subscribe();
        loop {
            changed.borrow_and_update();
            let model = self.controller.model();
            let Some(unit) = model.units.get(&self.name) else {
                return Ok(());
            };
            let running = model
                .machines
                .get(&unit.machine)
                .is_some_and(|machine| machine.running);
            let commands = match &mut self.commands {
                Some(commands) => commands,
                None => self
                    .commands
                    .insert(CommandQueue::open(&self.controller.paths, &self.name)?),
            };
            if !running && unit.life != Life::Dead {
                // Who asked has lost its power as well.
                commands.clear();
                changed.changed().await.context("the controller ended")?;
                continue;
            }
            if unit.charm.is_none() && unit.life == Life::Alive {
                self.unpack(&model)?;
                continue;
            }
            let now = Moment::now();
            match resolver::next(&model, &self.name, now, commands.any()) {
                Next::Run(hook) => self.hook(&hook).await?,
                Next::Task(id) => self.task(id).await?,
                Next::Command => match commands.take() {
                    Some(waiting) => self.command(waiting).await?,
                    None => continue,
                },
                Next::FailTask(id) => self.fail_task(id)?,
                Next::Upgrade(_) => {
                    self.unpack(&model)?;
                    self.controller.change(|model| {
                        if let Some(unit) = model.units.get_mut(&self.name) {
                            unit.step = Step::Queued(Hook::plain(HookKind::UpgradeCharm));
                        }
                        Ok(())
                    })?;
                }
                Next::Note(note) => self.controller.change(|model| {
                    note.take(model, &self.name, now);
                    Ok(())
                })?,
                Next::Gone => return self.gone().await,
                Next::Wait(until) => {
                    let rest = until.map_or(3_600_000, |at| at.since(now).max(1));
                    let rest = Duration::from_millis(rest.unsigned_abs());
                    tokio::select! {
                        _ = changed.changed() => {}
                        () = commands.come() => {}
                        () = tokio::time::sleep(rest) => {}
                    }
                }
            }
        }
    }

    /// Puts the charm's files, its resources and the links of the hook tools in place.
    fn unpack(&mut self, model: &Model) -> Result<()> {
        let (paths, name) = (&self.controller.paths, &self.name);
        let application = model
            .applications
            .get(name.application())
            .context("the application is gone")?;
        let charm = paths.agent(name).join("charm");
        fs::create_dir_all(&charm)?;
        pack::unpack(
            &paths.charm(&application.name, application.revision),
            &charm,
        )?;
        let tools = paths.tools(name);
        fs::create_dir_all(&tools)?;
        for tool in hooktools::names(model.settings.profile) {
            let link = tools.join(tool);
            if !link.is_symlink() {
                fs::os::unix::fs::symlink(super::machine::LAB_IN_MACHINE, link)?;
            }
        }
        let revision = application.revision;
        self.controller.change(|model| {
            if let Some(unit) = model.units.get_mut(name) {
                unit.charm = Some(revision);
            }
            Ok(())
        })
    }

    /// Resources as `resource-get` shows them: the file that was attached last.
    fn place_resources(&self, model: &Model) -> Result<()> {
        let (paths, name) = (&self.controller.paths, &self.name);
        let Some(application) = model.applications.get(name.application()) else {
            return Ok(());
        };
        for (resource, attached) in &application.resources {
            let from = paths
                .resources(&application.name)
                .join(format!("{resource}-{}", attached.revision));
            let folder = paths.agent(name).join("resources").join(resource);
            let (to, mark) = (folder.join(&attached.filename), folder.join(".revision"));
            let there = std::fs::read_to_string(&mark).unwrap_or_default();
            if there == attached.revision.to_string() && to.exists() {
                continue;
            }
            fs::create_dir_all(&folder)?;
            let _ = std::fs::remove_file(&to);
            // The same disk: a second name costs nothing.
            if fs::hard_link(&from, &to).is_err() {
                fs::copy(&from, &to)?;
            }
            fs::write(&mark, attached.revision.to_string())?;
        }
        Ok(())
    }

    async fn hook(&mut self, hook: &Hook) -> Result<()> {
        let now = Moment::now();
        let to_run = self
            .controller
            .change(|model| Ok(resolver::begin(model, &self.name, hook, now)))?;
        if !to_run {
            return Ok(());
        }
        self.place_resources(&self.controller.model())?;
        let context = HookContext::for_hook(
            &self.name,
            hook,
            std::mem::take(&mut self.cache),
            rand::random(),
        );
        let (context, ended) = self
            .execute(
                context,
                Program::Dispatch(format!("hooks/{}", hook.name())),
                None,
            )
            .await?;
        self.cache = context.cache.clone();
        let now = Moment::now();
        match ended {
            Ended::PowerLost => self.controller.change(|model| {
                resolver::interrupted(model, &self.name, now);
                Ok(())
            }),
            Ended::Missing => {
                self.log(
                    Level::Info,
                    &hook.name(),
                    &format!("skipped {:?} hook (missing)", hook.name()),
                );
                self.commit(&context, hook)
            }
            Ended::Code { code: 0, .. } => self.commit(&context, hook),
            Ended::Code { code, .. } => {
                self.log(
                    Level::Error,
                    &hook.name(),
                    &format!("hook {:?} failed: exit status {code}", hook.name()),
                );
                self.controller.change(|model| {
                    resolver::fail(model, &self.name, hook, now, rand::random());
                    Ok(())
                })
            }
        }
    }

    /// All that the hook asked for and the note that it is done, in one transaction; if that fails, the hook failed.
    fn commit(&self, context: &HookContext, hook: &Hook) -> Result<()> {
        let now = Moment::now();
        let committed = self.controller.change(|model| {
            context
                .pending
                .commit(model, &self.name)
                .map_err(anyhow::Error::msg)?;
            resolver::commit(model, &self.name, hook, now);
            Ok(())
        });
        let Err(error) = committed else { return Ok(()) };
        self.log(
            Level::Error,
            &hook.name(),
            &format!("hook {:?} failed: {error:#}", hook.name()),
        );
        self.controller.change(|model| {
            resolver::fail(model, &self.name, hook, now, rand::random());
            Ok(())
        })
    }

    async fn task(&mut self, id: u64) -> Result<()> {
        let now = Moment::now();
        let task = self.controller.change(|model| {
            let task = model.tasks.get_mut(&id).context("the task is gone")?;
            task.status = TaskStatus::Running;
            task.started = Some(now);
            let task = task.clone();
            if let Some(unit) = model.units.get_mut(&self.name) {
                let waiting = if let Step::Failed(hook) = &unit.step {
                    Some(hook.clone())
                } else {
                    None
                };
                unit.step = Step::Acting(id, waiting);
                unit.agent =
                    Status::new("executing", &format!("running action {}", task.name()), now);
            }
            Ok(task)
        })?;
        let context = HookContext::for_task(&task, std::mem::take(&mut self.cache), rand::random());
        let (program, limit) = match &task.kind {
            TaskKind::Action { name, .. } => (Program::Dispatch(format!("actions/{name}")), None),
            TaskKind::Exec {
                command, timeout, ..
            } => (
                Program::Shell(command.clone()),
                timeout.map(|ms| Duration::from_millis(ms.unsigned_abs())),
            ),
        };
        let mut kill = self.controller.kill.subscribe();
        let execution = self.execute(context, program, Some((id, &mut kill, limit)));
        let (mut context, ended) = execution.await?;
        self.cache = context.cache.clone();
        let flush = match (&ended, &task.kind) {
            (Ended::Code { code: 0, .. }, _) => true,
            // A command's changes stay whatever its exit code.
            (Ended::Code { killed: false, .. }, TaskKind::Exec { .. }) => true,
            _ => false,
        };
        let pending = std::mem::take(&mut context.pending);
        let flushed = if flush {
            self.controller.change(|model| {
                pending
                    .commit(model, &self.name)
                    .map_err(anyhow::Error::msg)
            })
        } else {
            Ok(())
        };
        let problem = flushed.err().map(|error| format!("{error:#}"));
        self.finish_task(&task, actions::outcome(&task, &context, &ended, problem))
    }

    fn fail_task(&self, id: u64) -> Result<()> {
        let Some(task) = self.controller.model().tasks.get(&id).cloned() else {
            return Ok(());
        };
        self.finish_task(&task, actions::Outcome::interrupted())
    }

    fn finish_task(&self, task: &Task, outcome: actions::Outcome) -> Result<()> {
        let now = Moment::now();
        self.controller.change(|model| {
            if let Some(kept) = model.tasks.get_mut(&task.id) {
                kept.status = outcome.status;
                kept.message = outcome.message;
                kept.results = outcome.results;
                kept.completed = Some(now);
            }
            let Some(unit) = model.units.get_mut(&self.name) else {
                return Ok(());
            };
            if let Step::Acting(_, waiting) = unit.step.clone() {
                unit.agent = at_rest(waiting.as_ref(), now);
                unit.step = waiting.map_or(Step::Idle, Step::Failed);
            }
            Ok(())
        })
    }

    /// Runs a program of the charm in the machine, with the hook tools at its service.
    async fn execute(
        &mut self,
        context: HookContext,
        program: Program,
        task: Option<(
            u64,
            &mut tokio::sync::watch::Receiver<u64>,
            Option<Duration>,
        )>,
    ) -> Result<(HookContext, Ended)> {
        let model = self.controller.model();
        let name = context.log_name();
        let unit = model.units.get(&self.name).context("the unit is gone")?;
        let charm = paths::charm_in_machine(&self.name);
        let logged = !matches!(program, Program::Command(_));
        let (path, arguments): (PathBuf, Vec<String>) = match program {
            Program::Shell(command) | Program::Command(command) => {
                ("/bin/bash".into(), vec!["-c".to_owned(), command])
            }
            Program::Dispatch(relative) => {
                let files = self.controller.paths.agent(&self.name).join("charm");
                let dispatch = files.join("dispatch");
                if dispatch.exists() {
                    (charm.join("dispatch"), Vec::new())
                } else if files.join(&relative).exists() {
                    (charm.join(relative), Vec::new())
                } else {
                    return Ok((context, Ended::Missing));
                }
            }
        };
        let variables: BTreeMap<String, String> = environment(&model, &context);
        if self.tools.is_none() {
            self.tools = Some(ToolServer::start(&self.controller, &self.name)?);
        }
        let Some(tools) = &self.tools else {
            anyhow::bail!("no tool server")
        };
        tools.open(context);
        let job = Job {
            unit: &self.name,
            machine: unit.machine,
            name: &name,
            path,
            arguments,
            charm,
            variables,
            logged,
        };
        let ended = process::run(&self.controller, job, task).await;
        let context = tools
            .close()
            .context("the context was closed by somebody else")?;
        let ended = ended?;
        if let Ended::Code { code, seconds, .. } = &ended {
            let line = format!(
                "{name}: exit {code}, {seconds:.3} s, {} hook tools",
                context.tools
            );
            self.log(Level::Debug, &name, &line);
        }
        Ok((context, ended))
    }

    async fn gone(&mut self) -> Result<()> {
        let machine = self
            .controller
            .model()
            .units
            .get(&self.name)
            .map(|unit| unit.machine);
        self.controller.change(|model| {
            resolver::leave_all(model, &self.name);
            model.units.remove(&self.name);
            model
                .storage
                .retain(|_, storage| storage.owner != self.name);
            let now = Moment::now();
            for task in model
                .tasks
                .values_mut()
                .filter(|task| task.unit == self.name && !task.status.is_over())
            {
                task.status = TaskStatus::Cancelled;
                task.message = "the unit is gone".to_owned();
                task.completed = Some(now);
            }
            model.forget_if_gone(self.name.application());
            Ok(())
        })?;
        self.tools = None;
        self.commands = None;
        if let Some(machine) = machine {
            provisioner::remove(&self.controller, machine).await?;
        }
        for folder in [
            self.controller.paths.agent(&self.name),
            self.controller.paths.tools(&self.name),
        ] {
            if folder.exists() {
                super::site::remove_tree(&folder)?;
            }
        }
        Ok(())
    }

    fn log(&self, level: Level, name: &str, message: &str) {
        let module = format!("unit.{}.{name}", self.name);
        self.controller
            .log
            .write(&paths::tag(&self.name), level, &module, message);
    }
}

/// What is run.
enum Program {
    /// The charm's dispatch, or else this file.
    Dispatch(String),
    /// A text for the shell.
    Shell(String),
    /// The same; its output is for whoever asked, not for the log.
    Command(String),
}

/// What an agent says of itself when it does nothing.
fn at_rest(failed: Option<&Hook>, now: Moment) -> Status {
    match failed {
        Some(hook) => Status::new("error", &format!("hook failed: \"{}\"", hook.name()), now),
        None => Status::new("idle", "", now),
    }
}
