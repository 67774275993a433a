//! Lines that are decoded together.

use super::{Decoded, says};
use std::collections::VecDeque;

/// Lines as they stand in the file, with their ends.
#[derive(Default)]
pub(super) struct Batch {
    /// The number of the first line in the file, from 1.
    pub first: u64,
    pub bytes: Vec<u8>,
}

/// A line in a [`Batch`].
pub(super) struct Raw<'a> {
    pub at: u64,
    /// Whether it was ended.
    pub whole: bool,
    /// Without its end.
    pub text: &'a [u8],
}

impl Batch {
    /// Appends all lines that are not empty, decoded.
    pub fn decode(&self, into: &mut VecDeque<Decoded>) {
        into.extend(self.lines().map(|line| Decoded {
            at: line.at,
            whole: line.whole,
            says: says(line.text, line.at),
        }));
    }

    /// The lines that are not empty.
    pub fn lines(&self) -> impl Iterator<Item = Raw<'_>> {
        let mut rest = self.bytes.as_slice();
        let all = std::iter::from_fn(move || {
            let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            let (line, after) = rest.split_at_checked(end)?;
            rest = after;
            (!line.is_empty()).then_some(line)
        });
        let numbered = (self.first..).zip(all);
        numbered.filter_map(|(at, line)| {
            let (text, whole) = match line.strip_suffix(b"\n") {
                Some(text) => (text.strip_suffix(b"\r").unwrap_or(text), true),
                None => (line, false),
            };
            let empty = text.iter().all(u8::is_ascii_whitespace);
            (!empty).then_some(Raw { at, whole, text })
        })
    }
}
