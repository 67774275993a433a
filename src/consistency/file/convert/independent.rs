//! Operations whose values may be tuples of a key and the value proper, as `jepsen.independent` has them.
//!
//! In EDN a tuple is a vector like others: whether `[0 5]` is the value 5 at the key 0 can only be told from the whole
//! file. So all operations are kept as they were read, each value says what it can be, and the file must agree.

use super::pairing::{Pair, Paired, pair};
use crate::consistency::file::{FileError, Lines, Value};
use std::io::BufRead;

/// What a value can be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only a tuple of a key and a value.
    Tuple,
    /// Only a value.
    Plain,
    /// A tuple, or a value that looks like one.
    Pair,
    /// It says nothing.
    Anything,
}

/// The operations of a file, kept as they were read, and whether their values are tuples.
pub(super) struct Independent {
    pub paired: Paired<Pair>,
    pub tuples: bool,
}

/// Reads a file, and decides whether its values are tuples. `shape` is asked for the value of an invocation (with
/// `false`) and of an acknowledgement (with `true`).
pub(super) fn read<R: BufRead>(
    lines: &mut Lines<R>,
    shape: impl Fn(&str, &Value, bool) -> Shape,
) -> Result<Independent, FileError> {
    // The first line that can only be a tuple, and the first that cannot be one.
    let (mut tuple, mut plain, mut pairs) = (None, None, false);
    let paired = pair(lines, |pair| {
        // What was not acknowledged may say anything. The answer says more than the question: a read that was invoked
        // with a key and nothing, and answered with no tuple, was not asked for a key.
        let of = |value: Option<&Value>, acknowledged| {
            value.map_or(Shape::Anything, |value| shape(&pair.f, value, acknowledged))
        };
        let answered = of(pair.answered(), true);
        let asked = match of(pair.invocation.as_ref(), false) {
            Shape::Tuple if answered == Shape::Plain => Shape::Anything,
            asked => asked,
        };
        for said in [asked, answered] {
            match said {
                _ if pair.key.is_some() => _ = plain.get_or_insert(pair.at),
                Shape::Tuple => _ = tuple.get_or_insert(pair.at),
                Shape::Plain => _ = plain.get_or_insert(pair.at),
                Shape::Pair => pairs = true,
                Shape::Anything => {}
            }
            if let (Some(tuple), Some(plain)) = (tuple, plain) {
                let message = format!(
                    "line {tuple} has a tuple of a key and a value, but line {plain} a value without a key"
                );
                return Err(pair.wrong(message));
            }
        }
        Ok(Some(pair))
    })?;
    let tuples = tuple.is_some() || (pairs && plain.is_none());
    Ok(Independent { paired, tuples })
}

/// The shape of a value that is a single thing: a number or a name.
pub(super) fn single(value: &Value) -> Shape {
    match value.pair() {
        Some((key, _)) if key.is_collection() => Shape::Plain,
        Some(_) => Shape::Pair,
        None => Shape::Plain,
    }
}

/// The shape of what a read is invoked with: nothing, or a key and nothing.
pub(super) fn unread(value: &Value) -> Shape {
    match value.pair() {
        Some((key, Value::Nil)) if !key.is_collection() => Shape::Tuple,
        Some(_) => Shape::Pair,
        None => Shape::Plain,
    }
}

impl Independent {
    /// The key and the value proper of a value in this file; of a value that is no tuple where all are, an error.
    pub fn split<'a>(
        &self,
        pair: &'a Pair,
        value: &'a Value,
    ) -> Result<(Option<&'a Value>, &'a Value), FileError> {
        match (pair.key.as_deref(), self.tuples) {
            (Some(key), _) => Ok((Some(key), value)),
            (None, false) => Ok((None, value)),
            (None, true) => match value.pair() {
                Some((key, value)) => Ok((Some(key), value)),
                None => {
                    Err(pair
                        .wrong("expected a tuple of a key and a value, as in the rest of the file"))
                }
            },
        }
    }
}
