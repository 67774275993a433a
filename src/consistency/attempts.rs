//! Counts how often each operation was really sent.
//!
//! In: the driver's command events of one client. Out: [`Attempts`] by the operation's number, which travels in the
//! command's `comment`, because several processes may share a client. A commit has no comment: it belongs to the
//! operation whose statement was last sent in the same session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mongodb::bson::{Bson, Document};
use mongodb::event::EventHandler;
use mongodb::event::command::{CommandEvent, CommandStartedEvent};

use super::facts::ErrorFacts;
use super::outcome::Attempts;

/// The attempts of the operations that are under way on one client.
#[derive(Clone, Debug, Default)]
pub struct AttemptLog {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    by_number: HashMap<i32, Attempts>,
    number_of_request: HashMap<i32, i32>,
    /// By the session's id; only of operations that are under way.
    number_of_session: HashMap<Vec<u8>, i32>,
}

impl AttemptLog {
    /// What to give to `ClientOptions::command_event_handler`.
    #[must_use]
    pub fn handler(&self) -> EventHandler<CommandEvent> {
        let log = self.clone();
        EventHandler::callback(move |event| log.note(event))
    }

    /// The attempts seen for a number; forgets them.
    #[must_use]
    pub fn take(&self, number: i32) -> Attempts {
        let mut inner = self.lock();
        inner.number_of_session.retain(|_, other| *other != number);
        inner.by_number.remove(&number).unwrap_or_default()
    }

    fn note(&self, event: CommandEvent) {
        match event {
            CommandEvent::Started(started) => self.sent(&started),
            CommandEvent::Succeeded(succeeded) => {
                self.lock().number_of_request.remove(&succeeded.request_id);
            }
            CommandEvent::Failed(failed) => {
                let facts = ErrorFacts::from(&failed.failure);
                let mut inner = self.lock();
                if let Some(number) = inner.number_of_request.remove(&failed.request_id) {
                    inner
                        .by_number
                        .entry(number)
                        .or_default()
                        .errors
                        .push(facts);
                }
            }
            _ => {}
        }
    }

    fn sent(&self, started: &CommandStartedEvent) {
        let session = session(&started.command);
        let mut inner = self.lock();
        if started.command_name == "commitTransaction" {
            let number = session.and_then(|session| inner.number_of_session.get(&session).copied());
            if let Some(number) = number {
                inner.by_number.entry(number).or_default().commits += 1;
            }
        } else if let Some(Bson::Int32(number)) = started.command.get("comment") {
            inner.number_of_request.insert(started.request_id, *number);
            inner.by_number.entry(*number).or_default().sent += 1;
            if started.command.contains_key("autocommit")
                && let Some(session) = session
            {
                inner.number_of_session.insert(session, *number);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of the session that a command belongs to.
fn session(command: &Document) -> Option<Vec<u8>> {
    match command.get_document("lsid").ok()?.get("id")? {
        Bson::Binary(id) => Some(id.bytes.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mongodb::bson::spec::BinarySubtype;
    use mongodb::bson::{Binary, doc};

    #[test]
    fn a_session_is_known_by_its_uuid() {
        let id = Binary {
            subtype: BinarySubtype::Uuid,
            bytes: vec![7; 16],
        };
        let command = doc! {"commitTransaction": 1, "lsid": {"id": id}};
        assert_eq!(session(&command), Some(vec![7; 16]));
        assert_eq!(session(&doc! {"ping": 1}), None);
    }
}
