//! What clients may rely on between their own operations: reads of a growing set that do not go backwards, and that
//! show what the client itself added (Terry and others, "Session guarantees for weakly consistent replicated data").

use super::actions::Set;
use super::adds::{elements, shown};
use super::evidence::{anomaly, completions_only, count_of};
use super::finding::{Anomaly, Finding};
use super::numbering::Numbering;
use super::operation::{History, Operation, Symbol};
use crate::consistency::outcome::OutcomeType;

/// Checks that each read of a client shows every element that an earlier read of that client showed
/// (`non-monotonic-read`). `unknown` where no client read twice, or one did two operations at once. Linear in all that
/// was read, but for sorting the operations by client.
///
/// Counts are `reads-count`, `compared-count` (reads with an earlier one) and `non-monotonic-read-count`.
pub fn monotonic_reads(history: &History<Set>) -> Finding {
    let Some(order) = by_process(history) else {
        return at_once();
    };
    let mut required = Required::new(history, "non-monotonic-read");
    let mut process = None;
    for operation in order {
        if process.replace(operation.process) != Some(operation.process) {
            required.forget();
        }
        if let Some(shown) = shown(operation) {
            required.check(operation, shown);
            required.extend(operation, shown);
        }
    }
    required.finding("no client read twice")
}

/// Checks that each read of a client shows every element whose add by that client was acknowledged earlier
/// (`lost-own-write`). `unknown` where no client read after an acknowledged add, or one did two operations at once.
/// Linear in all that was read, but for sorting the operations by client.
///
/// Counts are `reads-count`, `compared-count` (reads after an own add) and `lost-own-write-count`.
pub fn read_your_writes(history: &History<Set>) -> Finding {
    let Some(order) = by_process(history) else {
        return at_once();
    };
    let mut required = Required::new(history, "lost-own-write");
    let mut process = None;
    for operation in order {
        if process.replace(operation.process) != Some(operation.process) {
            required.forget();
        }
        match &operation.action {
            Set::Add(symbol) if operation.outcome == OutcomeType::Ok => {
                required.extend(operation, &[*symbol])
            }
            _ => shown(operation)
                .into_iter()
                .for_each(|shown| required.check(operation, shown)),
        }
    }
    required.finding("no client read after an acknowledged add of its own")
}

/// Checks that each read shows every element that any read showed which had ended before it began
/// (`non-monotonic-read`): what one reader of majority-committed data on one node must see. `unknown` where no read
/// follows another. Linear in all that was read, but for sorting the reads.
///
/// Counts are `reads-count`, `compared-count` (reads that follow another) and `non-monotonic-read-count`.
pub fn superset_chain(history: &History<Set>) -> Finding {
    let reads = || {
        history
            .operations
            .iter()
            .filter_map(|operation| Some((operation, shown(operation)?)))
    };
    let mut ended: Vec<(&Operation<Set>, &[Symbol])> = reads().collect();
    let mut begun = ended.clone();
    ended.sort_by_key(|read| read.0.completed);
    begun.sort_by_key(|read| read.0.invoked);
    let mut required = Required::new(history, "non-monotonic-read");
    let mut pending = ended.into_iter().peekable();
    for (operation, shown) in begun {
        while let Some((earlier, shown)) =
            pending.next_if(|next| next.0.completed < operation.invoked)
        {
            required.extend(earlier, shown);
        }
        required.check(operation, shown);
    }
    required.finding("no read follows another")
}

/// All operations, client by client, in the order in which each client did them; none where a client did two at once.
fn by_process(history: &History<Set>) -> Option<Vec<&Operation<Set>>> {
    let mut order: Vec<&Operation<Set>> = history.operations.iter().collect();
    order.sort_by_key(|operation| (operation.process, operation.completed));
    // In a file of completions only, that a client does one thing at a time is all that gives an order.
    let apart = |pair: &[&Operation<Set>]| {
        let (one, next) = (pair[0], pair[1]);
        one.process != next.process
            || one.completed <= next.invoked
            || next.outcome == OutcomeType::Info
    };
    (completions_only(history) || order.windows(2).all(apart)).then_some(order)
}

fn at_once() -> Finding {
    Finding::unknown("a client did two operations at once, so that it is no session")
}

/// The elements that a read must show, and what was found when reads were compared with them.
struct Required<'a> {
    history: &'a History<Set>,
    name: &'static str,
    numbering: Numbering,
    /// By number: since when an element must be shown (as `session`), and in which read it was last counted.
    marks: Vec<Mark>,
    /// The elements that must be shown, each with the operation that says so.
    elements: Vec<(Symbol, &'a Operation<Set>)>,
    session: u32,
    turn: u32,
    /// Whether anything came before, be it a read of nothing.
    any: bool,
    compared: u64,
    wrong: u64,
    anomalies: Vec<Anomaly>,
}

#[derive(Clone, Copy, Default)]
struct Mark {
    session: u32,
    turn: u32,
}

impl<'a> Required<'a> {
    fn new(history: &'a History<Set>, name: &'static str) -> Self {
        let numbering = elements(history);
        Self {
            marks: vec![Mark::default(); numbering.len()],
            history,
            name,
            numbering,
            elements: Vec::new(),
            session: 1,
            turn: 0,
            any: false,
            compared: 0,
            wrong: 0,
            anomalies: Vec::new(),
        }
    }

    /// Another client: nothing must be shown yet.
    fn forget(&mut self) {
        self.session += 1;
        self.elements.clear();
        self.any = false;
    }

    /// From now on these must be shown.
    fn extend(&mut self, because: &'a Operation<Set>, symbols: &[Symbol]) {
        self.any = true;
        for symbol in symbols {
            let mark = self
                .numbering
                .number(*symbol)
                .and_then(|number| self.marks.get_mut(number));
            if let Some(mark) = mark.filter(|mark| mark.session != self.session) {
                mark.session = self.session;
                self.elements.push((*symbol, because));
            }
        }
    }

    /// Compares a read with what it must show.
    fn check(&mut self, read: &Operation<Set>, shown: &[Symbol]) {
        if !self.any {
            return;
        }
        self.compared += 1;
        self.turn += 1;
        let mut count = 0;
        for symbol in shown {
            if let Some(mark) = self
                .numbering
                .number(*symbol)
                .and_then(|number| self.marks.get_mut(number))
                && mark.session == self.session
                && mark.turn != self.turn
            {
                mark.turn = self.turn;
                count += 1;
            }
        }
        if count == self.elements.len() {
            return;
        }
        self.wrong += 1;
        // To name the element costs a look at all of them, so that not all reads are told.
        if self.anomalies.len() < FEW_WITNESSES {
            self.tell(read, self.elements.len() - count);
        }
    }

    fn tell(&mut self, read: &Operation<Set>, missing: usize) {
        let shown = |symbol: Symbol| {
            let mark = self
                .numbering
                .number(symbol)
                .and_then(|number| self.marks.get(number));
            mark.is_some_and(|mark| mark.turn == self.turn)
        };
        let Some((symbol, because)) = self.elements.iter().find(|element| !shown(element.0)) else {
            return;
        };
        let text = self.history.names.text(*symbol);
        let moment = |place| self.history.moment(place);
        let before = match because.action {
            Set::Add(_) => format!(
                "its own add of {text} was acknowledged {}",
                moment(because.completed)
            ),
            Set::Read(_) if because.process == read.process => {
                format!(
                    "its own read, which ended {}, showed it",
                    moment(because.completed)
                )
            }
            Set::Read(_) => format!(
                "client {}'s read, which ended {}, showed it",
                because.process,
                moment(because.completed)
            ),
        };
        let others = match missing {
            1 => String::new(),
            more => format!(" ({more} elements are missing)"),
        };
        let witness = format!(
            "client {}'s read, which ended {}, does not show {text}, although {before}, before that read began{others}",
            read.process,
            moment(read.completed),
        );
        self.anomalies
            .push(anomaly(self.name, witness, &[because, read]));
    }

    fn finding(self, none: &str) -> Finding {
        let reads = self
            .history
            .operations
            .iter()
            .filter(|operation| shown(operation).is_some())
            .count();
        let compared = count_of(self.compared as usize, "read");
        let mut finding = if self.wrong > 0 {
            let reason = format!(
                "{} of {compared} with something before them: {}",
                self.wrong, self.name
            );
            Finding::invalid(reason, self.anomalies)
        } else if self.compared == 0 {
            Finding::unknown(none)
        } else {
            Finding::valid(format!(
                "{compared} with something before them, each with all that it must show"
            ))
        };
        finding
            .counts
            .insert("reads-count".to_owned(), reads as u64);
        finding
            .counts
            .insert("compared-count".to_owned(), self.compared);
        finding
            .counts
            .insert(format!("{}-count", self.name), self.wrong);
        finding
    }
}

/// How many anomalies are told one by one.
const FEW_WITNESSES: usize = 10;

#[cfg(test)]
mod tests;
