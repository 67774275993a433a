//! What the reads tell of each element.

use crate::consistency::checker::actions::Set;
use crate::consistency::checker::adds::{Added, NONE, Origin, shown};
use crate::consistency::checker::numbering::Numbering;
use crate::consistency::checker::operation::{History, OPEN};

/// One read whose value is known.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    /// Its index among the operations.
    pub index: u32,
    /// Where it began.
    pub invoked: u32,
    /// Where it ended.
    pub completed: u32,
}

/// All reads whose values are known.
pub struct Reads {
    /// The one that was invoked last comes first.
    latest_first: Vec<Read>,
    /// Those that completed last come first; each with the latest-invoked read of it and those before it.
    open: Vec<(u32, Read)>,
}

impl Reads {
    /// The reads of a history.
    pub fn of(history: &History<Set>) -> Self {
        let operations = history.operations.iter().zip(0_u32..);
        let mut latest_first: Vec<Read> = operations
            .filter(|(operation, _)| shown(operation).is_some())
            .map(|(operation, index)| Read {
                index,
                invoked: operation.invoked,
                completed: operation.completed,
            })
            .collect();
        latest_first.sort_by_key(|read| std::cmp::Reverse(read.invoked));
        let mut open: Vec<(u32, Read)> = latest_first
            .iter()
            .map(|read| (read.completed, *read))
            .collect();
        open.sort_by_key(|pair| std::cmp::Reverse(pair.0));
        let mut latest = None::<Read>;
        for (_, read) in &mut open {
            let known = latest
                .filter(|latest| latest.invoked >= read.invoked)
                .unwrap_or(*read);
            *read = known;
            latest = Some(known);
        }
        Self { latest_first, open }
    }

    /// The read at a position, counted from the one that was invoked last.
    pub fn at(&self, position: u32) -> Option<&Read> {
        self.latest_first.get(position as usize)
    }

    /// The latest-invoked read that does not show an element, of those that completed after its first add was invoked.
    /// Reads that were invoked earlier than the last one that shows it are not looked for once the add had begun,
    /// because nothing depends on them.
    pub fn last_absent(&self, element: &Element, attempted: u32) -> Option<&Read> {
        let later = self
            .latest_first
            .partition_point(|read| read.invoked > attempted);
        if (element.run as usize) < later {
            return self.at(element.run);
        }
        if later > 0 {
            return None;
        }
        // Every read was invoked before the add was. The latest of those that were still open does not show the
        // element if it is later than the last one that does.
        let count = self
            .open
            .partition_point(|(completed, _)| *completed > attempted);
        let (_, latest) = self.open.get(count.checked_sub(1)?)?;
        let last_present = self.at(element.last_present);
        last_present
            .is_none_or(|read| read.invoked < latest.invoked)
            .then_some(latest)
    }
}

/// How an element ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Read, and not missed by any later read.
    Stable,
    /// Known, and missed by a read that was invoked after that and after all reads that show it.
    Lost,
    /// Neither.
    NeverRead,
}

/// What the reads tell of one element. Positions among the reads and operations are [`NONE`] where there are none.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// How many of the latest-invoked reads, without a gap, show it.
    run: u32,
    /// How often a read shows it at most, where that is more than once.
    pub most: u32,
    /// The position of the latest-invoked read that shows it.
    pub last_present: u32,
    /// The place where it was first known; [`OPEN`] if never.
    pub known: u32,
    /// The operation by which it was known.
    pub known_by: u32,
    /// The position of a read that shows it `most` times, where that is more than once.
    pub duplicated: u32,
    /// The position of the read that showed it more than once last, and how often so far.
    repeated: (u32, u32),
    /// The position of the earliest read that shows it before anybody added it.
    pub unexpected: u32,
    /// The position of the earliest read that shows it though only failed adds were before.
    pub resurrected: u32,
}

/// What every read that shows an element looks at: by itself, because together with all else that is told of each
/// element it fills the caches long before it would alone, and then this is what the check waits for.
#[derive(Clone, Copy)]
struct Shown {
    /// The position of the read that was looked at last and shows it.
    looked_at: u32,
    /// Where the first add was invoked that may have taken effect; [`OPEN`] if there was none.
    live: u32,
    /// The element's `run`, `last_present` and `known`.
    run: u32,
    last_present: u32,
    known: u32,
}

impl Shown {
    fn new(history: &History<Set>, added: &Added) -> Self {
        let add = |add: u32| history.operations.get(add as usize);
        Self {
            looked_at: NONE,
            live: add(added.live).map_or(OPEN, |add| add.invoked),
            run: 0,
            last_present: NONE,
            known: add(added.acknowledged).map_or(OPEN, |add| add.completed),
        }
    }
}

impl Element {
    fn new(added: &Added) -> Self {
        Self {
            run: 0,
            most: 0,
            last_present: NONE,
            known: OPEN,
            known_by: added.acknowledged,
            duplicated: NONE,
            repeated: (NONE, 0),
            unexpected: NONE,
            resurrected: NONE,
        }
    }

    /// It was shown once more by the same read.
    #[cold]
    fn repeat(&mut self, position: u32) {
        let (at, times) = self.repeated;
        let times = if at == position { times } else { 1 };
        let times = times.saturating_add(1);
        self.repeated = (position, times);
        if times > self.most {
            self.most = times;
            self.duplicated = position;
        }
    }

    /// How it ended, with the reads that were invoked last of those that show it and of those that miss it.
    pub fn outcome(&self, present: Option<&Read>, absent: Option<&Read>) -> Outcome {
        match (present, absent) {
            (Some(_), None) => Outcome::Stable,
            (Some(present), Some(absent)) if present.invoked > absent.invoked => Outcome::Stable,
            (_, Some(absent)) if absent.invoked > self.known => Outcome::Lost,
            _ => Outcome::NeverRead,
        }
    }
}

/// What all reads tell of every element, by its number: one pass over all that was read, from the latest-invoked read
/// on.
pub fn scan(
    history: &History<Set>,
    numbering: &Numbering,
    added: &[Added],
    reads: &Reads,
) -> Vec<Element> {
    let mut elements: Vec<Element> = added.iter().map(Element::new).collect();
    let mut all: Vec<Shown> = added
        .iter()
        .map(|added| Shown::new(history, added))
        .collect();
    for (read, position) in reads.latest_first.iter().zip(0_u32..) {
        let contents = history
            .operations
            .get(read.index as usize)
            .and_then(shown)
            .unwrap_or_default();
        for number in contents
            .iter()
            .filter_map(|symbol| numbering.number(*symbol))
        {
            let Some(shown) = all.get_mut(number) else {
                continue;
            };
            if shown.looked_at == position {
                if let Some(element) = elements.get_mut(number) {
                    element.repeat(position);
                }
                continue;
            }
            shown.looked_at = position;
            // An add that was invoked before the read ended may have put it there, as nearly always.
            if shown.live == OPEN || shown.live > read.completed {
                let (Some(element), Some(added)) = (elements.get_mut(number), added.get(number))
                else {
                    continue;
                };
                match added.origin(history, read.completed) {
                    Origin::Added => {}
                    Origin::Resurrected => element.resurrected = position,
                    Origin::Unexpected => {
                        element.unexpected = position;
                        continue;
                    }
                }
            }
            if shown.run == position {
                shown.run = position + 1;
            }
            if shown.last_present == NONE {
                shown.last_present = position;
            }
            if read.completed < shown.known {
                shown.known = read.completed;
                if let Some(element) = elements.get_mut(number) {
                    element.known_by = read.index;
                }
            }
        }
    }
    for (element, shown) in elements.iter_mut().zip(all) {
        element.run = shown.run;
        element.last_present = shown.last_present;
        element.known = shown.known;
    }
    elements
}
