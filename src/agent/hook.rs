//! One hook: the pipeline, run until there is nothing left to do that is worth staying for.

use super::apply::{self, ApplyError};
use super::desire::{Desired, desire};
use super::plan::plan;
use super::validate::validate;
use super::{lint, observe, report};
use crate::fault::held;
use crate::host::file::FileError;
use crate::host::{own_command, state};
use crate::juju::context::Context;
use crate::juju::tools::ToolError;
use crate::model::event::Event;
use crate::model::observed::{JujuFacts, Observed, SetFacts};
use crate::model::plan::{Plan, Step};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

/// How long one hook may take in all. Juju sets no limit; a machine's other hooks wait meanwhile.
const HOOK_LIMIT: Duration = Duration::from_secs(120);
/// How long a hook stays for something that should come within seconds, counted anew after each step.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a unit that leaves waits to be out of the set before it goes all the same.
const LEAVING_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at what is awaited.
const PAUSE: Duration = Duration::from_millis(200);
/// A step that fails this often in a row is left to the next hook.
const TRIES: usize = 5;

/// Why Juju should run the hook again.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// A hook tool failed.
    #[error("{0}")]
    Juju(#[from] ToolError),
    /// The agent's own files cannot be read or written.
    #[error("{0}")]
    File(#[from] FileError),
}

/// Runs a hook.
///
/// # Errors
/// Only what Juju can mend by running it again; everything else becomes the unit's status.
pub async fn run(context: &Context, event: Event) -> Result<(), HookError> {
    // A watchdog that a reboot took away is set again; what is over is ended by the pipeline.
    if let Err(error) = held::guard().await {
        warn!("nobody watches over a fault: {error}");
    }
    if event == Event::Woken && state::load()?.leaving {
        // A wake-up that had been asked for before. It must not start again what is on its way out.
        info!("this unit is on its way out; the wake-up changes nothing");
        return Ok(());
    }
    if event.brings_a_program()
        && let Err(error) = own_command::install()
    {
        warn!("mongo-rs is no command on this machine: {error}");
    }
    // Before anything is stopped: a wake-up may come in between.
    let leaving = event.is_leaving();
    let noted = apply::note(|state| state.leaving = leaving);
    let juju = observe::juju(context, event.clone()).await?;
    let note = || {
        apply::note(|state| {
            state.leaving = leaving;
            apply::note_for_commands(state, &juju);
        })
    };
    // Before a fault is ended: what a person types right after that must not be allowed by what was known before it.
    if let Err(error) = noted.and_then(|()| note()) {
        warn!("{error}; what faults hold here and is over ends first");
        end_faults(&juju).await?;
        note()?;
    }
    let unfinished = settle(juju, PATIENCE).await?;
    if event != Event::Remove {
        apply::note(|state| state.unfinished = unfinished)?;
    } else if let Err(error) = apply::clean_up().await {
        warn!("something was left on the machine: {error}");
    }
    Ok(())
}

/// What an action does after it has changed what is wanted: the steps that can be taken now. What is to be waited for is
/// left to the hooks.
///
/// # Errors
/// When a hook tool fails.
pub async fn reconcile(juju: JujuFacts) -> Result<(), HookError> {
    settle(juju, Duration::from_secs(5)).await.map(drop)
}

/// True when something is left to do or to wait for.
async fn settle(juju: JujuFacts, patience: Duration) -> Result<bool, HookError> {
    let (observed, checked, desired, plan, failure) = converge(juju, patience).await?;
    let status = report::status(&observed, &checked, &plan, failure.as_deref());
    info!("{status}");
    report::tell(&observed, &desired, &status).await?;
    Ok(failure.is_some() || !plan.steps.is_empty() || plan.wait.is_some())
}

type Outcome = (
    Observed,
    super::validate::Checked,
    super::desire::Desired,
    Plan,
    Option<String>,
);

async fn converge(juju: JujuFacts, patience: Duration) -> Result<Outcome, HookError> {
    let begun = Instant::now();
    let limit = if juju.event.is_leaving() {
        LEAVING_LIMIT
    } else {
        HOOK_LIMIT
    };
    let mut progress = begun;
    let mut failed = 0;
    let mut claimed = false;
    let mut faults_left = TRIES;
    let mut observer_due = true;
    let mut broken_server = None;
    loop {
        let host = observe::host(&juju).await?;
        let mut observed = Observed {
            juju: juju.clone(),
            host,
            set: SetFacts::NotAsked,
        };
        // Before the set is asked: members that are cut off answer late, and a fault must begin and end in time.
        if faults_left > 0 && faults_come_first(&observed).await? {
            faults_left -= 1;
            continue;
        }
        if observer_due && let Some(plan) = super::plan::observer::plan(&observed) {
            // Once a hook: one that does not start must not keep the set waiting.
            observer_due = false;
            let checked = validate(&observed);
            aside(plan, &observed, &desire(&observed, &checked)).await?;
            continue;
        }
        // The leader plans for all, also while its own server is down.
        observed.set = match juju.leader && observed.host.joined {
            true => observe::set_from_anywhere(&juju, &observed.host).await,
            false => observe::set(&juju, &observed.host, juju.leader).await,
        };
        let checked = validate(&observed);
        let desired = desire(&observed, &checked);
        apply::remember(&mut observed, &desired)?;
        let mut plan = match &broken_server {
            None => plan(&observed, &checked, &desired),
            Some(_) => super::plan::set::plan(&observed, &desired),
        };
        debug!("plan:\n{plan}");
        let over = begun.elapsed() > limit;
        let first = plan.steps.first().map(|planned| planned.step.clone());
        // A claim is acted on in a later hook only: until this one has ended, nobody else knows of it.
        let Some(step) = first.filter(|step| !(claimed && *step == Step::ClaimInitiation)) else {
            // While a fault holds, a hook that waits would only keep `heal` from being run.
            let soon = plan.wait.as_ref().is_some_and(|wait| wait.soon) && !desired.faulty;
            // Whoever is about to join is added first: all copy the data at once, and those who wait are not forgotten.
            let led = matches!(&observed.set, SetFacts::Seen(view) if view.primary.is_some());
            let soon = soon && !(led && juju.more_are_to_join());
            // Whoever stops has no other hook to be let go in: it stays for whatever there is to wait for.
            let last = juju.event == Event::Stop && plan.wait.is_some();
            let stay = last || soon && progress.elapsed() < patience;
            if stay && !over {
                sleep(PAUSE).await;
                continue;
            }
            return finish(observed, checked, desired, plan, over, broken_server).await;
        };
        if over {
            warn!("the time of this hook is over; the next one goes on with: {step}");
            return finish(observed, checked, desired, plan, over, broken_server).await;
        }
        let view = if let SetFacts::Seen(view) = &observed.set {
            Some(view.as_ref())
        } else {
            None
        };
        let fits = |(view, goal)| lint::fits(&plan, view, goal);
        let fits = view.zip(desired.goal.as_ref()).map_or(Ok(()), fits);
        if let Err(broken) = lint::check(&plan, view).and(fits) {
            warn!("{broken}");
            plan.steps.clear();
            let bug = Some(format!("this is a bug in mongo-rs: {broken}"));
            return finish(observed, checked, desired, plan, over, bug).await;
        }
        info!("{step}: {}", plan.steps[0].why);
        match apply::apply(&step, &observed, &desired).await {
            Ok(()) => {
                claimed |= step == Step::ClaimInitiation;
                failed = 0;
                progress = Instant::now();
            }
            Err(ApplyError::Juju(error)) => return Err(error.into()),
            Err(error) => {
                failed += 1;
                warn!("failed to {step}: {error}");
                let failure = failure_of(&step, &error, failed);
                if failed >= TRIES || failure.is_some() {
                    let leads = juju.leader && matches!(observed.set, SetFacts::Seen(_));
                    if failure.is_some() && leads && step.is_for_the_server() {
                        // Told at the end; the set, for which this unit plans, goes on without its server.
                        broken_server = failure;
                        failed = 0;
                        continue;
                    }
                    let last = juju.event == Event::Stop;
                    if !last && (!juju.event.is_leaving() || begun.elapsed() > patience) {
                        let failure = broken_server.or(failure);
                        return finish(observed, checked, desired, plan, over, failure).await;
                    }
                    // Whoever stops has no other hook: it tries until its time is over, and goes then.
                    sleep(PAUSE * 4).await;
                }
                sleep(PAUSE).await;
            }
        }
    }
}

/// Brings the faults on this machine nearer to what is wanted; false when nothing is left to do, or nothing of it can be
/// done now.
async fn faults_come_first(observed: &Observed) -> Result<bool, HookError> {
    let checked = validate(observed);
    let desired = desire(observed, &checked);
    let plan = super::plan::faults::plan(observed, &desired);
    aside(plan, observed, &desired).await
}

/// Ends what is over or healed, as far as it can be: what fills the disk on which the agent notes things may be ours.
async fn end_faults(juju: &JujuFacts) -> Result<(), HookError> {
    for _ in 0..TRIES {
        let observed = Observed {
            juju: juju.clone(),
            host: observe::host(juju).await?,
            set: SetFacts::NotAsked,
        };
        if !faults_come_first(&observed).await? {
            break;
        }
    }
    Ok(())
}

/// Carries out the steps of a plan apart from that for the server and the set, which do not depend on each other; whether
/// any of them went well.
async fn aside(plan: Plan, observed: &Observed, desired: &Desired) -> Result<bool, HookError> {
    let mut well = false;
    for planned in plan.steps {
        info!("{}: {}", planned.step, planned.why);
        match apply::apply(&planned.step, observed, desired).await {
            Ok(()) => well = true,
            Err(ApplyError::Juju(error)) => return Err(error.into()),
            // The next hook tries again; the set goes on meanwhile.
            Err(error) => warn!("failed to {}: {error}", planned.step),
        }
    }
    Ok(well)
}

/// Failures that a person must see. What another look at the set can mend is not among them.
fn failure_of(step: &Step, error: &ApplyError, failed: usize) -> Option<String> {
    match error {
        // What it refuses again and again no later look mends.
        ApplyError::Mongo(error) if failed >= TRIES && error.class.is_refusal() => {
            Some(format!("failed to {step}: {error}"))
        }
        ApplyError::Mongo(_) | ApplyError::Stale => None,
        // A cut that is not in place is told in the action's outcome; the set goes on without it.
        _ => Some(format!("failed to {step}: {error}")),
    }
}

/// A unit that goes stops its server whatever the set says: a removal must not hang.
async fn finish(
    observed: Observed,
    checked: super::validate::Checked,
    desired: super::desire::Desired,
    plan: Plan,
    over: bool,
    failure: Option<String>,
) -> Result<Outcome, HookError> {
    let going = matches!(observed.juju.event, Event::Stop | Event::Remove);
    if going && observed.host.running {
        if over {
            warn!("this unit goes although the set has not let it go; the leader takes it out");
        }
        if let Err(error) = apply::apply(&Step::StopServer, &observed, &desired).await {
            warn!("{error}");
        }
    }
    Ok((observed, checked, desired, plan, failure))
}
