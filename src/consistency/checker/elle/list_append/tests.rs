//! The dependencies, for the tables of cases.

use super::*;
use std::collections::BTreeSet;

/// The dependencies by the data, between the places of operations.
pub fn edges(history: &ListHistory) -> BTreeSet<(u32, u32)> {
    let mut collected = Collected::default();
    let index = Index::new(history).unwrap();
    let versions = Versions::new(&index, &mut collected);
    let graph = dependencies::all(&index, &versions).0.build();
    let at = |node: u32| place(&index, node);
    (0..history.history.operations.len() as u32)
        .flat_map(|node| graph.edges(node).iter().map(move |edge| (node, edge.to())))
        .map(|(from, to)| (at(from), at(to)))
        .collect()
}
