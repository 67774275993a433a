//! A part of the graph with numbers of its own, so that a search in it costs what the part has.

use crate::consistency::checker::elle::components::Components;
use crate::consistency::checker::elle::graph::{Edge, Graph, Kind, Kinds};

/// Some nodes, and the edges between them.
#[derive(Debug)]
pub(super) struct Part {
    /// What each node is in the whole graph, ascending.
    pub(super) nodes: Vec<u32>,
    pub(super) graph: Graph,
}

impl Part {
    /// `local` has a place for each node of `graph`, all [`u32::MAX`], and is left so.
    pub(super) fn new(
        graph: &Graph,
        members: Vec<u32>,
        local: &mut [u32],
        name: impl Fn(u32) -> u32,
    ) -> Self {
        for (place, node) in members.iter().enumerate() {
            local[*node as usize] = place as u32;
        }
        let (mut from, mut edges) = (Vec::new(), Vec::new());
        for (place, node) in members.iter().enumerate() {
            for edge in graph.edges(*node) {
                let to = local[edge.to() as usize];
                if to != u32::MAX {
                    from.push(place as u32);
                    edges.push(Edge::new(to, edge.kind()));
                }
            }
        }
        for node in &members {
            local[*node as usize] = u32::MAX;
        }
        Self {
            graph: Graph::new(members.len(), &from, &edges),
            nodes: members.into_iter().map(name).collect(),
        }
    }

    /// The strongly connected parts by edges of these kinds, each with all its edges.
    pub(super) fn split(&self, kinds: Kinds) -> Vec<Part> {
        let mut local = vec![u32::MAX; self.nodes.len()];
        Components::new(&self.graph, kinds)
            .knots()
            .into_iter()
            .map(|knot| {
                Part::new(&self.graph, knot, &mut local, |node| {
                    self.nodes[node as usize]
                })
            })
            .collect()
    }

    /// The part twice: in one copy stands who was reached by a missed write (odd numbers), in the other who was reached
    /// otherwise. No missed write leads on from the first copy, so that a cycle here has no two of them in a row.
    pub(super) fn doubled(&self, kinds: Kinds) -> Graph {
        let (mut from, mut edges) = (Vec::new(), Vec::new());
        for node in 0..self.nodes.len() as u32 {
            for edge in self.graph.edges(node) {
                let (to, kind) = (edge.to(), edge.kind());
                if kind == Kind::Rw {
                    from.push(2 * node);
                    edges.push(Edge::new(2 * to + 1, kind));
                } else if kinds.has(kind) {
                    let missed = u32::from(kind == Kind::Through);
                    from.extend([2 * node, 2 * node + 1]);
                    edges.extend([Edge::new(2 * to, kind), Edge::new(2 * to + missed, kind)]);
                }
            }
        }
        Graph::new(2 * self.nodes.len(), &from, &edges)
    }
}
