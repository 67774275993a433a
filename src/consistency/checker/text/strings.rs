use crate::consistency::checker::operation::{Names, Symbol};
use crate::consistency::checker::search::FastMap;
use std::borrow::Cow;

/// The prime 2^61 - 1, for hashes of strings.
const PRIME: u64 = (1 << 61) - 1;

/// The base of the hashes: any large number.
const BASE: u64 = 0x0123_4567_89ab_cdef % PRIME;

/// A string: what it was before its last piece, and that piece.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The node before; [`EMPTY`] before the first piece.
    before: u32,
    piece: u32,
    length: u64,
    hash: u64,
}

/// What stands for all strings that nobody will see.
pub(super) const UNSEEN: u32 = u32::MAX;

/// The node of the empty string.
pub(super) const EMPTY: u32 = 0;

/// A piece of text.
#[derive(Clone, Copy, Debug)]
struct Piece {
    symbol: Symbol,
    length: u64,
    hash: u64,
    /// What to multiply a hash by to have this piece after it.
    factor: u64,
}

/// Strings that grow by appending. Equal strings are one node: where hash and length agree the texts are compared, so a
/// collision of hashes costs time and changes nothing. Appending to a node that was appended to before costs O(1).
#[derive(Debug)]
pub(super) struct Strings<'a> {
    names: &'a Names,
    nodes: Vec<Node>,
    pieces: Vec<Piece>,
    piece_numbers: FastMap<Symbol, u32>,
    steps: FastMap<(u32, u32), u32>,
    known: FastMap<(u64, u64), Vec<u32>>,
    prefixes: FastMap<(u32, u32), bool>,
}

impl<'a> Strings<'a> {
    /// With the empty string only.
    pub fn new(names: &'a Names) -> Self {
        Self {
            names,
            nodes: vec![Node {
                before: EMPTY,
                piece: 0,
                length: 0,
                hash: 0,
            }],
            pieces: Vec::new(),
            piece_numbers: FastMap::default(),
            steps: FastMap::default(),
            known: std::iter::once(((0, 0), vec![EMPTY])).collect(),
            prefixes: FastMap::default(),
        }
    }

    /// The number of the piece with this text.
    pub fn piece(&mut self, symbol: Symbol) -> u32 {
        if let Some(piece) = self.piece_numbers.get(&symbol) {
            return *piece;
        }
        let text = self.names.text(symbol);
        let (mut hash, mut factor) = (0, 1);
        for byte in text.bytes() {
            hash = add(times(hash, BASE), u64::from(byte) + 1);
            factor = times(factor, BASE);
        }
        let number = self.pieces.len() as u32;
        self.pieces.push(Piece {
            symbol,
            length: text.len() as u64,
            hash,
            factor,
        });
        self.piece_numbers.insert(symbol, number);
        number
    }

    /// The string that a piece is by itself.
    pub fn whole(&mut self, piece: u32) -> u32 {
        self.append(EMPTY, piece)
    }

    /// The string with a piece at its end.
    pub fn append(&mut self, before: u32, piece: u32) -> u32 {
        let Piece {
            length,
            hash,
            factor,
            ..
        } = self.pieces[piece as usize];
        if length == 0 || before == UNSEEN {
            return before;
        }
        if let Some(node) = self.steps.get(&(before, piece)) {
            return *node;
        }
        let base = self.nodes[before as usize];
        let made = Node {
            before,
            piece,
            length: base.length + length,
            hash: add(times(base.hash, factor), hash),
        };
        let place = (made.length, made.hash);
        let alike = self.known.get(&place).cloned().unwrap_or_default();
        let node = match alike
            .into_iter()
            .find(|node| self.equal(self.nodes[*node as usize], made))
        {
            Some(node) => node,
            None => {
                let node = self.nodes.len() as u32;
                self.nodes.push(made);
                self.known.entry(place).or_default().push(node);
                node
            }
        };
        self.steps.insert((before, piece), node);
        node
    }

    /// Whether the first string is a beginning of the second, which should be a whole piece.
    pub fn is_prefix(&mut self, node: u32, of: u32) -> bool {
        if node == EMPTY || node == of {
            return true;
        }
        if node == UNSEEN {
            return false;
        }
        if self.nodes[node as usize].length >= self.nodes[of as usize].length {
            return false;
        }
        // Back to a string of which it is known, or to the beginning.
        let mut path = Vec::new();
        let mut at = node;
        let mut known = true;
        while at != EMPTY {
            if let Some(answer) = self.prefixes.get(&(at, of)) {
                known = *answer;
                break;
            }
            path.push(at);
            at = self.nodes[at as usize].before;
        }
        if path.is_empty() {
            return known;
        }
        let text = self.text(of);
        let mut answers = Vec::with_capacity(path.len());
        for at in path.into_iter().rev() {
            let Node {
                before,
                piece,
                length,
                ..
            } = self.nodes[at as usize];
            let from = self.nodes[before as usize].length as usize;
            let piece = self.names.text(self.pieces[piece as usize].symbol);
            known = known && text.as_bytes().get(from..length as usize) == Some(piece.as_bytes());
            answers.push((at, known));
        }
        self.prefixes
            .extend(answers.into_iter().map(|(at, answer)| ((at, of), answer)));
        known
    }

    /// The string before the last piece.
    pub fn before(&self, node: u32) -> u32 {
        self.nodes[node as usize].before
    }

    /// Where the last piece begins, and its text.
    pub fn last_piece(&self, node: u32) -> (usize, Cow<'a, str>) {
        let Node { before, piece, .. } = self.nodes[node as usize];
        let from = self.nodes[before as usize].length as usize;
        (from, self.names.text(self.pieces[piece as usize].symbol))
    }

    /// The text of a string. Costs its length unless it is one piece.
    pub fn text(&self, node: u32) -> Cow<'a, str> {
        let Node { before, piece, .. } = self.nodes[node as usize];
        if node == EMPTY {
            return "".into();
        }
        if before == EMPTY {
            return self.names.text(self.pieces[piece as usize].symbol);
        }
        let mut pieces = Vec::new();
        let mut at = node;
        while at != EMPTY {
            let Node { before, piece, .. } = self.nodes[at as usize];
            pieces.push(self.names.text(self.pieces[piece as usize].symbol));
            at = before;
        }
        pieces.reverse();
        pieces.concat().into()
    }

    /// Whether two strings of one length are equal: from their ends to where they have the same node.
    fn equal(&self, one: Node, other: Node) -> bool {
        let piece = |node: Node| self.names.text(self.pieces[node.piece as usize].symbol);
        let (mut one, mut other) = (one, other);
        let (mut one_text, mut other_text) = (piece(one), piece(other));
        let (mut one_left, mut other_left) = (one_text.len(), other_text.len());
        loop {
            if one_left == other_left && one.before == other.before {
                return one_text.as_bytes()[..one_left] == other_text.as_bytes()[..other_left];
            }
            let common = one_left.min(other_left);
            if one_text.as_bytes()[one_left - common..one_left]
                != other_text.as_bytes()[other_left - common..other_left]
            {
                return false;
            }
            one_left -= common;
            other_left -= common;
            if one_left == 0 {
                if one.before == EMPTY {
                    return other_left == 0 && other.before == EMPTY;
                }
                one = self.nodes[one.before as usize];
                one_text = piece(one);
                one_left = one_text.len();
            }
            if other_left == 0 {
                if other.before == EMPTY {
                    // Of one length, so this end is never reached with something left.
                    return false;
                }
                other = self.nodes[other.before as usize];
                other_text = piece(other);
                other_left = other_text.len();
            }
        }
    }
}

fn add(one: u64, other: u64) -> u64 {
    let sum = one + other;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn times(one: u64, other: u64) -> u64 {
    (u128::from(one) * u128::from(other) % u128::from(PRIME)) as u64
}
