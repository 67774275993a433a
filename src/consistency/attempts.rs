//! Counts how often each append was really sent.
//!
//! In: the driver's command events of one client. Out: [`Attempts`] by value. The value travels in
//! the command's `comment`, because several processes may share a client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::bson::Bson;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;

use super::facts::ErrorFacts;
use super::outcome::Attempts;

/// The attempts of the appends that are under way on one client.
#[derive(Clone, Debug, Default)]
pub struct AttemptLog {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    by_value: HashMap<i32, Attempts>,
    value_of_request: HashMap<i32, i32>,
}

impl AttemptLog {
    /// What to give to `ClientOptions::command_event_handler`.
    #[must_use]
    pub fn handler(&self) -> EventHandler<CommandEvent> {
        let log = self.clone();
        EventHandler::callback(move |event| log.note(event))
    }

    /// The attempts seen for a value; forgets them.
    #[must_use]
    pub fn take(&self, value: i32) -> Attempts {
        self.lock().by_value.remove(&value).unwrap_or_default()
    }

    fn note(&self, event: CommandEvent) {
        match event {
            CommandEvent::Started(started) if started.command_name == "update" => {
                if let Some(Bson::Int32(value)) = started.command.get("comment") {
                    self.sent(*value, started.request_id);
                }
            }
            CommandEvent::Succeeded(succeeded) => {
                self.lock().value_of_request.remove(&succeeded.request_id);
            }
            CommandEvent::Failed(failed) => {
                let facts = ErrorFacts::from(&failed.failure);
                let mut inner = self.lock();
                if let Some(value) = inner.value_of_request.remove(&failed.request_id) {
                    inner.by_value.entry(value).or_default().errors.push(facts);
                }
            }
            _ => {}
        }
    }

    fn sent(&self, value: i32, request_id: i32) {
        let mut inner = self.lock();
        inner.value_of_request.insert(request_id, value);
        inner.by_value.entry(value).or_default().sent += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
