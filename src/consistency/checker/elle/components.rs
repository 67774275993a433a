//! Strongly connected components, by Tarjan's algorithm with a stack of its own.

use super::graph::{Graph, Kinds};

/// Which component each node is in.
#[derive(Clone, Debug)]
pub(super) struct Components {
    /// The component of each node. An edge never leads to a component with a greater number.
    pub(super) of: Vec<u32>,
    /// How many there are.
    pub(super) count: u32,
}

impl Components {
    pub(super) fn new(graph: &Graph, kinds: Kinds) -> Self {
        const NEW: u32 = u32::MAX;
        let nodes = graph.len();
        // While a node is on the stack, `of` is `NEW` and `low` tells the earliest node it reaches.
        let mut of = vec![NEW; nodes];
        let mut number = vec![NEW; nodes];
        let mut low = vec![0u32; nodes];
        let mut open: Vec<u32> = Vec::new();
        let mut calls: Vec<(u32, u32)> = Vec::new();
        let (mut numbered, mut count) = (0u32, 0u32);
        for root in 0..nodes as u32 {
            if number[root as usize] != NEW {
                continue;
            }
            calls.push((root, 0));
            while let Some((node, mut next)) = calls.pop() {
                let here = node as usize;
                if next == 0 {
                    number[here] = numbered;
                    low[here] = numbered;
                    numbered += 1;
                    open.push(node);
                }
                let edges = graph.edges(node);
                let mut below = None;
                while let Some(edge) = edges.get(next as usize) {
                    next += 1;
                    if !kinds.has(edge.kind()) {
                        continue;
                    }
                    let to = edge.to() as usize;
                    if number[to] == NEW {
                        below = Some(edge.to());
                        break;
                    }
                    if of[to] == NEW {
                        low[here] = low[here].min(number[to]);
                    }
                }
                if let Some(to) = below {
                    calls.push((node, next));
                    calls.push((to, 0));
                    continue;
                }
                if low[here] == number[here] {
                    while let Some(member) = open.pop() {
                        of[member as usize] = count;
                        if member == node {
                            break;
                        }
                    }
                    count += 1;
                }
                if let Some((above, _)) = calls.last() {
                    let above = *above as usize;
                    low[above] = low[above].min(low[here]);
                }
            }
        }
        Self { of, count }
    }

    /// The members of each component with more than one, in the order of the components' first members.
    pub(super) fn knots(&self) -> Vec<Vec<u32>> {
        let mut sizes = vec![0u32; self.count as usize];
        for component in &self.of {
            sizes[*component as usize] += 1;
        }
        let mut place = vec![u32::MAX; self.count as usize];
        let mut knots: Vec<Vec<u32>> = Vec::new();
        for (node, component) in self.of.iter().enumerate() {
            let component = *component as usize;
            if sizes[component] < 2 {
                continue;
            }
            if place[component] == u32::MAX {
                place[component] = knots.len() as u32;
                knots.push(Vec::with_capacity(sizes[component] as usize));
            }
            knots[place[component] as usize].push(node as u32);
        }
        knots
    }
}
