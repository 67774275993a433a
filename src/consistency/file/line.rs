//! One line of a history.

use super::{FileError, Value};

/// The process number that the process `reader` of our own histories gets: far from those of clients, and as all
/// processes of clients must be for Jepsen's tools, a number.
pub const READER: u64 = 1_000_000_000;

/// The process number of lines that name no process: they are one client of its own.
pub const NAMELESS: u64 = 999_999_999;

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Process {
    /// A client.
    Client(u64),
    /// The nemesis, or another that is no client.
    Other(String),
}

impl Process {
    /// By its name, which may be a number.
    pub(super) fn named(name: String) -> Self {
        name.parse().map_or(Self::Other(name), Self::Client)
    }

    /// The number of a client; [`READER`] for the reader.
    pub fn client(&self) -> Option<u64> {
        match self {
            Self::Client(number) => Some(*number),
            Self::Other(name) if name == "reader" => Some(READER),
            Self::Other(_) => None,
        }
    }
}

/// What kind of line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An operation begins.
    Invoke,
    /// It is done.
    Ok,
    /// It is certainly not done.
    Fail,
    /// It may be done, or be done later, or never.
    Info,
}

impl Kind {
    /// By its name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "invoke" => Some(Self::Invoke),
            "ok" => Some(Self::Ok),
            "fail" => Some(Self::Fail),
            "info" => Some(Self::Info),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invoke => "invoke",
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Info => "info",
        }
    }
}

/// One line of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The line of the file at which it begins, from 1.
    pub at: u64,
    /// Its number in the history, where the file gives one.
    pub index: Option<u64>,
    /// Nanoseconds since the start, where the file gives them.
    pub time: Option<u64>,
    /// Who did it.
    pub process: Process,
    /// What kind of line it is.
    pub kind: Kind,
    /// What was done; empty where the file does not say.
    pub f: String,
    /// On what it was done, where the file has that apart from the value.
    pub key: Option<Value>,
    /// With what, or what came back; nil where the file has none.
    pub value: Value,
    /// What went wrong.
    pub error: Option<Value>,
}

impl Line {
    /// A line from the map that an operation is in EDN and JSON. Entries that are not known are passed over.
    pub(super) fn of(map: Value, at: u64) -> Result<Self, FileError> {
        let mut map = map;
        while let Value::Tagged(tagged) = map {
            map = tagged.1;
        }
        let Value::Map(entries) = map else {
            return Err(FileError::new(
                at,
                0,
                "expected the map of an operation",
                &shown(&map),
            ));
        };
        let mut found = Entries::default();
        for (key, value) in entries {
            found.put(&key, value, at)?;
        }
        found.line(at)
    }

    /// Something is wrong with this line; shows its value.
    pub(super) fn wrong(&self, message: impl Into<String>) -> FileError {
        FileError::new(self.at, 0, message, &shown(&self.value))
    }
}

/// A value for an error; the text of a huge one is never made.
pub(super) fn shown(value: &Value) -> String {
    use std::fmt::Write;
    let mut short = Short(String::new());
    // It ends with an error when there is enough of it.
    let _ = write!(short, "{value}");
    short.0
}

struct Short(String);

impl std::fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.push_str(text);
        if self.0.len() > 400 {
            Err(std::fmt::Error)
        } else {
            Ok(())
        }
    }
}

/// The entries of an operation's map that mean something.
#[derive(Default)]
struct Entries {
    index: Option<Value>,
    time: Option<Value>,
    process: Option<Value>,
    kind: Option<Value>,
    f: Option<Value>,
    key: Option<Value>,
    value: Option<Value>,
    error: Option<Value>,
}

impl Entries {
    fn put(&mut self, key: &Value, value: Value, at: u64) -> Result<(), FileError> {
        let place = match key.name() {
            Some("index") => &mut self.index,
            Some("time") => &mut self.time,
            Some("process") => &mut self.process,
            Some("type") => &mut self.kind,
            Some("f") => &mut self.f,
            Some("key") => &mut self.key,
            Some("value") => &mut self.value,
            Some("error") => &mut self.error,
            _ => return Ok(()),
        };
        if place.is_some() {
            let message = format!("the operation has its {key} twice");
            return Err(FileError::new(at, 0, message, &shown(&value)));
        }
        *place = Some(value);
        Ok(())
    }

    fn line(self, at: u64) -> Result<Line, FileError> {
        let wrong = |what: &str, value: Option<Value>| {
            let value = value.map_or("there is none".to_owned(), |value| shown(&value));
            FileError::new(at, 0, what, &value)
        };
        let kind = match self
            .kind
            .as_ref()
            .and_then(Value::name)
            .and_then(Kind::named)
        {
            Some(kind) => kind,
            None => {
                return Err(wrong(
                    "expected a type of invoke, ok, fail or info",
                    self.kind,
                ));
            }
        };
        let process = match self.process {
            Some(Value::Integer(number)) if number >= 0 => Process::Client(number.unsigned_abs()),
            Some(Value::Text(name) | Value::Keyword(name) | Value::Word(name)) => {
                Process::named(name.into())
            }
            None | Some(Value::Nil) => Process::Client(NAMELESS),
            other => return Err(wrong("expected a process: a number or a name", other)),
        };
        let f = match self.f {
            None | Some(Value::Nil) => String::new(),
            Some(Value::Text(name) | Value::Keyword(name) | Value::Word(name)) => name.into(),
            other => return Err(wrong("expected f to be a name", other)),
        };
        Ok(Line {
            at,
            index: number(self.index)
                .map_err(|value| wrong("expected index to be a number", Some(value)))?,
            time: time(self.time)
                .map_err(|value| wrong("expected time in nanoseconds", Some(value)))?,
            process,
            kind,
            f,
            key: self.key.filter(|key| !key.is_nil()),
            value: self.value.unwrap_or_default(),
            error: self.error.filter(|error| !error.is_nil()),
        })
    }
}

/// A number that is not less than 0. Jepsen has -1 where it does not know.
fn number(value: Option<Value>) -> Result<Option<u64>, Value> {
    match value {
        None | Some(Value::Nil) => Ok(None),
        // One that does not fit says nothing that could be used.
        Some(Value::Exact(_)) => Ok(None),
        Some(value) => match value.integer() {
            Some(number) => Ok(u64::try_from(number).ok()),
            None => Err(value),
        },
    }
}

/// A time: parts of a nanosecond are rounded off, and what is no time that could be (less than 0, or too great) is none.
fn time(value: Option<Value>) -> Result<Option<u64>, Value> {
    match value {
        Some(Value::Float(time)) if (0.0..9.2e18).contains(&time) => Ok(Some(time.round() as u64)),
        Some(Value::Float(_)) => Ok(None),
        other => number(other),
    }
}
