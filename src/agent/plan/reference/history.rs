//! Random histories of sets of any size: what the explorer does in every order to a few units happens here in one order
//! to up to fifty, and units come and go meanwhile.

use super::Bits;
use super::action::{Action, act};
use super::event::Event;
use super::explore::{Bounds, Task, begin};
use super::ids::Ids;
use super::node::Server;
use super::rest;
use super::set::{Broken, State};
use super::view::Knows;
use super::world::{Planner, World};
use std::collections::HashSet;

/// M1: units beyond it could never all be members.
const MOST_MEMBERS: usize = 50;
/// No oplog gets longer than this before the end: the elections on the way to rest need room too.
const ENTRIES: u8 = 8;

/// A set, and what has happened to it.
pub struct History<'a, const N: usize> {
    world: World<'a, N>,
    state: State<N>,
    /// The next unit's number: Juju gives none twice.
    next: usize,
}

impl<'a, const N: usize> History<'a, N> {
    /// A set at rest of so many units. One entry of the oplog is so many seconds.
    pub fn new(planner: &'a Planner, units: usize, lag: u32, zones: [u8; N]) -> Self {
        let goal = (0..units).fold(0, |bits: Bits, unit| bits | 1 << unit);
        let mut world = World::new(planner, goal, goal, lag);
        world.zones = zones;
        world.ids = Some(Ids::default());
        let voters = (units.min(7) - 1) / 2 * 2 + 1;
        let task = Task {
            units,
            members: units,
            voters,
            primary: 0,
            goal,
        };
        let bounds = Bounds {
            faults: 0,
            writes: 3,
            delay: true,
            entries: ENTRIES,
            lag,
        };
        let state = begin(&mut world, task, bounds);
        Self {
            world,
            state,
            next: units,
        }
    }

    /// All of them, then rest: with all that exist, and with the dead still dead.
    pub fn run(&mut self, events: &[Event]) -> Result<(), Broken> {
        for (number, event) in events.iter().enumerate() {
            let happened = self.happen(*event);
            happened.map_err(|why| format!("event {number}, {event:?}: {why}"))?;
            self.state.acknowledge(&self.world.configs)?;
        }
        self.world.fresh = 0;
        for revive in [false, true] {
            let rested = rest::check(&mut self.world, &self.state, revive, &mut HashSet::new());
            rested.map_err(|(why, story)| {
                format!(
                    "at rest (all come back: {revive}): {why}\n{}",
                    story.join("\n")
                )
            })?;
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Broken> {
        let servers = &self.state.servers;
        let room = servers.iter().all(|server| server.log.len < ENTRIES);
        match event {
            Event::Elect(_) | Event::Round if !room => return Ok(()),
            Event::Write if !room || self.state.writes == 0 => return Ok(()),
            Event::Late(..) if self.state.held.is_some() => return Ok(()),
            Event::Join(count) => (0..count).for_each(|_| self.join()),
            Event::Cut(side) => self.act(Action::Cut(side & self.world.units))?,
            Event::Heal => self.act(Action::Heal)?,
            Event::Done => self.act(Action::Release)?,
            Event::Deliver => self.state.deliver(&self.world.configs),
            Event::Round => {
                rest::round(&mut self.world, &mut self.state, Knows::Dying, &mut None)?;
            }
            Event::Time => self.world.fresh = 0,
            _ => {}
        }
        for unit in event.whom(&self.world, &self.state) {
            let (units, goal) = (self.world.units, self.world.goal);
            if let Some(action) = event.action(unit) {
                self.act(action)?;
            }
            match event {
                Event::Leave(..) => self.world.wants(units, goal & !(1 << unit)),
                Event::Gone(_) => self.world.wants(units & !(1 << unit), goal),
                Event::Hear(_) => self.act(Action::Pull(unit))?,
                Event::Lost(_, long, knows) => {
                    let _ = self.world.plan(&self.state, unit, long, knows)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action) -> Result<(), Broken> {
        if let Action::Crash(unit) | Action::Restart(unit) = action {
            self.world.fresh |= 1 << unit;
        }
        act(&mut self.world, &mut self.state, action).map(drop)
    }

    fn join(&mut self) {
        let stay = self.world.goal.count_ones() as usize;
        if self.next == N || stay == MOST_MEMBERS {
            return;
        }
        let unit: Bits = 1 << self.next;
        self.state.servers[self.next] = Server {
            up: true,
            ..Server::default()
        };
        self.world
            .wants(self.world.units | unit, self.world.goal | unit);
        self.world.fresh |= unit;
        self.next += 1;
    }
}
