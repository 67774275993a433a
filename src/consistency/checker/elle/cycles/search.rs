//! The search for cycles in one component.

use super::kind::{Cycle, CycleType, Hop, Level, Shape};
use super::part::Part;
use super::reach::Reach;
use super::walker::Walker;
use super::{Found, Relations};
use crate::consistency::checker::elle::anomalies::{Asked, implies};
use crate::consistency::checker::elle::components::Components;
use crate::consistency::checker::elle::graph::{Edge, Graph, Kind, Kinds};

/// So many edges are tried for a first cycle of a type whatever the budget is.
const TRIED_AT_LEAST: usize = 4;

/// So many edges are followed to find a shorter cycle than the first one.
const TO_SHORTEN: u64 = 3_000_000;

/// The search in one component.
pub(super) struct Search<'a> {
    pub(super) part: &'a Part,
    /// Greater nodes of the whole graph are no transactions.
    pub(super) transactions: u32,
    pub(super) relations: &'a dyn Relations,
    pub(super) asked: &'a Asked,
    /// The types that are known to be there.
    pub(super) here: Vec<CycleType>,
    /// How many more edges may be followed.
    pub(super) left: u64,
    pub(super) found: &'a mut Found,
}

impl Search<'_> {
    /// Seeks cycles of all shapes that need no more than this, the worst first.
    pub(super) fn level(&mut self, level: Level) {
        let time: &[Kind] = match level {
            Level::Data => &[],
            Level::Process => &[Kind::Process],
            Level::Realtime => &[Kind::Realtime],
        };
        let kinds = |data: &[Kind]| Kinds::of(&[data, time].concat());
        let writes = kinds(&[Kind::Ww]);
        let no_missed = kinds(&[Kind::Ww, Kind::Wr]);
        let all = kinds(&[Kind::Ww, Kind::Wr, Kind::Rw]);
        let part = self.part;
        self.plain(CycleType(level, Shape::G0), writes, Kind::Ww);
        self.plain(CycleType(level, Shape::G1c), no_missed, Kind::Wr);
        let apart = [Shape::Single, Shape::Nonadjacent];
        if apart
            .iter()
            .any(|shape| self.wanted(CycleType(level, *shape)))
        {
            // Linear: without a knot here there is no cycle but such with two missed writes in a row.
            let doubled = part.doubled(no_missed);
            let anchors = anchors(&doubled, all, Kind::Rw);
            if !anchors.is_empty() {
                self.single(CycleType(level, Shape::Single), no_missed);
                self.nonadjacent(
                    CycleType(level, Shape::Nonadjacent),
                    &doubled,
                    &anchors,
                    all,
                );
            }
        }
        self.plain(CycleType(level, Shape::G2), all, Kind::Rw);
    }

    fn wanted(&self, sought: CycleType) -> bool {
        let name = sought.name();
        self.here
            .iter()
            .all(|here| *here != sought && !implies(here.name(), name))
    }

    /// Shapes that are there wherever an edge of the kind is in a knot.
    fn plain(&mut self, sought: CycleType, kinds: Kinds, kind: Kind) {
        if !self.wanted(sought) {
            return;
        }
        let graph = &self.part.graph;
        let anchors = anchors(graph, kinds, kind);
        self.seek(sought, graph, kinds, &anchors, |node| node);
    }

    fn nonadjacent(
        &mut self,
        sought: CycleType,
        doubled: &Graph,
        anchors: &[(u32, Edge)],
        kinds: Kinds,
    ) {
        if self.wanted(sought) {
            self.seek(sought, doubled, kinds, anchors, |node| node / 2);
        }
    }

    /// One missed write: the only shape that is not a matter of knots.
    fn single(&mut self, sought: CycleType, kinds: Kinds) {
        if !self.wanted(sought) {
            return;
        }
        let graph = &self.part.graph;
        let mut reach = Reach::new(graph, kinds);
        let mut pairs: Vec<(u32, u32)> = all_edges(graph)
            .filter(|(_, edge)| edge.kind() == Kind::Rw)
            .map(|(node, edge)| (edge.to(), node))
            .collect();
        reach.sort(&mut pairs);
        let mut closed = Vec::new();
        for batch in pairs.chunks(64) {
            let Some(ways) = self.spend(|left| reach.ways(batch, left)) else {
                self.found.undecided.insert(sought);
                break;
            };
            closed.extend(
                (0..batch.len())
                    .filter(|bit| ways >> bit & 1 == 1)
                    .map(|bit| (batch[bit].1, Edge::new(batch[bit].0, Kind::Rw))),
            );
        }
        self.seek(sought, graph, kinds, &closed, |node| node);
        if !self.wanted(sought) {
            self.found.undecided.remove(&sought);
        }
    }

    /// Runs something with the steps that are left, and counts what it used.
    fn spend<T>(&mut self, run: impl FnOnce(&mut u64) -> T) -> T {
        let before = self.left;
        let result = run(&mut self.left);
        self.found.steps += before - self.left;
        result
    }

    /// The shortest cycle of the type through one of these edges.
    fn seek(
        &mut self,
        sought: CycleType,
        graph: &Graph,
        kinds: Kinds,
        anchors: &[(u32, Edge)],
        node: impl Fn(u32) -> u32,
    ) {
        if anchors.is_empty() {
            return;
        }
        let mut walker = Walker::new(graph.len());
        let mut best: Option<Vec<Hop>> = None;
        let mut ended = false;
        let mut to_shorten = TO_SHORTEN;
        for (tried, (from, edge)) in anchors.iter().enumerate() {
            let most = best
                .as_ref()
                .map_or(u32::MAX - 1, |hops| hops.len() as u32 - 2);
            if most == 0 {
                break;
            }
            let ends = (edge.to(), *from);
            let way = if best.is_none() && tried < TRIED_AT_LEAST {
                walker.way(graph, kinds, ends, most, &mut { u64::MAX })
            } else if self.left == 0 || to_shorten == 0 {
                ended = true;
                break;
            } else {
                let before = self.left;
                let way = self.spend(|left| walker.way(graph, kinds, ends, most, left));
                if best.is_some() {
                    to_shorten = to_shorten.saturating_sub(before - self.left);
                }
                way
            };
            let Some(way) = way else { continue };
            let edges = std::iter::once((*from, *edge)).chain(way);
            let hops = self.hops(edges.map(|(from, edge)| (node(from), edge)));
            if self.accepts(sought, &hops) {
                best = Some(hops);
            }
        }
        match best {
            Some(hops) => {
                self.here.push(sought);
                self.found.keep(Cycle {
                    cycle_type: sought,
                    hops,
                });
            }
            None if ended => {
                self.found.undecided.insert(sought);
            }
            None => {}
        }
    }

    /// The hops from transaction to transaction, without the nodes between that are none.
    fn hops(&self, edges: impl Iterator<Item = (u32, Edge)>) -> Vec<Hop> {
        let mut starts: Vec<(u32, Kind)> = Vec::new();
        for (from, edge) in edges {
            if edge.kind() != Kind::Through {
                starts.push((self.part.nodes[from as usize], edge.kind()));
            }
        }
        (0..starts.len())
            .map(|place| Hop {
                from: starts[place].0,
                to: starts[(place + 1) % starts.len()].0,
                kind: starts[place].1,
            })
            .collect()
    }

    /// Whether this is a cycle of the type.
    ///
    /// One transaction twice on the way means two cycles in one. A hop in time that the data shows too is named by the
    /// data, unless that name would be one of no consequence for what was asked, while the other is.
    fn accepts(&self, sought: CycleType, hops: &[Hop]) -> bool {
        let mut nodes: Vec<u32> = hops.iter().map(|hop| hop.from).collect();
        nodes.sort_unstable();
        let simple = nodes.windows(2).all(|pair| pair[0] != pair[1]);
        debug_assert!(hops.iter().all(|hop| hop.from < self.transactions));
        let kinds: Vec<Kind> = hops.iter().map(|hop| hop.kind).collect();
        if !simple || CycleType::of(&kinds) != Some(sought) {
            return false;
        }
        if sought.0 == Level::Data {
            return true;
        }
        let shown: Vec<Kind> = hops.iter().map(|hop| self.shown(hop, &nodes)).collect();
        match CycleType::of(&shown) {
            Some(shown) if shown == sought => true,
            Some(shown) => {
                self.asked.prohibits(sought.name()) && !self.asked.prohibits(shown.name())
            }
            None => true,
        }
    }

    /// The plainest reason for a hop.
    fn shown(&self, hop: &Hop, nodes: &[u32]) -> Kind {
        let (Kind::Process | Kind::Realtime) = hop.kind else {
            return hop.kind;
        };
        let Some(data) = self.relations.data(hop.from, hop.to) else {
            return hop.kind;
        };
        let detour = hop.kind == Kind::Realtime
            && self
                .relations
                .between(hop.from, hop.to)
                .into_iter()
                .any(|node| {
                    nodes.binary_search(&node).is_err()
                        && self.relations.data(hop.from, node).is_none()
                        && self.relations.data(node, hop.to).is_none()
                });
        if detour { hop.kind } else { data }
    }
}

fn all_edges(graph: &Graph) -> impl Iterator<Item = (u32, Edge)> {
    (0..graph.len() as u32).flat_map(|node| graph.edges(node).iter().map(move |edge| (node, *edge)))
}

/// The edges of one kind that are on some cycle of edges of these kinds.
fn anchors(graph: &Graph, kinds: Kinds, kind: Kind) -> Vec<(u32, Edge)> {
    let of = Components::new(graph, kinds).of;
    all_edges(graph)
        .filter(|(node, edge)| edge.kind() == kind && of[*node as usize] == of[edge.to() as usize])
        .collect()
}
