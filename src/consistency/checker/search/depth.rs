use super::Model;
use super::config::{Config, Slots};
use super::frontier::{KEPT, Standing};
use super::memo::Memo;
use super::space::Space;
use super::window::Window;

/// Goes depth first, and remembers what led nowhere.
#[derive(Debug)]
pub(super) struct Depth<L> {
    window: Window,
    /// The order so far, and where to go on at each of its steps.
    stack: Vec<(Config<L>, u32)>,
    failed: Memo<L>,
    deepest: u32,
}

impl<L: Slots> Depth<L> {
    pub fn new<M: Model>(space: &mut Space<'_, M>) -> Self {
        let mut explorer = Self {
            window: Window::new(space.plan),
            stack: Vec::new(),
            failed: Memo::new(),
            deepest: 0,
        };
        let start = explorer.settled(space, space.start());
        explorer.stack.push((start, 0));
        explorer
    }

    /// Goes on until so much is spent in all.
    pub fn run<M: Model>(&mut self, space: &mut Space<'_, M>, limit: u64) -> Standing {
        while let Some((config, from)) = self.stack.last_mut() {
            if config.returned >= space.plan.end {
                return Standing::Found;
            }
            if space.spent >= limit || self.failed.len() > KEPT {
                return Standing::Halted;
            }
            space.pay();
            self.window.seek(space.plan, config.returned);
            match space.next(config, &self.window, from) {
                Some(next) => {
                    let next = self.settled(space, next);
                    if !self.failed.covers(&next, &space.used) {
                        self.stack.push((next, 0));
                    }
                }
                None => {
                    if !self.failed.covers(config, &space.used) {
                        self.failed.insert(config);
                    }
                    self.stack.pop();
                }
            }
        }
        Standing::Exhausted
    }

    /// How many calls have returned at most.
    pub fn returned(&self) -> u32 {
        self.deepest
    }

    fn settled<M: Model>(&mut self, space: &mut Space<'_, M>, mut config: Config<L>) -> Config<L> {
        loop {
            if config.returned >= space.plan.end {
                break;
            }
            self.window.seek(space.plan, config.returned);
            if !space.settle(&mut config, &self.window) {
                break;
            }
        }
        self.deepest = self.deepest.max(config.returned);
        config
    }
}
