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
    /// The position of the read that was looked at last and shows it.
    looked_at: u32,
    /// How often that read shows it.
    times: u32,
    /// How often a read shows it at most.
    pub most: u32,
    /// The position of the latest-invoked read that shows it.
    pub last_present: u32,
    /// The place where it was first known; [`OPEN`] if never.
    pub known: u32,
    /// The operation by which it was known.
    pub known_by: u32,
    /// The position of a read that shows it `most` times, where that is more than once.
    pub duplicated: u32,
    /// The position of the earliest read that shows it before anybody added it.
    pub unexpected: u32,
    /// The position of the earliest read that shows it though only failed adds were before.
    pub resurrected: u32,
}

impl Element {
    fn new(history: &History<Set>, added: &Added) -> Self {
        let acknowledged = history.operations.get(added.acknowledged as usize);
        Self {
            run: 0,
            looked_at: NONE,
            times: 0,
            most: 0,
            last_present: NONE,
            known: acknowledged.map_or(OPEN, |add| add.completed),
            known_by: added.acknowledged,
            duplicated: NONE,
            unexpected: NONE,
            resurrected: NONE,
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

    /// Takes in that a read shows it, where the reads come from the latest-invoked one on.
    #[inline]
    fn show(&mut self, history: &History<Set>, added: &Added, position: u32, read: &Read) {
        if self.looked_at == position {
            self.times = self.times.saturating_add(1);
            if self.times > self.most {
                self.most = self.times;
                self.duplicated = position;
            }
            return;
        }
        self.looked_at = position;
        self.times = 1;
        self.most = self.most.max(1);
        match added.origin(history, read.completed) {
            Origin::Added => {}
            Origin::Resurrected => self.resurrected = position,
            Origin::Unexpected => {
                self.unexpected = position;
                return;
            }
        }
        if self.run == position {
            self.run = position + 1;
        }
        if self.last_present == NONE {
            self.last_present = position;
        }
        if read.completed < self.known {
            self.known = read.completed;
            self.known_by = read.index;
        }
    }
}

/// What all reads tell of every element, by its number: one pass over all that was read.
pub fn scan(
    history: &History<Set>,
    numbering: &Numbering,
    added: &[Added],
    reads: &Reads,
) -> Vec<Element> {
    let mut elements: Vec<Element> = added
        .iter()
        .map(|added| Element::new(history, added))
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
            if let (Some(element), Some(added)) = (elements.get_mut(number), added.get(number)) {
                element.show(history, added, position, read);
            }
        }
    }
    elements
}
