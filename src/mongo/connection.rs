//! A connection to one member, and to that member only.

use super::error::{Class, MongoError};
use crate::model::address::HostPort;
use mongodb::bson::Document;
use mongodb::options::{ClientOptions, ServerAddress};
use mongodb::{Client, Database};
use std::time::Duration;

/// How long a server may take to accept and greet. On a network of one site it is milliseconds.
const CONNECT_LIMIT: Duration = Duration::from_millis(2000);

/// A connection to one member. After a time-out it must not be used again: make a new one.
#[derive(Clone, Debug)]
pub struct Connection {
    server: HostPort,
    admin: Database,
}

impl Connection {
    /// Prepares a connection; nothing is sent until something is asked.
    ///
    /// # Errors
    /// When the address cannot be one of a server.
    pub fn to(server: &HostPort) -> Result<Self, MongoError> {
        let mut options = ClientOptions::default();
        options.hosts = vec![ServerAddress::Tcp {
            host: server.host.clone(),
            port: Some(server.port),
        }];
        options.app_name = Some("mongo-rs agent".to_owned());
        // This member, whatever it is; the driver waits 30 s for a closed port unless told otherwise.
        options.direct_connection = Some(true);
        options.server_selection_timeout = Some(CONNECT_LIMIT);
        options.connect_timeout = Some(CONNECT_LIMIT);
        // What is repeated, the agent repeats after it has looked again.
        options.retry_writes = Some(false);
        options.retry_reads = Some(false);
        let client = Client::with_options(options).map_err(|error| MongoError {
            server: server.clone(),
            attempt: "connect",
            class: Class::of(&error),
        })?;
        Ok(Self {
            server: server.clone(),
            admin: client.database("admin"),
        })
    }

    /// The member's address.
    pub fn server(&self) -> &HostPort {
        &self.server
    }

    /// Runs a command on `admin`.
    ///
    /// # Errors
    /// In the classes of [`Class`]. `attempt` says in the error what was attempted.
    pub async fn run(
        &self,
        attempt: &'static str,
        command: Document,
        limit: Duration,
    ) -> Result<Document, MongoError> {
        self.ask(self.admin.clone(), attempt, command, limit).await
    }

    /// The same on `local`, which every server reads from, whatever its place in the set.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub async fn run_on_local(
        &self,
        attempt: &'static str,
        command: Document,
        limit: Duration,
    ) -> Result<Document, MongoError> {
        let local = self.admin.client().database("local");
        self.ask(local, attempt, command, limit).await
    }

    async fn ask(
        &self,
        database: Database,
        attempt: &'static str,
        command: Document,
        limit: Duration,
    ) -> Result<Document, MongoError> {
        // A driver's future must never be dropped to time it out (RUST-937): it goes on in its own task.
        let task = tokio::spawn(async move { database.run_command(command).await });
        let class = match tokio::time::timeout(limit, task).await {
            Ok(Ok(Ok(reply))) => return Ok(reply),
            Ok(Ok(Err(error))) => Class::of(&error),
            Ok(Err(gone)) => Class::Strange(gone.to_string()),
            Err(_) => Class::NoAnswer(limit.as_secs()),
        };
        Err(MongoError {
            server: self.server.clone(),
            attempt,
            class,
        })
    }

    /// An error about something that this server answered.
    pub fn strange(&self, attempt: &'static str, what: impl ToString) -> MongoError {
        MongoError {
            server: self.server.clone(),
            attempt,
            class: Class::Strange(what.to_string()),
        }
    }
}
