//! One way in which a server answers, and what must be made of it.

use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

/// The data of the fail point `failCommand`, what a completion in the history must say then, and whether the write must
/// be there at the end.
#[derive(Clone, Debug)]
pub struct Row {
    pub commands: Vec<&'static str>,
    pub data: Document,
    pub mode: Bson,
    pub stored: Option<bool>,
    kind: &'static str,
    class: &'static str,
    code: Option<i32>,
    attempts: Option<u64>,
}

/// An answer with nothing but this code.
pub fn code(code: i32) -> Document {
    doc! {"errorCode": code}
}

impl Row {
    /// The server answers one command so.
    pub fn new(command: &'static str, data: Document) -> Self {
        Self {
            commands: vec![command],
            data,
            ..Self::seen()
        }
    }

    /// Nothing is asked of the server; the completion comes by itself.
    pub fn seen() -> Self {
        Self {
            commands: Vec::new(),
            data: doc! {},
            mode: doc! {"times": 1}.into(),
            stored: None,
            kind: "ok",
            class: "",
            code: None,
            attempts: None,
        }
    }

    /// Another command is answered so too.
    pub fn and(mut self, command: &'static str) -> Self {
        self.commands.push(command);
        self
    }

    /// How often: `{times: 2}`, `{skip: 1}` (all but the first), `alwaysOn`.
    pub fn how_often(self, mode: Bson) -> Self {
        Self { mode, ..self }
    }

    pub fn goes_well(self) -> Self {
        let (kind, class, code) = ("ok", "", None);
        Self {
            kind,
            class,
            code,
            ..self
        }
    }

    pub fn fails(self, class: &'static str, code: impl Into<Option<i32>>) -> Self {
        let (kind, code) = ("fail", code.into());
        Self {
            kind,
            class,
            code,
            ..self
        }
    }

    pub fn in_doubt(self, class: &'static str, code: impl Into<Option<i32>>) -> Self {
        let (kind, code) = ("info", code.into());
        Self {
            kind,
            class,
            code,
            ..self
        }
    }

    /// How often the operation was sent.
    pub fn sent(self, attempts: u64) -> Self {
        Self {
            attempts: Some(attempts),
            ..self
        }
    }

    pub fn stored(self, stored: bool) -> Self {
        Self {
            stored: Some(stored),
            ..self
        }
    }

    /// Whether this completion is of an operation that was answered so, by class, code and attempts.
    pub fn is_of(&self, line: &Value) -> bool {
        let class = line["error"]["class"].as_str().unwrap_or_default();
        let code = self.code.is_none_or(|code| line["error"]["code"] == code);
        let attempts = self
            .attempts
            .is_none_or(|attempts| line["attempts"] == attempts);
        class == self.class && code && attempts && (!class.is_empty() || line["type"] == "ok")
    }

    /// Whether it is what must be made of it.
    pub fn is_made_of(&self, line: &Value) -> bool {
        line["type"] == self.kind
    }
}
