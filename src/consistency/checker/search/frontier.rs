use super::Model;
use super::config::{Config, Slots};
use super::memo::Memo;
use super::space::Space;
use super::window::Window;

/// How an explorer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// There is an order.
    Found,
    /// There is none.
    Exhausted,
    /// It has used up what it was given.
    Halted,
}

/// The most configurations that an explorer keeps, for the sake of memory; with more it gives up.
pub(super) const KEPT: usize = 2_000_000;

/// Goes breadth first: all configurations before one return, then all before the next.
#[derive(Debug)]
pub(super) struct Frontier<L> {
    window: Window,
    /// The return that all of these are before.
    at: u32,
    work: Vec<Config<L>>,
    seen: Memo<L>,
    next: Vec<Config<L>>,
    next_seen: Memo<L>,
}

impl<L: Slots> Frontier<L> {
    pub fn new<M: Model>(space: &Space<'_, M>) -> Self {
        let start = space.start();
        let mut seen = Memo::new();
        seen.insert(&start);
        Self {
            window: Window::new(space.plan),
            at: 0,
            work: vec![start],
            seen,
            next: Vec::new(),
            next_seen: Memo::new(),
        }
    }

    /// Goes on until so much is spent in all.
    pub fn run<M: Model>(&mut self, space: &mut Space<'_, M>, limit: u64) -> Standing {
        while self.at < space.plan.end {
            self.window.seek(space.plan, self.at);
            while let Some(mut config) = self.work.pop() {
                if space.spent >= limit || self.seen.len() + self.next_seen.len() > KEPT {
                    self.work.push(config);
                    return Standing::Halted;
                }
                if space.settle(&mut config, &self.window) {
                    if !self.next_seen.covers(&config, &space.used) {
                        space.pay();
                        self.next_seen.insert(&config);
                        self.next.push(config);
                    }
                    continue;
                }
                let mut from = 0;
                while let Some(next) = space.next(&config, &self.window, &mut from) {
                    if !self.seen.covers(&next, &space.used) {
                        space.pay();
                        self.seen.insert(&next);
                        self.work.push(next);
                    }
                }
            }
            if self.next.is_empty() {
                return Standing::Exhausted;
            }
            self.at += 1;
            std::mem::swap(&mut self.work, &mut self.next);
            std::mem::swap(&mut self.seen, &mut self.next_seen);
            self.next_seen.clear();
        }
        Standing::Found
    }

    /// How many calls have returned.
    pub fn returned(&self) -> u32 {
        self.at
    }

    /// The states that are possible just before the next return.
    pub fn states(&self) -> impl Iterator<Item = u32> {
        self.seen.states()
    }
}
