//! `recover-quorum`: the way back from a lost majority. A dry run unless a person gives the newest survivor's name back.
//!
//! The action may run on any unit: every survivor is asked, and told, by a direct connection at its present address.

mod ask;

use super::{Answer, Situation};
use crate::agent::hook::{self, HookError};
use crate::agent::recover::{self, Kind, Proposal, Ranked, Verdict};
use crate::host::{file, paths};
use crate::model::survey::{self, Survey};
use crate::mongo::connection::Connection;
use crate::mongo::error::{Class, MongoError};
use crate::mongo::{command, query};
use mongodb::bson::{Document, doc};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tracing::warn;

/// How long the newest survivor may take until it is primary: the others take the forced config over with a heartbeat.
const ELECTED_WITHIN: Duration = Duration::from_secs(60);
/// How long its term may be raised; an election of so few takes a tenth of a second.
const RAISED_WITHIN: Duration = Duration::from_secs(20);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// The action.
///
/// # Errors
/// When a hook tool fails.
pub async fn run(situation: &Situation) -> Result<Answer, HookError> {
    let survey = ask::survey(situation).await;
    let word = situation.word("confirm");
    let proposal = match recover::propose(&survey, word) {
        Verdict::Refused(why) => {
            let silent = lines(&recover::silent(&survey));
            let told = Answer::failed(format!("refused: {why}"));
            return Ok(told.with("cannot-be-asked", silent));
        }
        Verdict::Proposal(proposal) => proposal,
    };
    let told = describe(&proposal);
    let Some(name) = word else {
        let type_this = format!(
            "juju run {} recover-quorum confirm={}",
            situation.juju.me, proposal.newest
        );
        return Ok(told
            .with("outcome", "dry-run")
            .with("to-force-it", type_this));
    };
    let failed = |answer: Answer, why: String| Answer {
        failure: Some(why),
        ..answer.with("outcome", "refused")
    };
    if let Err(why) = recover::confirmed(&proposal, name) {
        return Ok(failed(told, why));
    }
    let snapshot = match snapshot(&survey) {
        Ok(path) => path,
        Err(error) => return Ok(failed(told, format!("nothing was forced: {error}"))),
    };
    let told = told.with("snapshot", snapshot.display());
    let told = match carry_out(&proposal).await {
        Ok(term) => told
            .with("primary", &proposal.newest)
            .with("term", term)
            .with("outcome", "forced"),
        Err(Failure::Before(why)) => return Ok(failed(told, format!("nothing was forced: {why}"))),
        Err(Failure::After(why)) => {
            let told = told.with("outcome", "unsure");
            return Ok(Answer {
                failure: Some(why),
                ..told
            });
        }
    };
    // The planner takes over, here at once where this unit leads; what is left is for the hooks.
    if let Err(error) = hook::reconcile(situation.juju.clone()).await {
        warn!("the next hook goes on: {error}");
    }
    Ok(told)
}

fn lines(lines: &[String]) -> String {
    match lines {
        [] => "none".to_owned(),
        lines => lines.join("\n"),
    }
}

/// What a person reads before saying yes.
fn describe(proposal: &Proposal) -> Answer {
    let ranking: Vec<String> = proposal.ranking.iter().map(Ranked::line).collect();
    let config = json(&proposal.config.document());
    Answer::default()
        .with("kind", proposal.kind)
        .with("newest", &proposal.newest)
        .with("survivors", lines(&ranking))
        .with("cannot-be-asked", lines(&proposal.silent))
        .with("members", lines(&proposal.members))
        .with("lost-writes", lines(&proposal.losses))
        .with("warnings", lines(&proposal.warnings))
        .with("config", config)
}

/// Keeps what everybody had and said, before anything is changed.
fn snapshot(survey: &Survey) -> Result<PathBuf, file::FileError> {
    let all = survey.asked.iter().map(|asked| json(&kept(asked)));
    let text = Value::Array(all.collect());
    let folder = Path::new(paths::QUORUM);
    file::make_directory(folder, 0o700, None)?;
    let path = folder.join(format!("{}.json", survey.now_ms));
    file::write(&path, format!("{text:#}\n").as_bytes(), 0o600, None)?;
    Ok(path)
}

/// MongoDB's extended JSON.
fn json(document: &Document) -> Value {
    serde_json::to_value(document).unwrap_or_default()
}

fn kept(asked: &survey::Asked) -> Document {
    let unit = asked.unit.as_ref().map(ToString::to_string);
    let mut document = doc! { "unit": unit, "address": asked.address.to_string() };
    match &asked.answer {
        survey::Answer::Member(said) => {
            document.insert("state", said.state.to_string());
            document.insert("position", said.position().map(|at| at.to_string()));
            document.insert("committed", said.committed.map(|at| at.to_string()));
            document.insert("config", said.config.document());
        }
        survey::Answer::NoSet => drop(document.insert("state", "in no set")),
        survey::Answer::Silent(why) => drop(document.insert("silent", why)),
    }
    document
}

/// Why it did not come to its end.
enum Failure {
    /// Nothing was changed.
    Before(String),
    /// The config is forced, or may be.
    After(String),
}

/// Forces the config, on the newest survivor alone, and has that one elected; gives the term.
async fn carry_out(proposal: &Proposal) -> Result<i64, Failure> {
    let before = |error: MongoError| Failure::Before(error.to_string());
    let connection = Connection::to(&proposal.server).map_err(before)?;
    let (now, _) = query::config(&connection, false).await.map_err(before)?;
    if (now.version(), now.term()) != proposal.from {
        let why = format!(
            "the config of {} has changed since it was looked at: somebody else is at work; look at the dry run again",
            proposal.newest
        );
        return Err(Failure::Before(why));
    }
    match command::reconfigure(&connection, &proposal.config, true).await {
        Ok(()) => {}
        Err(error) => match &error.class {
            Class::NoAnswer(_) | Class::Strange(_) | Class::Unreachable(_) => {
                let why = format!(
                    "{error}; whether it was forced is not known: run recover-quorum again"
                );
                return Err(Failure::After(why));
            }
            _ => return Err(Failure::Before(error.to_string())),
        },
    }
    let not_yet = || {
        Failure::After(format!(
            "the config was forced, and {} has not become primary within {} s; it still may: look at `juju status`, and run \
             recover-quorum again if it does not",
            proposal.newest,
            ELECTED_WITHIN.as_secs()
        ))
    };
    // A forced config closes connections.
    let connection =
        Connection::to(&proposal.server).map_err(|error| Failure::After(error.to_string()))?;
    command::step_up(&connection, None, ELECTED_WITHIN).await;
    if proposal.kind == Kind::MembersGone {
        raise_term(&connection, proposal.term_to_pass).await;
    }
    let end = Instant::now() + ELECTED_WITHIN;
    while Instant::now() < end {
        let primary = query::hello(&connection)
            .await
            .is_ok_and(|hello| hello.primary);
        if primary && let Ok(status) = query::status(&connection).await {
            return Ok(status.term);
        }
        sleep(PAUSE).await;
    }
    Err(not_yet())
}

/// Beyond every term that a lost member may have voted in: one that comes back with a later one would make the new primary
/// step down and follow it, and servers that then have to take back what a majority of theirs has do not start again.
async fn raise_term(connection: &Connection, beyond: i64) {
    let end = Instant::now() + RAISED_WITHIN;
    while Instant::now() < end {
        match query::status(connection).await {
            Ok(status) if status.term > beyond => return,
            _ => command::be_elected_again(connection, Duration::from_secs(5)).await,
        }
    }
    warn!(
        "the term could not be raised beyond {beyond} within {} s",
        RAISED_WITHIN.as_secs()
    );
}
