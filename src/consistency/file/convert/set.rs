//! Histories of sets: `add` and `read`; and our own lists, which are sets whose order is known.

use super::independent::{self, Independent, Shape};
use super::pairing::Pair;
use super::symbols::Symbols;
use crate::consistency::checker::actions::Set;
use crate::consistency::checker::operation::{History, Names, OPEN};
use crate::consistency::file::{FileError, Lines, Value};
use std::collections::HashMap;
use std::io::BufRead;

/// The operations on one of the sets of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct OfKey {
    /// Its key; none in a file of one set.
    pub key: Option<String>,
    /// The operations on it. Where the file has keys, places are those among the lines of this key.
    pub history: History<Set>,
    /// The places in the file of those places; empty where they are the same.
    pub places: Vec<u32>,
}

/// Reads a history of one set.
///
/// `f` is `add` (or `append`) with an element, or `read`, acknowledged with a vector, a list or a set of elements, or
/// (our own) with `{"list": […]}`; or with nil where it is not known.
///
/// # Errors
/// What is wrong with the file, and where; also that it has keys.
pub fn set<R: BufRead>(lines: &mut Lines<R>) -> Result<History<Set>, FileError> {
    let mut symbols = Symbols::default();
    // That there are keys says more than what is wrong with an operation before the first that has one.
    let (mut keyed, mut wrong) = (None, None);
    let read = independent::read(lines, shape, |file, operation| {
        let pair = &operation.action;
        if file.tuples || pair.key.is_some() {
            keyed.get_or_insert_with(|| {
                pair.wrong("expected one set, but the operations have keys")
            });
            return Ok(None);
        }
        match action(file, pair, &mut symbols) {
            Ok((_, action)) => Ok(Some(action)),
            Err(error) => {
                wrong.get_or_insert(error);
                Ok(None)
            }
        }
    })?;
    if let Some(error) = keyed.or(wrong) {
        return Err(error);
    }
    let (operations, times) = read.whole()?;
    Ok(History {
        operations,
        names: symbols.names(),
        times,
    })
}

/// Reads a history of sets with keys: in `:key`, or in values that are all tuples (`[k element]`, `[k nil]`,
/// `[k #{…}]`). In a file that has tuples only in its adds they are elements.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn set_full<R: BufRead>(lines: &mut Lines<R>) -> Result<Vec<OfKey>, FileError> {
    let mut numbers: HashMap<Option<String>, usize> = HashMap::new();
    let mut keys: Vec<(OfKey, Symbols)> = Vec::new();
    let read = independent::read(lines, shape, |file, operation| {
        let pair = &operation.action;
        let (key, _) = file.split(
            pair,
            pair.answered()
                .filter(|value| !value.is_nil())
                .or(pair.asked())
                .unwrap_or(&Value::Nil),
        )?;
        let key = key.map(|key| key.text().into_owned());
        let number = *numbers.entry(key.clone()).or_insert(keys.len());
        if number == keys.len() {
            let history = History {
                operations: Vec::new(),
                names: Names::default(),
                times: Vec::new(),
            };
            let places = Vec::new();
            keys.push((
                OfKey {
                    key,
                    history,
                    places,
                },
                Symbols::default(),
            ));
        }
        if let Some((of_key, symbols)) = keys.get_mut(number) {
            let (_, action) = action(file, pair, symbols)?;
            of_key.history.operations.push(operation.with(action));
        }
        // Each set has its own operations.
        Ok(None::<Set>)
    })?;
    let (_, times) = read.whole()?;
    let mut found = Vec::with_capacity(keys.len());
    for (mut of_key, symbols) in keys {
        of_key.history.names = symbols.names();
        if of_key.key.is_some() {
            renumber(&mut of_key, &times);
        }
        found.push(of_key);
    }
    if let Some(of_key) = found.iter_mut().find(|of_key| of_key.key.is_none()) {
        of_key.history.times = times;
    }
    Ok(found)
}

/// Gives the operations of one key places of their own, so that many keys need no more memory than few.
fn renumber(of_key: &mut OfKey, times: &[u64]) {
    let operations = &mut of_key.history.operations;
    let mut places: Vec<u32> = operations
        .iter()
        .flat_map(|operation| [operation.invoked, operation.completed])
        .collect();
    places.retain(|place| *place != OPEN);
    places.sort_unstable();
    places.dedup();
    let own = |place: u32| match places.binary_search(&place) {
        Ok(own) if place != OPEN => u32::try_from(own).unwrap_or(OPEN),
        _ => OPEN,
    };
    for operation in operations {
        operation.invoked = own(operation.invoked);
        operation.completed = own(operation.completed);
    }
    of_key.history.times = places
        .iter()
        .filter_map(|place| times.get(*place as usize).copied())
        .collect();
    of_key.places = places;
}

fn shape(f: &str, value: &Value, acknowledged: bool) -> Shape {
    match (f, value.pair()) {
        ("read", Some((key, Value::Nil))) if !key.is_collection() => Shape::Tuple,
        ("read", Some((key, read))) if !key.is_collection() && read.elements().is_some() => {
            Shape::Pair
        }
        ("read", _) => match value.is_nil() && acknowledged {
            true => Shape::Anything,
            false => Shape::Plain,
        },
        ("add" | "append", None) if value.is_nil() => Shape::Anything,
        _ => independent::single(value),
    }
}

/// The key and what was done.
fn action<'a>(
    file: Independent,
    pair: &'a Pair,
    symbols: &mut Symbols,
) -> Result<(Option<&'a Value>, Set), FileError> {
    match &*pair.f {
        "add" | "append" => {
            let (key, element) = file.split(pair, pair.written()?)?;
            if element.is_nil() {
                return Err(pair.wrong("expected the element that is added"));
            }
            Ok((key, Set::Add(symbols.of(element))))
        }
        "read" => {
            let answer = match pair.answered() {
                None | Some(Value::Nil) => return Ok((None, Set::Read(None))),
                Some(answer) => answer,
            };
            let (key, read) = file.split(pair, answer)?;
            let read = read.get("list").unwrap_or(read);
            if read.is_nil() {
                return Ok((key, Set::Read(None)));
            }
            let Some(elements) = read.elements() else {
                return Err(
                    pair.wrong("expected the elements that were read: a vector, a list or a set")
                );
            };
            Ok((
                key,
                Set::Read(Some(
                    elements.iter().map(|element| symbols.of(element)).collect(),
                )),
            ))
        }
        other => Err(pair.wrong(format!("expected f to be add or read, not {other:?}"))),
    }
}
