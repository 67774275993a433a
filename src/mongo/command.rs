//! Commands that change something. After any doubt the caller looks again; nothing here repeats itself.

use super::connection::Connection;
use super::error::{Class, MongoError};
use crate::model::address::HostPort;
use crate::model::set_config::SetConfig;
use mongodb::bson::doc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// No small request takes a healthy server longer.
const LIMIT: Duration = Duration::from_secs(5);

/// How long a reconfig may wait for a majority to take the config over.
const RECONFIG_LIMIT: Duration = Duration::from_secs(20);

/// Makes the set. One that is there already is as good: a hook that was cut off is run again.
pub async fn initiate(connection: &Connection, config: &SetConfig) -> Result<(), MongoError> {
    let command = doc! { "replSetInitiate": config.document().clone() };
    match connection
        .run("initiate the set", command, RECONFIG_LIMIT)
        .await
    {
        Err(MongoError {
            class: Class::AlreadyInitiated,
            ..
        }) => Ok(()),
        other => other.map(drop),
    }
}

/// Installs a config on the primary.
pub async fn reconfigure(
    connection: &Connection,
    config: &SetConfig,
    force: bool,
) -> Result<(), MongoError> {
    let patience = RECONFIG_LIMIT.as_millis() as i64;
    let command = doc! { "replSetReconfig": config.document().clone(), "force": force, "maxTimeMS": patience };
    let limit = RECONFIG_LIMIT + Duration::from_secs(5);
    connection
        .run("change the config of the set", command, limit)
        .await
        .map(drop)
}

/// Asks the primary to hand over to a member that has caught up (M21); it waits up to 3 s for one, and takes no writes while
/// it waits. False when it was not primary any more: somebody else has asked it, or it was voted out.
pub async fn step_down(connection: &Connection) -> Result<bool, MongoError> {
    let command = doc! { "replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 3 };
    match connection
        .run("step down", command, Duration::from_secs(20))
        .await
    {
        Err(MongoError {
            class: Class::NotPrimary(_),
            ..
        }) => Ok(false),
        other => other.map(|_| true),
    }
}

/// Has it stand for election at once, again and again until it is primary, takes another one than `before` for the primary,
/// or the time is over: while it still takes the old primary for one it refuses. False when nobody is known to be primary.
pub async fn step_up(connection: &Connection, before: Option<&HostPort>, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    while Instant::now() < end {
        let asked = connection.run("stand for election", doc! { "replSetStepUp": 1 }, LIMIT);
        if asked.await.is_ok() {
            return true;
        }
        let seen = super::query::hello(connection).await;
        let another = |known: &HostPort| before.is_some_and(|before| before != known);
        if seen.is_ok_and(|it| it.primary || it.knows_primary.as_ref().is_some_and(another)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

/// Has a primary be elected anew, in a later term, without waiting for anybody to catch up: for one that has just been
/// made primary, when nobody works with it yet.
pub async fn be_elected_again(connection: &Connection, limit: Duration) {
    let down = doc! { "replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 0, "force": true };
    // Whatever comes of the first two, the third shows it.
    let _ = connection.run("step down", down, LIMIT).await;
    let thaw = doc! { "replSetFreeze": 0 };
    let _ = connection
        .run("stand for elections again", thaw, LIMIT)
        .await;
    step_up(connection, None, limit).await;
}

/// Keeps members from standing for election for a while; zero lets them again. One that does not answer is left alone.
pub async fn freeze(members: &[Connection], time: Duration) {
    let mut asked = JoinSet::new();
    for member in members {
        let member = member.clone();
        let command = doc! { "replSetFreeze": time.as_secs() as i64 };
        asked.spawn(async move {
            member
                .run("keep from elections", command, LIMIT)
                .await
                .is_ok()
        });
    }
    while asked.join_next().await.is_some() {}
}

/// Writes down that writes wait for a majority unless they say otherwise (M17).
pub async fn set_default_write_concern(connection: &Connection) -> Result<(), MongoError> {
    let command = doc! { "setDefaultRWConcern": 1, "defaultWriteConcern": { "w": "majority" },
    "writeConcern": { "w": "majority", "wtimeout": LIMIT.as_millis() as i64 } };
    let attempt = "set the default write concern";
    connection
        .run(attempt, command, RECONFIG_LIMIT)
        .await
        .map(drop)
}

/// Asks the server to shut down in order, without its usual 15 s of quiet (M21). The connection ends with it.
pub async fn shut_down(connection: &Connection) {
    let command = doc! { "shutdown": 1, "timeoutSecs": 3, "force": true };
    // It never answers well; the caller watches the process.
    let _ = connection
        .run("shut down", command, Duration::from_secs(10))
        .await;
}
