use super::strings::{EMPTY, Strings};
use crate::consistency::checker::operation::Names;
use std::borrow::Cow;

/// The most bytes that are looked through to find pieces in what gets show; beyond, pieces count as shown to the end.
const LOOKED_THROUGH: usize = 1 << 26;

/// What a get shows, and one more than the last place at which one that shows it returns.
type Shown<'a> = (Cow<'a, str>, u64);

/// Until when gets show what begins with a string, or what has a piece in it.
#[derive(Debug, Default)]
pub(super) struct Prospects<'a> {
    /// What gets show, in rising order.
    texts: Vec<Cow<'a, str>>,
    /// One more than the last place at which a get with the text returns: a tree of maxima over the texts.
    until: Vec<u64>,
    /// By node: the texts that begin with it, from and to; unknown yet where it is none.
    ranges: Vec<Option<(u32, u32)>>,
    /// By piece: one more than the last place at which a get returns that may have it in it.
    pieces: Vec<u64>,
}

impl<'a> Prospects<'a> {
    /// For gets as symbols and places of returns, and all pieces that are written.
    pub fn new(names: &'a Names, gets: &[(u32, u32)], written: &[(u32, u32)]) -> Self {
        let mut shown: Vec<Shown<'a>> = gets
            .iter()
            .map(|(symbol, returned)| (names.text(*symbol), u64::from(*returned) + 1))
            .collect();
        shown.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp(&one.1)));
        shown.dedup_by(|one, other| one.0 == other.0);
        let count = shown.len();
        let mut until = vec![0; 2 * count];
        for (place, entry) in shown.iter().enumerate() {
            until[count + place] = entry.1;
        }
        for place in (1..count).rev() {
            until[place] = until[2 * place].max(until[2 * place + 1]);
        }
        Self {
            texts: shown.iter().map(|entry| entry.0.clone()).collect(),
            until,
            ranges: vec![Some((0, count as u32))],
            pieces: pieces(names, shown, written),
        }
    }

    /// Whether a get that returns at this place or later may have the piece in it.
    pub fn shows(&self, piece: u32, place: u32) -> bool {
        self.pieces
            .get(piece as usize)
            .is_none_or(|until| *until > u64::from(place))
    }

    /// Whether a get that returns at this place or later shows what begins with the string.
    pub fn continues(&mut self, strings: &Strings<'_>, node: u32, place: u32) -> bool {
        let (from, to) = self.range(strings, node);
        let count = self.texts.len();
        let (mut from, mut to) = (from as usize + count, to as usize + count);
        while from < to {
            let odd = [
                (from % 2 == 1).then_some(from),
                (to % 2 == 1).then(|| to - 1),
            ];
            if odd
                .into_iter()
                .flatten()
                .any(|place_in_tree| self.until[place_in_tree] > u64::from(place))
            {
                return true;
            }
            (from, to) = (from.div_ceil(2), to / 2);
        }
        false
    }

    fn range(&mut self, strings: &Strings<'_>, node: u32) -> (u32, u32) {
        // Down to a string of which it is known, at the latest the empty one.
        let mut path = Vec::new();
        let mut at = node;
        let mut range = loop {
            if let Some(Some(range)) = self.ranges.get(at as usize) {
                break *range;
            }
            path.push(at);
            if at == EMPTY {
                break (0, self.texts.len() as u32);
            }
            at = strings.before(at);
        };
        while let Some(at) = path.pop() {
            let (from, piece) = strings.last_piece(at);
            let piece = piece.as_bytes();
            let part = &self.texts[range.0 as usize..range.1 as usize];
            let rest = |text: &Cow<'a, str>| text.len().min(from);
            let less = part.partition_point(|text| text.as_bytes()[rest(text)..] < *piece);
            let same = part[less..]
                .partition_point(|text| text.as_bytes()[rest(text)..].starts_with(piece));
            range = (range.0 + less as u32, range.0 + (less + same) as u32);
            if self.ranges.len() <= at as usize {
                self.ranges.resize(at as usize + 1, None);
            }
            self.ranges[at as usize] = Some(range);
        }
        range
    }
}

/// By piece: one more than the last return of what has it in it.
fn pieces(names: &Names, mut shown: Vec<Shown<'_>>, written: &[(u32, u32)]) -> Vec<u64> {
    // What a longer text that is shown as late begins with need not be looked through.
    let mut kept: Vec<Shown<'_>> = Vec::new();
    while let Some(entry) = shown.pop() {
        if kept
            .last()
            .is_none_or(|longer| longer.1 < entry.1 || !longer.0.starts_with(&*entry.0))
        {
            kept.push(entry);
        }
    }
    kept.sort_by_key(|entry| std::cmp::Reverse(entry.1));
    let mut left = LOOKED_THROUGH;
    let mut pieces = Vec::new();
    for (piece, symbol) in written {
        let piece = *piece as usize;
        if pieces.len() <= piece {
            pieces.resize(piece + 1, 0);
        }
        let text = names.text(*symbol);
        let found = kept.iter().find(|entry| {
            let enough = entry.0.len() <= left;
            left = left.saturating_sub(entry.0.len());
            !enough || entry.0.contains(&*text)
        });
        pieces[piece] = found.map_or(0, |entry| entry.1);
    }
    pieces
}
