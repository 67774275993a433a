//! The shape that Jepsen's tools know for what our own histories say.

use super::{Export, LIST, Value, Workload};
use crate::consistency::file::words::word;
use crate::consistency::file::{Kind, Line, Process};

/// A line in its new shape; none for one that is not to be written.
pub(super) fn line(line: Line, export: Export<'_>) -> Option<Line> {
    let mut line = line;
    if export.key.is_some() && line.key.is_none() {
        untuple(&mut line);
    }
    if let Some(key) = export.key
        && line.process.client().is_some()
        && line.key.take().is_none_or(|own| own.text() != key)
    {
        return None;
    }
    line.value = keyed(line.value);
    line.error = line.error.map(keyed);
    line.value = match (export.workload, &*line.f, line.process.client()) {
        (_, "txn", _) => transaction(line.value),
        (Workload::Lists, "append", Some(_)) => step("append", line.key.take(), line.value),
        (Workload::Lists, "read", Some(_)) => {
            let read = match line.kind {
                Kind::Ok => line.value.get("list").unwrap_or(&line.value).clone(),
                Kind::Invoke | Kind::Fail | Kind::Info => Value::Nil,
            };
            // A nil that was acknowledged would be the empty list.
            match (&read, line.kind) {
                (Value::Nil, Kind::Ok) => return Some(unread(line)),
                _ => step("r", line.key.take(), read),
            }
        }
        _ => line.value,
    };
    let single = matches!(&*line.f, "append" | "read") && line.process.client().is_some();
    if export.workload == Workload::Lists && single {
        line.f = "txn".into();
    }
    Some(line)
}

/// The key of a value that is a tuple of a key and a value, as our own histories of registers have them.
fn untuple(line: &mut Line) {
    if let Value::Vector(parts) = &mut line.value
        && let [_, _] = parts[..]
    {
        let value = parts.pop();
        line.key = parts.pop();
        line.value = value.unwrap_or(Value::Nil);
    }
}

/// An acknowledged read of which nothing is known: a transaction of no steps.
fn unread(line: Line) -> Line {
    Line {
        f: "txn".into(),
        key: None,
        value: Value::Vector(Vec::new()),
        ..line
    }
}

fn step(name: &'static str, key: Option<Value>, value: Value) -> Value {
    let key = key.unwrap_or_else(|| Value::Text(LIST.into()));
    Value::Vector(vec![Value::Vector(vec![
        Value::Keyword(name.into()),
        key,
        value,
    ])])
}

/// The names of micro-operations as keywords.
fn transaction(value: Value) -> Value {
    let Value::Vector(mut steps) = value else {
        return value;
    };
    for step in &mut steps {
        if let Value::Vector(parts) = step
            && let Some(first) = parts.first_mut()
            && let Value::Text(name) = first
            && is_keyword(name)
        {
            *first = Value::Keyword(std::mem::take(name));
        }
    }
    Value::Vector(steps)
}

/// Maps with keys that are numbers and keywords where they look like them. Only the map itself and those right within
/// it: nothing of ours is deeper.
fn keyed(value: Value) -> Value {
    let Value::Map(entries) = value else {
        return value;
    };
    let inner = |value| match value {
        Value::Map(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(key, value)| (self::key(key), value))
                .collect(),
        ),
        other => other,
    };
    Value::Map(
        entries
            .into_iter()
            .map(|(key, value)| (self::key(key), inner(value)))
            .collect(),
    )
}

fn key(key: Value) -> Value {
    let Value::Text(text) = key else { return key };
    match text.parse::<i64>() {
        Ok(number) if number.to_string() == *text => Value::Integer(number),
        _ if is_keyword(&text) => Value::Keyword(text),
        _ => Value::Text(text),
    }
}

fn is_keyword(text: &str) -> bool {
    let first = text
        .chars()
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic());
    first
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_.?!*+".contains(character))
}

/// A name as a keyword; as a string where it cannot be one.
pub(super) fn name(name: &str) -> Value {
    match is_keyword(name) {
        true => Value::Keyword(word(name)),
        false => Value::Text(word(name)),
    }
}

/// A process as Jepsen has it.
pub(super) fn process(process: &Process) -> Value {
    match (process.client().map(i64::try_from), process) {
        (Some(Ok(number)), _) => Value::Integer(number),
        (Some(Err(_)), Process::Client(number)) => Value::Exact(number.to_string().into()),
        (_, Process::Client(_)) => Value::Nil,
        (_, Process::Other(other)) => name(other),
    }
}
