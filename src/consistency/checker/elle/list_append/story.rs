//! Transactions on lists in words.

use super::dependencies::astray_writer;
use super::index::Index;
use super::versions::{Place, Seen, Versions};
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::cycles::Hop;
use crate::consistency::checker::elle::graph::Kind;
use crate::consistency::checker::elle::witness::Story;
use crate::consistency::checker::operation::{Names, Symbol};

/// Lists with more elements are shortened.
const SHORT: usize = 8;
/// Transactions with more steps are shortened.
const FEW: usize = 12;

/// `[1 2 3]`; with many elements the first and last, and how many there are.
pub(super) fn list(names: &Names, list: &[Symbol]) -> String {
    let text = |part: &[Symbol]| {
        let texts: Vec<_> = part.iter().map(|value| names.text(*value)).collect();
        texts.join(" ")
    };
    if list.len() <= SHORT {
        return format!("[{}]", text(list));
    }
    format!(
        "[{} … {}, {} elements]",
        text(&list[..2]),
        text(&list[list.len() - 3..]),
        list.len()
    )
}

/// Tells of transactions and of what is between them.
pub(super) struct Told<'a> {
    index: &'a Index<'a>,
    versions: &'a Versions,
}

impl<'a> Told<'a> {
    pub(super) fn new(index: &'a Index<'a>, versions: &'a Versions) -> Self {
        Self { index, versions }
    }

    fn steps(&self, operation: u32) -> impl Iterator<Item = (u32, &'a ListStep)> + use<'a> {
        self.index.steps_of(self.index.operation(operation))
    }

    fn text(&self, value: Symbol) -> std::borrow::Cow<'_, str> {
        self.index.of.history.names.text(value)
    }

    /// What an operation appended to a key where the order, from this place on, has its first writer.
    fn appended(&self, operation: u32, key: u32, from: u32) -> Option<Symbol> {
        let mut found: Option<(u32, Symbol)> = None;
        for (step, what) in self.steps(operation) {
            let ListStep::Append(_, value) = what else {
                continue;
            };
            if self.index.key_of[step as usize] != key {
                continue;
            }
            let append = self.index.find(key, *value)?;
            let at = match self.versions.place[append as usize] {
                Place::At(at) => at,
                Place::Unseen => u32::MAX,
                Place::Astray => continue,
            };
            if at >= from && found.is_none_or(|(known, _)| at < known) {
                found = Some((at, *value));
            }
        }
        found.map(|(_, value)| value)
    }

    /// The element at or before this place that the operation appended.
    fn observed(&self, operation: u32, key: u32, up_to: u32) -> Option<Symbol> {
        self.versions.order_of(key)[..=up_to as usize]
            .iter()
            .rev()
            .find_map(|append| {
                let append = self.index.appends.get(*append as usize)?;
                (append.operation == operation).then_some(append.value)
            })
    }

    fn writes(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        self.steps(hop.to).find_map(|(step, what)| {
            let ListStep::Append(_, value) = what else {
                return None;
            };
            let key = self.index.key_of[step as usize];
            let append = self.index.find(key, *value)?;
            let (before, up_to) = match self.versions.place[append as usize] {
                Place::At(at) => {
                    let up_to = at.checked_sub(1)?;
                    (self.versions.before(key, up_to)?, up_to)
                }
                Place::Unseen => (
                    self.versions.last(key)?,
                    (self.versions.order_of(key).len() as u32).checked_sub(1)?,
                ),
                Place::Astray => return None,
            };
            if before != hop.from {
                return None;
            }
            let first = self.observed(hop.from, key, up_to)?;
            Some(format!(
                "{to} appended {} to key {} after {from} appended {}",
                self.text(*value),
                self.index.key(key),
                self.text(first)
            ))
        })
    }

    fn reads(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        self.steps(hop.to).find_map(|(step, what)| {
            let key = self.index.key_of[step as usize];
            let value = match self.versions.seen[step as usize] {
                Seen::UpTo(at) => {
                    if self.versions.before(key, at)? != hop.from {
                        return None;
                    }
                    self.observed(hop.from, key, at)?
                }
                Seen::Astray => {
                    if astray_writer(self.index, what, key)? != hop.from {
                        return None;
                    }
                    let ListStep::Read(_, range) = what else {
                        return None;
                    };
                    *self.index.list(*range)?.last()?
                }
                Seen::Nothing | Seen::Unknown => return None,
            };
            Some(format!(
                "{to} observed {from}'s append of {} to key {}",
                self.text(value),
                self.index.key(key)
            ))
        })
    }

    fn misses(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        self.steps(hop.from).find_map(|(step, _)| {
            let key = self.index.key_of[step as usize];
            let next = match self.versions.seen[step as usize] {
                Seen::Nothing => 0,
                Seen::UpTo(at) if self.versions.before(key, at) == Some(hop.from) => return None,
                Seen::UpTo(at) => at + 1,
                Seen::Astray | Seen::Unknown => return None,
            };
            let follows = match self.versions.after(key, next) {
                Some(writer) => writer == hop.to,
                None => self.versions.unseen(key).binary_search(&hop.to).is_ok(),
            };
            if !follows {
                return None;
            }
            let value = self.appended(hop.to, key, next)?;
            Some(format!(
                "{from} did not observe {to}'s append of {} to key {}",
                self.text(value),
                self.index.key(key)
            ))
        })
    }
}

impl Story for Told<'_> {
    fn steps(&self, operation: u32) -> String {
        let names = &self.index.of.history.names;
        let mut texts: Vec<String> = self
            .steps(operation)
            .take(FEW + 1)
            .map(|(_, what)| match what {
                ListStep::Append(key, value) => {
                    format!("append {} to {}", names.text(*value), names.text(*key))
                }
                ListStep::Read(key, range) => match self.index.list(*range) {
                    Some(elements) => {
                        format!("read {} as {}", names.text(*key), list(names, elements))
                    }
                    None => format!("read {}", names.text(*key)),
                },
            })
            .collect();
        if texts.len() > FEW {
            texts[FEW] = "…".to_owned();
        }
        texts.join(", ")
    }

    fn because(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        match hop.kind {
            Kind::Ww => self.writes(hop, from, to),
            Kind::Wr => self.reads(hop, from, to),
            Kind::Rw => self.misses(hop, from, to),
            _ => None,
        }
    }
}
