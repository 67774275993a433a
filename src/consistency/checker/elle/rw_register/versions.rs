//! What is known of the order of the versions, and the dependencies that follow.

use super::index::{Index, NONE};
use super::keys::{self, Sure};
use crate::consistency::checker::actions::RegisterStep;
use crate::consistency::checker::elle::collected::Collected;
use crate::consistency::checker::elle::components::Components;
use crate::consistency::checker::elle::fan::fan;
use crate::consistency::checker::elle::graph::{Builder, Edge, Graph, Kind, Kinds};
use crate::consistency::outcome::OutcomeType;

/// Readers and successors of all versions.
#[derive(Debug, Default)]
pub(super) struct Versions {
    /// Version and a transaction that read it before it wrote the register, ascending.
    pub(super) readers: Vec<(u32, u32)>,
    /// Version and a transaction that installed one after it, ascending.
    pub(super) successors: Vec<(u32, u32)>,
    /// Version and one after it: what is known only because keys are known to be consistent by themselves.
    pub(super) given: Vec<(u32, u32)>,
}

impl Versions {
    pub(super) fn new(index: &Index, sure: Sure, collected: &mut Collected) -> Self {
        let mut versions = Self::default();
        let mut follows: Vec<(u32, u32)> = Vec::new();
        let mut reads: Vec<(u32, u32)> = Vec::new();
        let mut writes: Vec<(u32, u32)> = Vec::new();
        for (operation, number) in index.history.operations.iter().zip(0u32..) {
            if operation.outcome == OutcomeType::Fail {
                continue;
            }
            reads.clear();
            writes.clear();
            for (step, what) in index.steps_of(operation) {
                let version = index.version_of[step as usize];
                match what {
                    _ if version == NONE => {}
                    RegisterStep::Write(key, _) => writes.push((*key, step)),
                    // Whether it ever came to be is not known: what is said to have been read counts for nothing (nor does
                    // Elle take it into account).
                    RegisterStep::Read(..) if operation.outcome != OutcomeType::Ok => {}
                    // What it wrote itself before, it did not read of others.
                    RegisterStep::Read(..) if index.writer[version as usize] == number => {}
                    RegisterStep::Read(..) => {
                        versions.readers.push((version, number));
                        reads.push((step, version));
                    }
                }
            }
            writes.sort_unstable();
            for (step, version) in &reads {
                let key = index.key(*version);
                let first = writes.partition_point(|(other, _)| *other < key);
                let end = writes.partition_point(|(other, _)| *other <= key);
                let Some((_, last)) = writes[first..end].last() else {
                    continue;
                };
                if writes[first].1 > *step {
                    versions.successors.push((*version, number));
                    follows.push((*version, index.version_of[*last as usize]));
                }
            }
        }
        versions.initial(index);
        versions.given = keys::given(index, sure, collected);
        if !versions.given.is_empty() {
            versions.cyclic(index, &follows, collected);
        }
        versions.readers.sort_unstable();
        versions.readers.dedup();
        versions.successors.sort_unstable();
        versions.successors.dedup();
        versions
    }

    /// Every other version comes after the initial one.
    fn initial(&mut self, index: &Index) {
        let mut nothing = None;
        for version in 0..index.versions.len() as u32 {
            // Nothing is the least symbol, so that it comes first of a key.
            if index.is_nothing(version) {
                nothing = Some(version);
            } else if let Some(nothing) = nothing
                && index.key(nothing) == index.key(version)
                && let Some(writer) = index.installer(version)
            {
                self.successors.push((nothing, writer));
            }
        }
    }

    /// Tells of versions that come before themselves, and forgets what was given of their keys.
    ///
    /// A circle of what transactions read and wrote alone is not told here: it is a cycle of transactions as well.
    fn cyclic(&mut self, index: &Index, follows: &[(u32, u32)], collected: &mut Collected) {
        let mut nothing = None;
        let mut pairs = [follows, &self.given].concat();
        for version in 0..index.versions.len() as u32 {
            if index.is_nothing(version) {
                nothing = Some(version);
            } else if let Some(nothing) = nothing
                && index.key(nothing) == index.key(version)
            {
                pairs.push((nothing, version));
            }
        }
        let from: Vec<u32> = pairs.iter().map(|(from, _)| *from).collect();
        let edges: Vec<Edge> = pairs
            .iter()
            .map(|(_, to)| Edge::new(*to, Kind::Ww))
            .collect();
        let graph = Graph::new(index.versions.len(), &from, &edges);
        let of = Components::new(&graph, Kinds::of(&[Kind::Ww])).of;
        let mut told = std::collections::BTreeSet::new();
        for (one, two) in &self.given {
            if of[*one as usize] == of[*two as usize] && told.insert(index.key(*one)) {
                keys::tell(index, &graph, (*one, *two), collected);
            }
        }
        self.given
            .retain(|(one, _)| !told.contains(&index.key(*one)));
    }

    fn of(pairs: &[(u32, u32)], version: u32) -> impl Iterator<Item = u32> + '_ {
        let from = pairs.partition_point(|(other, _)| *other < version);
        pairs[from..]
            .iter()
            .take_while(move |(other, _)| *other == version)
            .map(|(_, operation)| *operation)
    }

    /// Who read a version, ascending.
    pub(super) fn readers(&self, version: u32) -> impl Iterator<Item = u32> + '_ {
        Self::of(&self.readers, version)
    }

    /// Who installed a version after it, ascending.
    pub(super) fn successors(&self, version: u32) -> impl Iterator<Item = u32> + '_ {
        Self::of(&self.successors, version)
    }

    /// All that the registers show.
    ///
    /// Only the version that a transaction leaves behind makes others depend on it.
    pub(super) fn dependencies(&self, index: &Index) -> Builder {
        let mut builder = Builder::new(index.history.operations.len());
        for (version, reader) in &self.readers {
            if let Some(writer) = index.installer(*version) {
                builder.add(writer, *reader, Kind::Wr);
            }
        }
        for group in self.readers.chunk_by(|one, two| one.0 == two.0) {
            let readers: Vec<u32> = group.iter().map(|(_, reader)| *reader).collect();
            let successors: Vec<u32> = self.successors(group[0].0).collect();
            fan(&mut builder, &readers, &successors);
        }
        for (one, two) in &self.given {
            let Some(second) = index.installer(*two) else {
                continue;
            };
            if let Some(first) = index.installer(*one) {
                builder.add(first, second, Kind::Ww);
            }
            for reader in self.readers(*one) {
                builder.add(reader, second, Kind::Rw);
            }
        }
        builder
    }
}
