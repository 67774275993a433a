//! Which of many edges can be led back to where they begin, sixty-four at a time.

use crate::consistency::checker::elle::components::Components;
use crate::consistency::checker::elle::graph::{Graph, Kinds};

/// Answers whether there is a way from one node to another.
#[derive(Debug)]
pub(super) struct Reach<'a> {
    graph: &'a Graph,
    kinds: Kinds,
    components: Components,
    /// The nodes by component, and where each component's begin.
    members: Vec<u32>,
    begin: Vec<u32>,
    /// Which of the batch's ways have come to a component.
    came: Vec<u64>,
}

impl<'a> Reach<'a> {
    pub(super) fn new(graph: &'a Graph, kinds: Kinds) -> Self {
        let components = Components::new(graph, kinds);
        let mut begin = vec![0u32; components.count as usize + 1];
        for component in &components.of {
            begin[*component as usize + 1] += 1;
        }
        for component in 0..components.count as usize {
            begin[component + 1] += begin[component];
        }
        let mut next = begin.clone();
        let mut members = vec![0u32; graph.len()];
        for (node, component) in components.of.iter().enumerate() {
            let place = &mut next[*component as usize];
            members[*place as usize] = node as u32;
            *place += 1;
        }
        Self {
            graph,
            kinds,
            came: vec![0; components.count as usize],
            components,
            members,
            begin,
        }
    }

    /// Pairs that can have a way from the first to the second, in an order in which neighbours ask for the same parts.
    pub(super) fn sort(&self, pairs: &mut Vec<(u32, u32)>) {
        let of = |node: u32| self.components.of[node as usize];
        pairs.retain(|(from, to)| of(*from) >= of(*to));
        pairs.sort_by_key(|(from, to)| (std::cmp::Reverse(of(*from)), std::cmp::Reverse(of(*to))));
    }

    /// One bit for each of at most sixty-four pairs; none when the steps are used up.
    ///
    /// Edges lead to components with smaller numbers, so that one pass downwards over the components carries all bits.
    pub(super) fn ways(&mut self, pairs: &[(u32, u32)], steps: &mut u64) -> Option<u64> {
        let of = |node: u32| self.components.of[node as usize];
        let top = pairs.iter().map(|(from, _)| of(*from)).max()?;
        let bottom = pairs.iter().map(|(_, to)| of(*to)).min()?;
        let cost = u64::from(top.saturating_sub(bottom)) + 1;
        *steps = steps.checked_sub(cost)?;
        if bottom > top {
            return Some(0);
        }
        self.came[bottom as usize..=top as usize].fill(0);
        for (bit, (from, _)) in pairs.iter().enumerate() {
            self.came[of(*from) as usize] |= 1 << bit;
        }
        for component in (bottom..=top).rev() {
            let bits = self.came[component as usize];
            if bits == 0 {
                continue;
            }
            let begin = self.begin[component as usize] as usize;
            let end = self.begin[component as usize + 1] as usize;
            for node in &self.members[begin..end] {
                let edges = self.graph.edges(*node);
                *steps = steps.checked_sub(edges.len() as u64)?;
                for edge in edges {
                    let to = of(edge.to());
                    if self.kinds.has(edge.kind()) && to >= bottom {
                        self.came[to as usize] |= bits;
                    }
                }
            }
        }
        let mut ways = 0;
        for (bit, (_, to)) in pairs.iter().enumerate() {
            ways |= self.came[of(*to) as usize] & 1 << bit;
        }
        Some(ways)
    }
}
