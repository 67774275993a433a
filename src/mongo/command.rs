//! Commands that change something. After any doubt the caller looks again; nothing here repeats itself.

use super::connection::Connection;
use super::error::{Class, MongoError};
use crate::model::set_config::SetConfig;
use mongodb::bson::doc;
use std::time::Duration;

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

/// Asks the primary to hand over to a member that has caught up (M21); it waits up to 10 s for one.
pub async fn step_down(connection: &Connection) -> Result<(), MongoError> {
    let command = doc! { "replSetStepDown": 60, "secondaryCatchUpPeriodSecs": 10 };
    match connection
        .run("step down", command, Duration::from_secs(20))
        .await
    {
        // It was primary when it was asked, and is not any more: that is what was wanted.
        Err(MongoError {
            class: Class::NotPrimary(_),
            ..
        }) => Ok(()),
        other => other.map(drop),
    }
}

/// Asks the server to shut down in order, without its usual 15 s of quiet (M21). The connection ends with it.
pub async fn shut_down(connection: &Connection) {
    let command = doc! { "shutdown": 1, "timeoutSecs": 3, "force": true };
    // It never answers well; the caller watches the process.
    let _ = connection
        .run("shut down", command, Duration::from_secs(10))
        .await;
}
