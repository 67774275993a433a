//! Edges from each of many readers to each of many writers, without as many edges as there are pairs.

use super::graph::{Builder, Kind};

/// Adds an edge of kind [`Kind::Rw`] from each reader to each writer but itself. Both lists are sorted and have no one
/// twice.
///
/// Where there are many of both, two chains of nodes stand between them: one leads to all writers up to a place, one to
/// all from a place on. A reader that is a writer too goes around its own place, so that it never leads to itself.
pub(super) fn fan(builder: &mut Builder, readers: &[u32], writers: &[u32]) {
    let pairs = readers.len().saturating_mul(writers.len());
    if pairs <= 4 * (readers.len() + writers.len()) {
        for reader in readers {
            for writer in writers {
                builder.add(*reader, *writer, Kind::Rw);
            }
        }
        return;
    }
    let up_to: Vec<u32> = writers.iter().map(|_| builder.node()).collect();
    let from_on: Vec<u32> = writers.iter().map(|_| builder.node()).collect();
    for (place, writer) in writers.iter().enumerate() {
        builder.add(up_to[place], *writer, Kind::Through);
        builder.add(from_on[place], *writer, Kind::Through);
        if place > 0 {
            builder.add(up_to[place], up_to[place - 1], Kind::Through);
            builder.add(from_on[place - 1], from_on[place], Kind::Through);
        }
    }
    for reader in readers {
        match writers.binary_search(reader) {
            Err(_) => builder.add(*reader, from_on[0], Kind::Rw),
            Ok(own) => {
                if own > 0 {
                    builder.add(*reader, up_to[own - 1], Kind::Rw);
                }
                if own + 1 < writers.len() {
                    builder.add(*reader, from_on[own + 1], Kind::Rw);
                }
            }
        }
    }
}
