//! Operations whose values may be tuples of a key and the value proper, as `jepsen.independent` has them.
//!
//! In EDN a tuple is a vector like others: whether `[0 5]` is the value 5 at the key 0 can only be told from the whole
//! file. Each value says what it can be, and the file must agree. Until one says that it can be nothing else, which is
//! in most files one of the first, operations are kept as they were read; so are those that began after one that has
//! not ended.

use super::pairing::{Pair, each};
use crate::consistency::checker::operation::Operation;
use crate::consistency::file::{FileError, Lines, Value};
use std::collections::VecDeque;
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

/// Whether the values of a file are tuples.
#[derive(Clone, Copy)]
pub(super) struct Independent {
    pub tuples: bool,
}

/// What was read.
pub(super) struct Read<A> {
    operations: Vec<Operation<A>>,
    times: Vec<u64>,
    /// What is wrong with the first operation that could not be made anything of.
    wrong: Option<FileError>,
}

impl<A> Read<A> {
    /// The operations in the order of their invocations, and the times of all lines.
    pub fn whole(self) -> Result<(Vec<Operation<A>>, Vec<u64>), FileError> {
        match self.wrong {
            Some(wrong) => Err(wrong),
            None => Ok((self.operations, self.times)),
        }
    }
}

/// Reads a file. `shape` is asked for the value of an invocation (with `false`) and of an acknowledgement (with
/// `true`); `convert` makes of each operation, in the order of their invocations, what was done, or nothing for one
/// that is to be left out.
///
/// Lines that cannot be read, and operations whose lines do not belong together, are errors before any of `convert`.
pub(super) fn read<R: BufRead, A>(
    lines: &mut Lines<R>,
    shape: impl Fn(&str, &Value, bool) -> Shape,
    mut convert: impl FnMut(Independent, &Operation<Pair>) -> Result<Option<A>, FileError>,
) -> Result<Read<A>, FileError> {
    let mut shapes = Shapes::default();
    let mut waiting = Waiting::default();
    let mut read = Read {
        operations: Vec::new(),
        times: Vec::new(),
        wrong: None,
    };
    let mut take = |operation: Operation<Pair>, tuples: bool| {
        if read.wrong.is_some() {
            return;
        }
        match convert(Independent { tuples }, &operation) {
            Ok(Some(action)) => read.operations.push(operation.with(action)),
            Ok(None) => {}
            Err(wrong) => read.wrong = Some(wrong),
        }
    };
    let times = each(lines, &mut |number, operation| {
        shapes.look(&operation.action, &shape)?;
        waiting.put(number, operation);
        if let Some(tuples) = shapes.known() {
            while let Some(operation) = waiting.next() {
                take(operation, tuples);
            }
        }
        Ok(())
    })?;
    let tuples = shapes.tuples();
    while let Some(operation) = waiting.next() {
        take(operation, tuples);
    }
    read.times = times;
    Ok(read)
}

/// What the values of a file can be.
#[derive(Default)]
struct Shapes {
    /// The first line that can only be a tuple.
    tuple: Option<u64>,
    /// The first that cannot be one.
    plain: Option<u64>,
    /// Whether there are values that may be tuples.
    pairs: bool,
}

impl Shapes {
    fn look(
        &mut self,
        pair: &Pair,
        shape: impl Fn(&str, &Value, bool) -> Shape,
    ) -> Result<(), FileError> {
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
                _ if pair.key.is_some() => _ = self.plain.get_or_insert(pair.at),
                Shape::Tuple => _ = self.tuple.get_or_insert(pair.at),
                Shape::Plain => _ = self.plain.get_or_insert(pair.at),
                Shape::Pair => self.pairs = true,
                Shape::Anything => {}
            }
            if let (Some(tuple), Some(plain)) = (self.tuple, self.plain) {
                let message = format!(
                    "line {tuple} has a tuple of a key and a value, but line {plain} a value without a key"
                );
                return Err(pair.wrong(message));
            }
        }
        Ok(())
    }

    /// Whether they are tuples, once nothing that may follow can change it.
    fn known(&self) -> Option<bool> {
        match (self.tuple, self.plain) {
            (None, None) => None,
            (tuple, _) => Some(tuple.is_some()),
        }
    }

    /// Whether they are tuples, at the end of the file.
    fn tuples(&self) -> bool {
        self.known().unwrap_or(self.pairs)
    }
}

/// Operations that wait for those before them, by their numbers.
#[derive(Default)]
struct Waiting {
    /// The number of the first.
    first: usize,
    operations: VecDeque<Option<Operation<Pair>>>,
}

impl Waiting {
    /// An operation whose number has not come yet.
    fn put(&mut self, number: usize, operation: Operation<Pair>) {
        let place = number.saturating_sub(self.first);
        if place >= self.operations.len() {
            self.operations.resize_with(place + 1, || None);
        }
        if let Some(slot) = self.operations.get_mut(place) {
            *slot = Some(operation);
        }
    }

    /// The next one, if it is there.
    fn next(&mut self) -> Option<Operation<Pair>> {
        let next = self.operations.front_mut()?.take()?;
        self.operations.pop_front();
        self.first += 1;
        Some(next)
    }
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
