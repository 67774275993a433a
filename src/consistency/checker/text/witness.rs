use super::check::Stuck;
use super::model::{Change, TextModel};
use crate::consistency::checker::actions::{OnText, Text};
use crate::consistency::checker::finding::Anomaly;
use crate::consistency::checker::operation::{History, NIL, OPEN, Symbol};
use crate::consistency::checker::search::Call;

/// The most characters of a string that are shown from each of its ends.
const SHOWN: usize = 24;

/// What is known of a key without an order.
pub(super) struct Scene<'a, 'b> {
    history: &'a History<OnText>,
    key: Symbol,
    calls: &'a [Call<Change>],
    model: &'a mut TextModel<'b>,
    stuck: Stuck,
}

impl<'a, 'b> Scene<'a, 'b> {
    /// The calls of the shortest beginning without an order, and what could not be brought into one.
    pub fn new(
        history: &'a History<OnText>,
        key: Symbol,
        calls: &'a [Call<Change>],
        model: &'a mut TextModel<'b>,
        stuck: Stuck,
    ) -> Self {
        Self {
            history,
            key,
            calls,
            model,
            stuck,
        }
    }

    /// The simplest reason that there is.
    pub fn anomaly(mut self) -> Anomaly {
        let stuck = self.stuck.take();
        let last = stuck.as_ref().and_then(|(source, _)| {
            self.calls
                .iter()
                .find(|call| call.source == *source)
                .copied()
        });
        let (name, witness, sources) = last
            .and_then(|last| self.missing(last).or_else(|| self.incompatible(last)))
            .unwrap_or_else(|| self.plain(stuck));
        Anomaly {
            name: name.to_owned(),
            witness,
            operations: sources
                .into_iter()
                .map(|source| self.line(source))
                .collect(),
        }
    }

    /// An append that was answered before the get began, that no put can have removed, and that it does not show.
    fn missing(&self, get: Call<Change>) -> Option<Told> {
        let Change::Get(shown) = get.action else {
            return None;
        };
        let shown = self.model.strings.text(shown);
        // A put may hide all that was not begun after it was answered.
        let puts = self
            .calls
            .iter()
            .filter(|call| matches!(call.action, Change::Put(_)));
        let since = puts.map(|call| call.returned).max();
        let append = self.calls.iter().find(|call| {
            matches!(call.action, Change::Append(_))
                && call.returned < get.invoked
                && since.is_none_or(|since| since < call.invoked)
                && self
                    .added(call.source)
                    .is_some_and(|text| !shown.contains(text))
        })?;
        let witness = format!(
            "{}{} does not show {}, although that had been answered {}, before the get began {}",
            self.whole(get.source),
            self.of_key(),
            self.deed(append.source),
            self.history.moment(append.returned),
            self.history.moment(get.invoked)
        );
        Some(("stale-read", witness, vec![append.source, get.source]))
    }

    /// Another get such that neither shows a beginning of the other, where there were no puts.
    fn incompatible(&mut self, get: Call<Change>) -> Option<Told> {
        let Change::Get(shown) = get.action else {
            return None;
        };
        if self
            .calls
            .iter()
            .any(|call| matches!(call.action, Change::Put(_)))
        {
            return None;
        }
        for other in self.calls {
            let Change::Get(seen) = other.action else {
                continue;
            };
            let strings = &mut self.model.strings;
            let earlier = other.returned < get.invoked;
            if strings.is_prefix(seen, shown) || (!earlier && strings.is_prefix(shown, seen)) {
                continue;
            }
            let (name, what) = if strings.is_prefix(shown, seen) {
                (
                    "stale-read",
                    "which had been answered before and shows more, although nothing was put since",
                )
            } else {
                (
                    "incompatible-order",
                    "of which it is no continuation nor beginning, although nothing was ever put",
                )
            };
            let witness = format!(
                "{}{} contradicts {}, {what}",
                self.whole(get.source),
                self.of_key(),
                self.whole(other.source)
            );
            return Some((name, witness, vec![other.source, get.source]));
        }
        None
    }

    fn plain(&self, stuck: Stuck) -> Told {
        /// The most strings that are named.
        const NAMED: usize = 3;
        let Some((source, states)) = stuck else {
            let sources = self
                .calls
                .iter()
                .filter(|call| call.is_required())
                .map(|call| call.source)
                .collect();
            return (
                "nonlinearizable",
                format!("there is no order for the operations{}", self.of_key()),
                sources,
            );
        };
        let mut texts: Vec<String> = states
            .iter()
            .map(|state| brief(&self.model.strings.text(*state)))
            .take(NAMED)
            .collect();
        if states.len() > NAMED {
            texts.push(format!("{} more", states.len() - NAMED));
        }
        let held = if texts.is_empty() {
            String::new()
        } else {
            format!(
                ": before its answer the string can only have been {}",
                texts.join(" or ")
            )
        };
        let witness = format!(
            "{}{} fits no order{held}",
            self.whole(source),
            self.of_key()
        );
        ("nonlinearizable", witness, vec![source])
    }

    fn of_key(&self) -> String {
        format!(" of key {}", self.history.names.text(self.key))
    }

    /// The text that an append added.
    fn added(&self, source: u32) -> Option<&str> {
        match self.history.operations[source as usize].action.action {
            Text::Append(symbol) => match self.history.names.text(symbol) {
                std::borrow::Cow::Borrowed(text) => Some(text),
                std::borrow::Cow::Owned(_) => None,
            },
            _ => None,
        }
    }

    fn deed(&self, source: u32) -> String {
        let operation = &self.history.operations[source as usize];
        let text = |symbol: Symbol| brief(&self.history.names.text(symbol));
        let what = match operation.action.action {
            Text::Get(symbol) => format!("get of {}", text(symbol.unwrap_or(NIL))),
            Text::Put(symbol) => format!("put of {}", text(symbol)),
            Text::Append(symbol) => format!("append of {}", text(symbol)),
        };
        format!("client {}'s {what}", operation.process)
    }

    fn whole(&self, source: u32) -> String {
        let operation = &self.history.operations[source as usize];
        format!(
            "{} (begun {}, answered {})",
            self.deed(source),
            self.history.moment(operation.invoked),
            self.history.moment(operation.completed)
        )
    }

    fn line(&self, source: u32) -> u32 {
        let operation = &self.history.operations[source as usize];
        if operation.completed == OPEN {
            operation.invoked
        } else {
            operation.completed
        }
    }
}

type Told = (&'static str, String, Vec<u32>);

/// A string in quotes, without its middle if it is long.
fn brief(text: &str) -> String {
    let count = text.chars().count();
    if count <= 2 * SHOWN + 3 {
        return format!("{text:?}");
    }
    let head: String = text.chars().take(SHOWN).collect();
    let tail: String = text.chars().skip(count - SHOWN).collect();
    format!("{:?} ({count} characters)", format!("{head}…{tail}"))
}
