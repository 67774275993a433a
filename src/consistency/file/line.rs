//! One line of a history.

use super::{FileError, Value};
use std::borrow::Cow;

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
    pub f: Cow<'static, str>,
    /// On what it was done, where the file has that apart from the value.
    pub key: Option<Value>,
    /// With what, or what came back; nil where the file has none.
    pub value: Value,
    /// What went wrong.
    pub error: Option<Value>,
}

impl Line {
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

/// An entry of an operation's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Index,
    Time,
    Process,
    Kind,
    F,
    Key,
    Value,
    Error,
    /// One that means nothing.
    Other,
}

impl Entry {
    /// By its name.
    pub fn named(name: &str) -> Self {
        match name {
            "index" => Self::Index,
            "time" => Self::Time,
            "process" => Self::Process,
            "type" => Self::Kind,
            "f" => Self::F,
            "key" => Self::Key,
            "value" => Self::Value,
            "error" => Self::Error,
            _ => Self::Other,
        }
    }
}

/// The entries of an operation's map that mean something, as they were written.
#[derive(Default)]
pub(super) struct Entries {
    index: Option<Value>,
    time: Option<Value>,
    process: Option<Value>,
    kind: Option<Value>,
    f: Option<Value>,
    key: Option<Value>,
    value: Option<Value>,
    error: Option<Value>,
    /// The first entry that was there already, and its second value. Whether it can be read at all is told first, so
    /// that this is no error before the map was read to its end.
    twice: Option<(String, Value)>,
    /// What there is instead of a map.
    instead: Option<Value>,
}

impl Entries {
    /// Those of a map. Entries that are not known are passed over.
    pub fn of(map: Value) -> Self {
        let mut map = map;
        while let Value::Tagged(tagged) = map {
            map = tagged.1;
        }
        let mut entries = Self::default();
        match map {
            Value::Map(map) => {
                for (key, value) in map {
                    let entry = key.name().map_or(Entry::Other, Entry::named);
                    entries.put(entry, value, || key.to_string());
                }
            }
            other => entries.instead = Some(other),
        }
        entries
    }

    /// Takes in an entry; `key` is how its key is shown.
    fn put(&mut self, entry: Entry, value: Value, key: impl FnOnce() -> String) {
        match self.place(entry) {
            None => {}
            Some(place @ None) => *place = Some(value),
            Some(Some(_)) => _ = self.twice.get_or_insert_with(|| (key(), value)),
        }
    }

    /// Takes in an entry; none if it is there already.
    #[inline]
    pub fn put_new(&mut self, entry: Entry, value: Value) -> Option<()> {
        match self.place(entry) {
            None => Some(()),
            Some(place @ None) => {
                *place = Some(value);
                Some(())
            }
            Some(Some(_)) => None,
        }
    }

    #[inline]
    fn place(&mut self, entry: Entry) -> Option<&mut Option<Value>> {
        Some(match entry {
            Entry::Index => &mut self.index,
            Entry::Time => &mut self.time,
            Entry::Process => &mut self.process,
            Entry::Kind => &mut self.kind,
            Entry::F => &mut self.f,
            Entry::Key => &mut self.key,
            Entry::Value => &mut self.value,
            Entry::Error => &mut self.error,
            Entry::Other => return None,
        })
    }

    /// The name of its type.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_ref().and_then(Value::name)
    }

    /// The line that they are.
    pub fn line(self, at: u64) -> Result<Line, FileError> {
        if let Some(value) = self.instead {
            let message = "expected the map of an operation";
            return Err(FileError::new(at, 0, message, &shown(&value)));
        }
        if let Some((key, value)) = self.twice {
            let message = format!("the operation has its {key} twice");
            return Err(FileError::new(at, 0, message, &shown(&value)));
        }
        let wrong = |what: &str, value: Option<Value>| {
            let value = value.map_or("there is none".to_owned(), |value| shown(&value));
            FileError::new(at, 0, what, &value)
        };
        let kind = match self.kind().and_then(Kind::named) {
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
                Process::named(name.into_owned())
            }
            None | Some(Value::Nil) => Process::Client(NAMELESS),
            other => return Err(wrong("expected a process: a number or a name", other)),
        };
        let f = match self.f {
            None | Some(Value::Nil) => Cow::Borrowed(""),
            Some(Value::Text(name) | Value::Keyword(name) | Value::Word(name)) => name,
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
