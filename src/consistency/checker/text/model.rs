use super::prospects::Prospects;
use super::strings::{EMPTY, Strings, UNSEEN};
use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::operation::{Names, Operation};
use crate::consistency::checker::search::{Call, Effect, FastMap, Model};
use crate::consistency::outcome::OutcomeType;
use std::cell::RefCell;

/// What a call does to a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Change {
    /// Read this string.
    Get(u32),
    /// Wrote this string.
    Put(u32),
    /// Added this piece.
    Append(u32),
}

/// One string of the map.
#[derive(Debug)]
pub(super) struct TextModel<'a> {
    pub strings: Strings<'a>,
    prospects: RefCell<Prospects<'a>>,
    /// By string that is put: its piece.
    put_pieces: FastMap<u32, u32>,
    /// The last place at which a get returns.
    last: u32,
    /// Whether states may be given up for what later gets show.
    pub looks_ahead: bool,
}

impl<'a> TextModel<'a> {
    /// A string of its own, and the calls at these places of a history that say anything.
    pub fn new(
        operations: &[Operation<OnText>],
        places: &[u32],
        names: &'a Names,
    ) -> (Self, Vec<Call<Change>>) {
        let mut model = Self {
            strings: Strings::new(names),
            prospects: RefCell::default(),
            put_pieces: FastMap::default(),
            last: 0,
            looks_ahead: true,
        };
        let mut calls = Vec::with_capacity(places.len());
        let (mut gets, mut written) = (Vec::new(), Vec::new());
        for place in places {
            let operation = &operations[*place as usize];
            if operation.outcome == OutcomeType::Fail {
                continue;
            }
            let action = match operation.action.action {
                Text::Get(None) => continue,
                Text::Get(Some(symbol)) => {
                    let piece = model.strings.piece(symbol);
                    Change::Get(model.strings.whole(piece))
                }
                Text::Put(symbol) => {
                    let piece = model.strings.piece(symbol);
                    let string = model.strings.whole(piece);
                    written.push((piece, symbol));
                    model.put_pieces.insert(string, piece);
                    Change::Put(string)
                }
                Text::Append(symbol) => {
                    let piece = model.strings.piece(symbol);
                    written.push((piece, symbol));
                    Change::Append(piece)
                }
            };
            let call = Call::new(operation, *place, action);
            if matches!(action, Change::Get(_)) {
                if !call.is_required() {
                    continue;
                }
                model.last = model.last.max(call.returned);
                if let Text::Get(Some(symbol)) = operation.action.action {
                    gets.push((symbol, call.returned));
                }
            }
            calls.push(call);
        }
        // Without puts nothing is ever out of sight.
        if !model.put_pieces.is_empty() {
            written.sort_unstable();
            written.dedup();
            model.prospects = Prospects::new(names, &gets, &written).into();
        }
        (model, calls)
    }
}

impl Model for TextModel<'_> {
    type Action = Change;

    fn start(&self) -> u32 {
        EMPTY
    }

    fn apply(&mut self, state: u32, action: Change) -> Effect {
        match action {
            Change::Get(shown) if shown != state => Effect::Refused,
            Change::Get(_) => Effect::Becomes(state),
            Change::Put(written) => Effect::Becomes(written),
            Change::Append(piece) => Effect::Becomes(self.strings.append(state, piece)),
        }
    }

    fn changes(&self, action: Change) -> bool {
        !matches!(action, Change::Get(_))
    }

    fn observes(&self, action: Change) -> bool {
        matches!(action, Change::Get(_))
    }

    fn is_useful(&self, _: Change, place: u32) -> bool {
        place <= self.last
    }

    fn may_leave(&self, _: u32, _: Change, _: u32) -> bool {
        true
    }

    fn overwrites(&self, action: Change) -> bool {
        self.looks_ahead && matches!(action, Change::Put(_))
    }

    fn is_idle(&self, action: Change, place: u32) -> bool {
        let piece = match action {
            Change::Get(_) => None,
            Change::Put(string) => self.put_pieces.get(&string).copied(),
            Change::Append(piece) => Some(piece),
        };
        self.looks_ahead
            && !self.put_pieces.is_empty()
            && piece.is_some_and(|piece| !self.prospects.borrow().shows(piece, place))
    }

    fn fold(&self, state: u32, place: u32) -> u32 {
        let folds = self.looks_ahead
            && !self.put_pieces.is_empty()
            && state != UNSEEN
            && !self
                .prospects
                .borrow_mut()
                .continues(&self.strings, state, place);
        if folds { UNSEEN } else { state }
    }

    fn aims(&self, action: Change) -> bool {
        self.looks_ahead && matches!(action, Change::Get(_))
    }

    fn reaches(&mut self, state: u32, target: Change) -> bool {
        matches!(target, Change::Get(shown) if self.strings.is_prefix(state, shown))
    }

    fn resets(&mut self, action: Change, target: Change) -> bool {
        match (action, target) {
            (Change::Put(written), Change::Get(shown)) => self.strings.is_prefix(written, shown),
            _ => false,
        }
    }
}
