//! The graph of dependencies: who must come before whom, and why.

/// Why one node comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    /// Both wrote, one version directly or indirectly after the other.
    Ww,
    /// The second read what the first wrote.
    Wr,
    /// The first read a version from before the second's write.
    Rw,
    /// One process did both, one after the other.
    Process,
    /// The first was acknowledged before the second began.
    Realtime,
    /// Out of a node that is no transaction: goes on with whatever led into it.
    Through,
}

/// Some kinds of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u8);

impl Kinds {
    /// These kinds, and the way through nodes that are no transactions.
    pub(super) fn of(kinds: &[Kind]) -> Self {
        let start = 1 << Kind::Through as u8;
        Self(kinds.iter().fold(start, |all, kind| all | 1 << *kind as u8))
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u8 != 0
    }
}

/// Where an edge leads, and its kind, in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Edge(u32);

/// More nodes than this do not fit.
pub(super) const MOST_NODES: usize = 1 << 29;

impl Edge {
    pub(super) fn new(to: u32, kind: Kind) -> Self {
        Self(to << 3 | kind as u32)
    }

    pub(super) fn to(self) -> u32 {
        self.0 >> 3
    }

    pub(super) fn kind(self) -> Kind {
        match self.0 & 7 {
            0 => Kind::Ww,
            1 => Kind::Wr,
            2 => Kind::Rw,
            3 => Kind::Process,
            4 => Kind::Realtime,
            _ => Kind::Through,
        }
    }

    /// How much longer it makes a cycle.
    pub(super) fn cost(self) -> u32 {
        u32::from(self.kind() != Kind::Through)
    }
}

/// The edges of each node, one node's after the other's.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    offsets: Vec<usize>,
    edges: Vec<Edge>,
}

impl Graph {
    /// By a counting sort over where edges begin.
    pub(super) fn new(nodes: usize, from: &[u32], edges: &[Edge]) -> Self {
        let mut offsets = vec![0usize; nodes + 1];
        for node in from {
            offsets[*node as usize + 1] += 1;
        }
        for node in 0..nodes {
            offsets[node + 1] += offsets[node];
        }
        let mut next = offsets.clone();
        let mut sorted = vec![Edge(0); edges.len()];
        for (node, edge) in from.iter().zip(edges) {
            let place = &mut next[*node as usize];
            sorted[*place] = *edge;
            *place += 1;
        }
        Self {
            offsets,
            edges: sorted,
        }
    }

    /// Leaves one edge of several that the data shows between the same nodes: the plainest kind.
    pub(super) fn simplify(&mut self) {
        let mut kept = 0;
        let mut begin = 0;
        for node in 0..self.len() {
            let end = self.offsets[node + 1];
            self.edges[begin..end].sort_unstable();
            let first = kept;
            for place in begin..end {
                let edge = self.edges[place];
                let again = kept > first && {
                    let last = self.edges[kept - 1];
                    last == edge || last.to() == edge.to() && edge.kind() <= Kind::Rw
                };
                if !again {
                    self.edges[kept] = edge;
                    kept += 1;
                }
            }
            begin = end;
            self.offsets[node + 1] = kept;
        }
        self.edges.truncate(kept);
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    pub(super) fn edges(&self, node: u32) -> &[Edge] {
        &self.edges[self.offsets[node as usize]..self.offsets[node as usize + 1]]
    }
}

/// A graph to which edges are added. The first nodes are the operations of the history, by their places there.
#[derive(Debug)]
pub(super) struct Builder {
    nodes: u32,
    from: Vec<u32>,
    edges: Vec<Edge>,
}

impl Builder {
    pub(super) fn new(operations: usize) -> Self {
        Self {
            nodes: operations as u32,
            from: Vec::new(),
            edges: Vec::new(),
        }
    }

    /// A node that is no transaction.
    pub(super) fn node(&mut self) -> u32 {
        self.nodes += 1;
        self.nodes - 1
    }

    /// No node comes before itself: such an edge is left out.
    pub(super) fn add(&mut self, from: u32, to: u32, kind: Kind) {
        if from != to {
            self.from.push(from);
            self.edges.push(Edge::new(to, kind));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    pub(super) fn build(self) -> Graph {
        let mut graph = Graph::new(self.nodes as usize, &self.from, &self.edges);
        graph.simplify();
        graph
    }
}
