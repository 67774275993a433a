//! A queue whose order does not matter: what goes in must come out, once (Jepsen's `total-queue`).
//!
//! Rules: jepsen.checker's `total-queue`, over multisets. The history must end with a drain: everything that is still
//! there is dequeued. As with sets, what was only enqueued by operations that failed and comes out is `resurrected`,
//! not `recovered`.

use super::evidence::{anomaly, count_of, place};
use super::finding::{Anomaly, Finding};
use super::numbering::Numbering;
use super::operation::{History, Operation, Symbol};
use super::runs::runs;
use crate::consistency::outcome::OutcomeType;

/// An operation on a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Put one element in.
    Enqueue(Symbol),
    /// Took one element out; none where it is not known which.
    Dequeue(Option<Symbol>),
    /// Took out all elements that were left; none where they are not known.
    Drain(Option<Vec<Symbol>>),
}

/// What happened to one element, and how often.
#[derive(Clone, Copy, Debug, Default)]
struct Element<'a> {
    attempted: u32,
    failed: u32,
    acknowledged: u32,
    dequeued: u32,
    /// The last enqueue of it, with an acknowledged one before others.
    enqueue: Option<&'a Operation<Queue>>,
    /// The last operation that took it out.
    dequeue: Option<&'a Operation<Queue>>,
}

/// What elements can be, the worst first.
const CLASSES: [&str; 6] = [
    "lost",
    "resurrected",
    "unexpected",
    "duplicated",
    "recovered",
    "ok",
];

/// The first of these make a history invalid.
const BAD: usize = 3;

/// Checks that every element whose enqueue was acknowledged comes out (else it is `lost`), and that nothing comes out
/// that nobody put in (`unexpected`) or that was only put in by enqueues that failed (`resurrected`). An element that
/// comes out more often than it was put in is `duplicated`: told, but allowed, as Jepsen has it. Linear, but for
/// sorting the elements.
///
/// `unknown` where nothing is known to have been in the queue or to have come out of it. A dequeue of unknown outcome
/// may have taken out an element, and a drain all: where that explains all that is missing, and nothing else is wrong,
/// the answer is `unknown`, too. Counts are `attempt-count`, `acknowledged-count`, `ok-count`, `lost-count`, …, each
/// element counted as often as it occurs; elements are under `ok`, `lost`, ….
pub fn check(history: &History<Queue>) -> Finding {
    let numbering = numbering(history);
    let mut elements = vec![Element::default(); numbering.len()];
    let mut explained = 0_u64;
    for operation in &history.operations {
        let taken = match &operation.action {
            Queue::Enqueue(symbol) => {
                if let Some(element) = numbering
                    .number(*symbol)
                    .and_then(|number| elements.get_mut(number))
                {
                    element.enqueue(operation);
                }
                continue;
            }
            Queue::Dequeue(_) | Queue::Drain(_) if operation.outcome == OutcomeType::Fail => {
                continue;
            }
            Queue::Dequeue(Some(symbol)) => std::slice::from_ref(symbol),
            Queue::Drain(Some(list)) => list.as_slice(),
            Queue::Dequeue(None) => {
                explained = explained.saturating_add(1);
                continue;
            }
            Queue::Drain(None) => {
                explained = u64::MAX;
                continue;
            }
        };
        for number in taken.iter().filter_map(|symbol| numbering.number(*symbol)) {
            elements[number].dequeued = elements[number].dequeued.saturating_add(1);
            elements[number].dequeue = Some(operation);
        }
    }
    finding(history, &numbering, &elements, explained)
}

fn finding(
    history: &History<Queue>,
    numbering: &Numbering,
    elements: &[Element<'_>],
    explained: u64,
) -> Finding {
    let mut counts = [0_u64; CLASSES.len()];
    let mut members: [Vec<usize>; CLASSES.len()] = Default::default();
    let (mut attempts, mut acknowledged) = (0, 0);
    for (number, element) in elements.iter().enumerate() {
        attempts += u64::from(element.attempted);
        acknowledged += u64::from(element.acknowledged);
        for (class, times) in element
            .classes()
            .into_iter()
            .enumerate()
            .filter(|class| class.1 > 0)
        {
            counts[class] += u64::from(times);
            members[class].push(number);
        }
    }
    let anomalies = || {
        let first = |class: &usize| {
            members[*class]
                .first()
                .map(|number| (CLASSES[*class], *number))
        };
        let firsts = (0..=BAD).filter_map(|class| first(&class));
        let told = firsts.map(|(name, number)| {
            witness(history, name, numbering.symbol(number), &elements[number])
        });
        told.collect::<Vec<_>>()
    };
    let count = count_of(attempts as usize, "enqueued element");
    let [lost, resurrected, unexpected, duplicated, ..] = counts;
    let mut finding = if resurrected + unexpected > 0 || lost > explained {
        let wrong = (0..BAD).filter(|class| counts[*class] > 0);
        let wrong: Vec<String> = wrong
            .map(|class| format!("{} {}", counts[class], CLASSES[class]))
            .collect();
        Finding::invalid(format!("of {count}: {}", wrong.join(", ")), anomalies())
    } else if lost > 0 {
        Finding::unknown(format!(
            "of {count}, {lost} did not come out, but dequeues of unknown outcome may have taken them"
        ))
    } else if acknowledged == 0 && elements.iter().all(|element| element.dequeued == 0) {
        Finding::unknown("nothing is known to have been in the queue")
    } else {
        let twice = if duplicated > 0 {
            ", some more often than they went in"
        } else {
            ""
        };
        Finding {
            anomalies: anomalies(),
            ..Finding::valid(format!(
                "of {count}, all whose enqueue was acknowledged came out{twice}"
            ))
        }
    };
    finding.counts.insert("attempt-count".to_owned(), attempts);
    finding
        .counts
        .insert("acknowledged-count".to_owned(), acknowledged);
    for ((name, count), members) in CLASSES.iter().zip(counts).zip(members) {
        finding.counts.insert(format!("{name}-count"), count);
        if !members.is_empty() {
            let symbols = members.into_iter().map(|number| numbering.symbol(number));
            finding
                .elements
                .insert((*name).to_owned(), runs(&history.names, symbols));
        }
    }
    finding
}

fn numbering(history: &History<Queue>) -> Numbering {
    let symbols = history
        .operations
        .iter()
        .flat_map(|operation| match &operation.action {
            Queue::Enqueue(symbol) | Queue::Dequeue(Some(symbol)) => std::slice::from_ref(symbol),
            Queue::Drain(Some(list)) => list,
            Queue::Dequeue(None) | Queue::Drain(None) => &[],
        });
    Numbering::of(history.names.len(), symbols.copied())
}

impl<'a> Element<'a> {
    fn enqueue(&mut self, operation: &'a Operation<Queue>) {
        self.attempted = self.attempted.saturating_add(1);
        match operation.outcome {
            OutcomeType::Ok => self.acknowledged = self.acknowledged.saturating_add(1),
            OutcomeType::Fail => self.failed = self.failed.saturating_add(1),
            OutcomeType::Info => {}
        }
        if operation.outcome == OutcomeType::Ok || self.acknowledged == 0 {
            self.enqueue = Some(operation);
        }
    }

    /// How often it is of each class.
    fn classes(&self) -> [u32; CLASSES.len()] {
        let ok = self.dequeued.min(self.attempted);
        let possible = self
            .dequeued
            .min(self.attempted.saturating_sub(self.failed));
        let certain = self.dequeued.min(self.acknowledged);
        let more = self.dequeued.saturating_sub(self.attempted);
        let (unexpected, duplicated) = if self.attempted == 0 {
            (more, 0)
        } else {
            (0, more)
        };
        // Where an enqueue failed and another did not, a second dequeue is no proof that the failed one took effect.
        let resurrected = if possible == 0 { ok } else { 0 };
        [
            self.acknowledged - certain,
            resurrected,
            unexpected,
            duplicated,
            possible - certain,
            ok,
        ]
    }
}

fn witness(history: &History<Queue>, name: &str, symbol: Symbol, element: &Element<'_>) -> Anomaly {
    let text = history.names.text(symbol);
    let enqueue = element.enqueue.map(|operation| {
        let invoked = history.moment(operation.invoked);
        format!(
            "client {}'s enqueue of {text}, invoked {invoked},",
            operation.process
        )
    });
    let dequeue = element.dequeue.map(|operation| {
        let ended = history.moment(place(operation));
        format!("client {} took out {text} {ended}", operation.process)
    });
    let (enqueue, dequeue) = (enqueue.unwrap_or_default(), dequeue.unwrap_or_default());
    let witness = match name {
        "lost" if element.dequeued > 0 => format!(
            "{enqueue} was acknowledged, {text} went in {} times or more, but came out {} times",
            element.acknowledged, element.dequeued
        ),
        "lost" => format!("{enqueue} was acknowledged, but {text} never came out"),
        "resurrected" => format!("{enqueue} is said to have failed, but {dequeue}"),
        "unexpected" => format!("{dequeue}, which nobody put in"),
        _ => format!(
            "{dequeue}: {} times out, {} times in",
            element.dequeued, element.attempted
        ),
    };
    let evidence: Vec<&Operation<Queue>> =
        element.enqueue.into_iter().chain(element.dequeue).collect();
    anomaly(name, witness, &evidence)
}

#[cfg(test)]
mod tests;
