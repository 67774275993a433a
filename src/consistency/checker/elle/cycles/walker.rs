//! Shortest ways through a graph.

use crate::consistency::checker::elle::graph::{Edge, Graph, Kinds};
use std::collections::VecDeque;

/// Finds shortest ways; keeps its tables between searches, so that a short search costs little.
#[derive(Debug)]
pub(super) struct Walker {
    round: u32,
    /// In which round each node was reached.
    reached: Vec<u32>,
    /// In which round it was left for good.
    settled: Vec<u32>,
    cost: Vec<u32>,
    /// From where, and by which edge.
    back: Vec<(u32, Edge)>,
    queue: VecDeque<u32>,
}

impl Walker {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            round: 0,
            reached: vec![0; nodes],
            settled: vec![0; nodes],
            cost: vec![0; nodes],
            back: vec![(0, Edge::new(0, super::Kind::Through)); nodes],
            queue: VecDeque::new(),
        }
    }

    /// The edges of a shortest way of at most this cost; none if there is none, or when the steps are used up.
    ///
    /// Edges cost 0 or 1 ([`Edge::cost`]), so that a queue with two ends keeps the nodes in the order of their cost.
    pub(super) fn way(
        &mut self,
        graph: &Graph,
        kinds: Kinds,
        (from, to): (u32, u32),
        most: u32,
        steps: &mut u64,
    ) -> Option<Vec<(u32, Edge)>> {
        self.round += 1;
        let round = self.round;
        self.queue.clear();
        self.queue.push_back(from);
        self.reached[from as usize] = round;
        self.cost[from as usize] = 0;
        while let Some(node) = self.queue.pop_front() {
            let here = node as usize;
            if node == to {
                return Some(self.edges_back(from, to));
            }
            if self.settled[here] == round {
                continue;
            }
            self.settled[here] = round;
            for edge in graph.edges(node) {
                *steps = steps.checked_sub(1)?;
                let next = edge.to() as usize;
                let cost = self.cost[here] + edge.cost();
                let better = self.reached[next] != round || cost < self.cost[next];
                if !kinds.has(edge.kind()) || cost > most || !better {
                    continue;
                }
                self.reached[next] = round;
                self.cost[next] = cost;
                self.back[next] = (node, *edge);
                if edge.cost() == 0 {
                    self.queue.push_front(edge.to());
                } else {
                    self.queue.push_back(edge.to());
                }
            }
        }
        None
    }

    fn edges_back(&self, from: u32, to: u32) -> Vec<(u32, Edge)> {
        let mut edges = Vec::new();
        let mut node = to;
        while node != from {
            let (before, edge) = self.back[node as usize];
            edges.push((before, edge));
            node = before;
        }
        edges.reverse();
        edges
    }
}
