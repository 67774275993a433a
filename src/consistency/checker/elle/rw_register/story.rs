//! Transactions on registers in words.

use super::index::{Index, NONE};
use super::versions::Versions;
use crate::consistency::checker::actions::RegisterStep;
use crate::consistency::checker::elle::cycles::Hop;
use crate::consistency::checker::elle::graph::Kind;
use crate::consistency::checker::elle::witness::Story;
use crate::consistency::checker::operation::Symbol;
use std::collections::BTreeMap;

/// Transactions with more steps are shortened.
const FEW: usize = 12;

/// Tells of transactions and of what is between them.
pub(super) struct Told<'a> {
    index: &'a Index<'a>,
    versions: &'a Versions,
}

impl<'a> Told<'a> {
    pub(super) fn new(index: &'a Index<'a>, versions: &'a Versions) -> Self {
        Self { index, versions }
    }

    fn steps(&self, operation: u32) -> impl Iterator<Item = (u32, &'a RegisterStep)> + use<'a> {
        self.index
            .steps_of(&self.index.history.operations[operation as usize])
    }

    /// The versions that it read of others.
    fn read(&self, operation: u32) -> impl Iterator<Item = u32> + '_ {
        self.steps(operation)
            .filter(|(_, what)| matches!(what, RegisterStep::Read(..)))
            .map(|(step, _)| self.index.version_of[step as usize])
            .filter(move |version| {
                *version != NONE && self.index.writer[*version as usize] != operation
            })
    }

    /// The versions that it left behind.
    fn installed(&self, operation: u32) -> impl Iterator<Item = u32> + '_ {
        self.steps(operation)
            .filter(|(_, what)| matches!(what, RegisterStep::Write(..)))
            .map(|(step, _)| self.index.version_of[step as usize])
            .filter(|version| self.index.last[*version as usize])
    }

    /// `17 to key x`
    fn text(&self, version: u32) -> String {
        let (key, value) = self.index.versions[version as usize];
        let names = &self.index.history.names;
        format!("{} to key {}", names.text(value), names.text(key))
    }

    fn given(&self, one: u32, two: u32) -> bool {
        self.versions.given.binary_search(&(one, two)).is_ok()
    }

    /// What it left behind at a key.
    fn installed_at(&self, operation: u32) -> BTreeMap<Symbol, u32> {
        self.installed(operation)
            .map(|version| (self.index.key(version), version))
            .collect()
    }

    fn misses(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        let installed = self.installed_at(hop.to);
        self.read(hop.from).find_map(|version| {
            let written = *installed.get(&self.index.key(version))?;
            let successor = self
                .versions
                .successors
                .binary_search(&(version, hop.to))
                .is_ok();
            (successor || self.given(version, written)).then(|| {
                format!(
                    "{from} did not observe {to}'s write of {}",
                    self.text(written)
                )
            })
        })
    }
}

impl Story for Told<'_> {
    fn steps(&self, operation: u32) -> String {
        let names = &self.index.history.names;
        let mut texts: Vec<String> = self
            .steps(operation)
            .take(FEW + 1)
            .map(|(_, what)| match what {
                RegisterStep::Write(key, value) => {
                    format!("write {} to {}", names.text(*value), names.text(*key))
                }
                RegisterStep::Read(key, Some(value)) => {
                    format!("read {} as {}", names.text(*key), names.text(*value))
                }
                RegisterStep::Read(key, None) => format!("read {}", names.text(*key)),
            })
            .collect();
        if texts.len() > FEW {
            texts[FEW] = "…".to_owned();
        }
        texts.join(", ")
    }

    fn because(&self, hop: Hop, from: &str, to: &str) -> Option<String> {
        match hop.kind {
            Kind::Ww => {
                let installed = self.installed_at(hop.from);
                self.installed(hop.to).find_map(|second| {
                    let first = *installed.get(&self.index.key(second))?;
                    self.given(first, second).then(|| {
                        format!(
                            "{to} wrote {} after {from} wrote {}",
                            self.text(second),
                            self.text(first)
                        )
                    })
                })
            }
            Kind::Wr => self
                .read(hop.to)
                .find(|version| self.index.installer(*version) == Some(hop.from))
                .map(|version| format!("{to} observed {from}'s write of {}", self.text(version))),
            Kind::Rw => self.misses(hop, from, to),
            _ => None,
        }
    }
}
