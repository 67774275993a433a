//! Every state that a planner can bring a small set into, with faults at any moment: breadth first, so that what is found
//! is found with as few steps as possible.

use super::action::{Action, act};
use super::configs::initial;
use super::node::{Log, Role, Server};
use super::rest;
use super::set::{Broken, State};
use super::view::Knows;
use super::world::{Planner, World};
use super::{Bits, UNITS};
use std::collections::HashSet;

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Crashes, partitions, changes of the leader, elections without need, and steps that are done late, together.
    pub faults: u8,
    /// Writes of clients.
    pub writes: u8,
    /// Whether each message may come late, or all come at once.
    pub delay: bool,
    /// How long an oplog may get before nothing more is elected or written: two units that hand over to each other in
    /// turn would go on for ever.
    pub entries: u8,
    /// How many seconds an entry of the oplog is: 1 is still caught up, 100 is not.
    pub lag: u32,
}

/// Where to begin, and where to get.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// How many units there are.
    pub units: usize,
    /// How many of the first are members.
    pub members: usize,
    /// How many of the first vote.
    pub voters: usize,
    /// The unit whose server is primary.
    pub primary: usize,
    /// The units that are to be members, by bits.
    pub goal: Bits,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Found {
    /// How many states there are.
    pub states: usize,
    /// How many ways from one to the next.
    pub ways: usize,
    /// How many more on the way to rest.
    pub resting: usize,
    /// What is broken, and how one gets there.
    pub broken: Option<(Broken, Vec<String>)>,
}

struct Search<'a> {
    world: World<'a>,
    bounds: Bounds,
    states: Vec<State>,
    parents: Vec<(usize, Option<Action>)>,
    seen: HashSet<State>,
    ends: [HashSet<State>; 2],
    ways: usize,
}

/// Looks at all of it, or until something is broken.
pub fn explore(planner: &Planner, task: Task, bounds: Bounds) -> Found {
    let units = ((1 as Bits) << task.units) - 1;
    let mut world = World::new(planner, units, task.goal, bounds.lag);
    let start = begin(&mut world, task, bounds);
    let mut search = Search {
        world,
        bounds,
        states: vec![start],
        parents: vec![(0, None)],
        seen: HashSet::from([start]),
        ends: Default::default(),
        ways: 0,
    };
    let broken = search.run();
    Found {
        states: search.states.len(),
        ways: search.ways,
        resting: search.ends.iter().map(HashSet::len).sum(),
        broken,
    }
}

/// The beginning: one primary, all members alike.
pub fn begin<const N: usize>(world: &mut World<N>, task: Task, bounds: Bounds) -> State<N> {
    let config = world.configs.number(initial(task.members, task.voters));
    let log = Log::default().with(1);
    let mut servers = [Server::default(); N];
    for (unit, server) in servers.iter_mut().enumerate().take(task.units) {
        server.up = true;
        if unit < task.members {
            *server = Server {
                up: true,
                config,
                role: Role::Secondary,
                term: 1,
                log,
                ..Server::default()
            };
        }
    }
    servers[task.primary].role = Role::Primary;
    servers[task.primary].required = 1;
    State {
        servers,
        cut: 0,
        leader: task.goal.trailing_zeros() as u8,
        acknowledged: log,
        heir: None,
        held: None,
        faults: bounds.faults,
        writes: bounds.writes,
    }
}

impl Search<'_> {
    fn run(&mut self) -> Option<(Broken, Vec<String>)> {
        let mut at = 0;
        while at < self.states.len() {
            let state = self.states[at];
            for revive in [false, true] {
                let known = &mut self.ends[usize::from(revive)];
                if let Err((why, rest)) = rest::check(&mut self.world, &state, revive, known) {
                    let end = if revive {
                        "all come back"
                    } else {
                        "nothing more happens"
                    };
                    let mut story = self.story(at, Some(end.to_owned()));
                    story.extend(rest);
                    return Some((why, story));
                }
            }
            for action in self.actions(&state) {
                let next = match self.next(&state, action) {
                    Ok(next) => next,
                    Err(why) => return Some((why, self.story(at, Some(format!("{action:?}"))))),
                };
                self.ways += 1;
                if next != state && self.seen.insert(next) {
                    self.states.push(next);
                    self.parents.push((at, Some(action)));
                }
            }
            at += 1;
        }
        None
    }

    /// How one gets to a state.
    fn story(&self, mut at: usize, end: Option<String>) -> Vec<String> {
        let mut story: Vec<String> = end.into_iter().collect();
        while let (parent, Some(action)) = self.parents[at] {
            let state = self.states[parent];
            let plan = match action {
                Action::Release => state.held.map(|(step, _)| step),
                _ => None,
            };
            let plan = plan.map(|step| format!(": {}", self.world.step(step).text));
            let config = self.states[at].primary().and_then(|primary| {
                let config = self.states[at].config(&self.world.configs, primary)?;
                let voters: Vec<usize> = config.voters().collect();
                Some(format!(" -> primary m/{primary}, voters {voters:?}"))
            });
            story.push(format!(
                "{action:?}{}{}",
                plan.unwrap_or_default(),
                config.unwrap_or_default()
            ));
            at = parent;
        }
        story.reverse();
        story
    }

    fn actions(&self, state: &State) -> Vec<Action> {
        let configs = &self.world.configs;
        let mut actions = Vec::new();
        let spare = state.faults > 0;
        let units: Vec<usize> = (0..UNITS)
            .filter(|u| self.world.units >> u & 1 == 1)
            .collect();
        let leader = usize::from(state.leader);
        for unit in units.iter().copied() {
            let server = &state.servers[unit];
            if !server.up {
                actions.push(Action::Restart(unit));
                continue;
            }
            let leaves = self.world.leaves(unit);
            if unit == leader || leaves && state.is_member(configs, unit) {
                // Where everybody is there it does not matter.
                let away = units.iter().any(|other| !state.reaches(unit, *other));
                // Where nobody leaves, and for one that leaves itself, there is nothing to know.
                let knows = match leaves || self.world.units == self.world.goal {
                    true => &[Knows::Gone][..],
                    false if spare => &[Knows::Gone, Knows::Dying, Knows::Nothing],
                    false => &[Knows::Gone, Knows::Dying],
                };
                for long in [false, true].into_iter().take(1 + usize::from(away)) {
                    for knows in knows.iter().copied() {
                        actions.push(Action::Plan(unit, long, knows));
                        // A step is late enough when it is planned as if they were gone.
                        if spare && state.held.is_none() && knows == Knows::Gone {
                            actions.push(Action::Hold(unit, long, knows));
                        }
                    }
                }
            }
            if !leaves && unit != leader && (spare || !state.servers[leader].up) {
                actions.push(Action::Lead(unit));
            }
            if spare {
                actions.push(Action::Crash(unit));
            }
            let room = server.log.len < self.bounds.entries;
            let due = spare || state.needs_primary(configs);
            if room && due && state.would_win(configs, unit) {
                actions.push(Action::Elect(unit));
            }
            if state.lost_majority(configs, unit) {
                actions.push(Action::GiveUp(unit));
            }
            if room && state.is_primary(unit) && state.writes > 0 {
                actions.push(Action::Write(unit));
            }
            if self.bounds.delay {
                actions.push(Action::Hear(unit));
            }
            let copies = server.role == Role::Syncing;
            if (copies || self.bounds.delay) && state.source(configs, unit).is_some() {
                actions.push(Action::Pull(unit));
            }
        }
        if state.held.is_some() {
            actions.push(Action::Release);
        }
        if state.cut != 0 {
            actions.push(Action::Heal);
        } else if spare {
            // The last unit is always on the other side: each way to cut comes once.
            actions.extend((1..=self.world.units / 2).map(Action::Cut));
        }
        actions
    }

    fn next(&mut self, state: &State, action: Action) -> Result<State, Broken> {
        let mut next = *state;
        next.faults -= u8::from(act(&mut self.world, &mut next, action)?);
        if !self.bounds.delay {
            next.deliver(&self.world.configs);
        }
        next.acknowledge(&self.world.configs)?;
        Ok(next)
    }
}
