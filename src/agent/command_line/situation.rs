//! `mongo-rs observe --once`: the situation of a live set as a file, for `mongo-rs plan`. It changes nothing.

use super::{parsed, seeds, write};
use crate::agent::desire;
use crate::agent::observe;
use crate::agent::validate::validate;
use crate::host::{clock, state};
use crate::juju::context::{self, Context};
use crate::model::address::HostPort;
use crate::model::desired::Role;
use crate::model::event::Event;
use crate::model::observed::{Observed, SetFacts};
use crate::model::set_view::SetView;
use crate::model::situation::Situation;
use clap::Args;
use std::io::Write;

/// Options of `observe --once`.
#[derive(Debug, Args)]
pub struct OnceArgs {
    /// Look once, print the situation as the JSON that `mongo-rs plan` reads, and end.
    #[arg(long)]
    pub once: bool,
    /// The set: host, host:port, a:1,b:2, host:port?replicaSet=name or mongodb://…; one live member is enough. Without
    /// it: on a unit, the unit's own.
    #[arg(long, requires = "once")]
    url: Option<String>,
}

/// `observe --once`.
pub async fn run(arguments: &OnceArgs, out: &mut dyn Write) -> Result<(), String> {
    let situation = match (&arguments.url, hook()?) {
        (Some(url), _) => {
            let found = seeds::find(&parsed(url)?).await?;
            alone(found.seed).await?
        }
        (None, Some(context)) => of_unit(&context).await?,
        (None, None) => alone(own_server()?).await?,
    };
    for caveat in situation.caveats() {
        // Standard error that is closed leaves nobody to tell.
        let _ = writeln!(std::io::stderr(), "note: {caveat}");
    }
    write(out, &situation.text())
}

/// The unit, where Juju started us and its hook tools are there: in a hook, or in `juju exec`.
fn hook() -> Result<Option<Context>, String> {
    let environment = context::environment();
    if !environment.contains_key("JUJU_CONTEXT_ID") {
        return Ok(None);
    }
    let context = context::read(&environment, "mongo-rs").transpose();
    context.map_err(|error| format!("JUJU_UNIT_NAME: {error}"))
}

/// All that the leader would go by, as it is seen from this unit.
async fn of_unit(context: &Context) -> Result<Situation, String> {
    let event = Event::Reconcile("observe".to_owned());
    let juju = observe::juju(context, event).await;
    let juju = juju.map_err(|error| error.to_string())?;
    let host = observe::host(&juju)
        .await
        .map_err(|error| error.to_string())?;
    let set = observe::set(&juju, &host, true).await;
    let observed = Observed { juju, host, set };
    let checked = validate(&observed);
    let Some(options) = checked.options else {
        return Err(format!(
            "there is no goal for the members: {}",
            checked.problems.join("; ")
        ));
    };
    let Observed { juju, host, set } = observed;
    // Only the leader's plan is one for the set, and any unit can explain it.
    let goal = desire::goal(&juju, &host, &set, &options, Role::Leader);
    let view = seen(set)?;
    Ok(Situation { view, goal })
}

/// What the members themselves tell.
async fn alone(server: HostPort) -> Result<Situation, String> {
    let view = seen(observe::through(server).await)?;
    Ok(Situation::as_it_is(view, clock::now_ms()))
}

fn seen(set: SetFacts) -> Result<SetView, String> {
    match set {
        SetFacts::Seen(view) => Ok(*view),
        SetFacts::NotAsked => {
            Err("mongod does not run on this unit; look at its status".to_owned())
        }
        SetFacts::NotInitiated(_) => Err(
            "there is no replica set there; start mongod with --replSet and initiate it".to_owned(),
        ),
        SetFacts::Unknown(why) => Err(format!("the set cannot be seen from here: it needs {why}")),
    }
}

/// The server of the unit that this machine is.
fn own_server() -> Result<HostPort, String> {
    let state = state::load().map_err(|error| error.to_string())?;
    let asked_for = state.options.map(|options| options.port);
    let port = state.port.or(asked_for);
    port.map(|port| HostPort::new("127.0.0.1", port))
        .ok_or_else(|| {
            "this machine is no unit of mongo-rs: name a set with --url, as in --url 10.0.0.1:27017"
                .to_owned()
        })
}
