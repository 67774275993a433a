use super::config::{Config, Slots};
use super::used::Used;
use super::window::Window;
use super::{Effect, Model, Plan};

/// How many later invocations are looked at for one that may reset the state; beyond it is taken that there is one.
const LOOK_AHEAD: usize = 64;

/// The graph of configurations: where it begins, and what follows on what.
#[derive(Debug)]
pub(super) struct Space<'a, M: Model> {
    pub plan: &'a Plan<M::Action>,
    pub model: &'a mut M,
    pub used: Used,
    /// Work done, in configurations: what takes longer than usual is counted as more than one.
    pub spent: u64,
    /// By class: when it was last seen, so that of equal calls only the first is tried.
    marks: Vec<u64>,
    mark: u64,
    /// Work too small to count yet.
    crumbs: u64,
}

impl<'a, M: Model> Space<'a, M> {
    pub fn new(plan: &'a Plan<M::Action>, model: &'a mut M) -> Self {
        Self {
            marks: vec![0; plan.actions.len()],
            plan,
            model,
            used: Used::new(),
            spent: 0,
            mark: 0,
            crumbs: 0,
        }
    }

    /// Where nothing has happened.
    pub fn start<L: Slots>(&self) -> Config<L> {
        Config {
            returned: 0,
            state: self.model.start(),
            used: 0,
            live: L::empty(self.plan.slot_count as usize),
        }
    }

    /// Takes what fits the state and does not change it, then lets the next call return if it took effect. Says whether
    /// it did. The window must stand at the configuration.
    pub fn settle<L: Slots>(&mut self, config: &mut Config<L>, window: &Window) -> bool {
        let plan = self.plan;
        self.charge(window.alive.len());
        let place = plan.required[config.returned as usize].returned;
        for rank in &window.alive {
            let (action, slot) = (
                plan.required[*rank as usize].action,
                plan.slots[*rank as usize],
            );
            if config.live.contains(slot) {
                continue;
            }
            // What nobody sees, on a state that nobody sees, is taken at once too.
            let is_passive = !self.model.changes(action);
            if (is_passive || self.model.is_idle(action, place))
                && let Effect::Becomes(state) = self.model.apply(config.state, action)
                && (state == config.state
                    || !is_passive && self.model.fold(state, place) == config.state)
            {
                config.live.insert(slot);
            }
        }
        let slot = plan.slots[config.returned as usize];
        if !config.live.contains(slot) {
            return false;
        }
        config.live.remove(slot);
        config.returned += 1;
        if let Some(next) = plan.required.get(config.returned as usize) {
            config.state = self.model.fold(config.state, next.returned);
        }
        true
    }

    /// The next configuration that one more call leads to; `from` says where to go on, and 0 begins. The window must
    /// stand at the configuration, and the configuration must be settled.
    pub fn next<L: Slots>(
        &mut self,
        config: &Config<L>,
        window: &Window,
        from: &mut u32,
    ) -> Option<Config<L>> {
        let plan = self.plan;
        self.mark += 1;
        self.charge(window.alive.len());
        for (place, rank) in window.alive.iter().rev().enumerate() {
            let (class, slot) = (
                plan.classes[*rank as usize] as usize,
                plan.slots[*rank as usize],
            );
            if config.live.contains(slot)
                || self.marks[class] == self.mark
                || !self.model.changes(plan.actions[class])
            {
                continue;
            }
            self.marks[class] = self.mark;
            if place < *from as usize {
                continue;
            }
            *from = place as u32 + 1;
            let mut live = config.live.clone();
            live.insert(slot);
            if let Some(next) = self.follow(config, window, plan.actions[class], config.used, live)
            {
                return Some(next);
            }
        }
        let running = window.alive.len();
        for (place, class) in window
            .active
            .iter()
            .enumerate()
            .skip((*from as usize).saturating_sub(running))
        {
            *from = (running + place) as u32 + 1;
            self.charge(1);
            // An equal call that has to take effect anyway is the better one to take.
            if self.marks[*class as usize] == self.mark
                || self.used.count(config.used, *class) >= window.opened[*class as usize]
            {
                continue;
            }
            let action = plan.actions[*class as usize];
            if self.model.apply(config.state, action) == Effect::Refused {
                continue;
            }
            self.charge(self.used.len(config.used));
            let used = self.used.with(config.used, *class);
            if let Some(next) = self.follow(config, window, action, used, config.live.clone()) {
                return Some(next);
            }
        }
        *from = u32::MAX;
        None
    }

    fn follow<L: Slots>(
        &mut self,
        config: &Config<L>,
        window: &Window,
        action: M::Action,
        used: u32,
        mut live: L,
    ) -> Option<Config<L>> {
        self.charge(4);
        let Effect::Becomes(state) = self.model.apply(config.state, action) else {
            return None;
        };
        let place = self.plan.required[config.returned as usize].returned;
        if state != config.state && !self.model.may_leave(config.state, action, place) {
            return None;
        }
        if self.model.overwrites(action) {
            for rank in &window.alive {
                let slot = self.plan.slots[*rank as usize];
                if !live.contains(slot)
                    && self
                        .model
                        .is_idle(self.plan.required[*rank as usize].action, place)
                {
                    live.insert(slot);
                }
            }
        }
        let state = self.model.fold(state, place);
        let next = Config {
            returned: config.returned,
            state,
            used,
            live,
        };
        self.is_hopeful(&next, window).then_some(next)
    }

    /// Whether the next call that observes something may still find it.
    fn is_hopeful<L: Slots>(&mut self, config: &Config<L>, window: &Window) -> bool {
        let plan = self.plan;
        let mut rank = plan.aims[config.returned as usize];
        while rank < plan.end
            && config.live.contains(plan.slots[rank as usize])
            && window
                .alive
                .binary_search_by(|other| rank.cmp(other))
                .is_ok()
        {
            self.charge(1);
            rank = plan.aims[rank as usize + 1];
        }
        if rank >= plan.end {
            return true;
        }
        let target = plan.required[rank as usize].action;
        if self.model.reaches(config.state, target) {
            return true;
        }
        self.charge(window.alive.len() + window.active.len());
        let running = window.alive.iter().any(|other| {
            !config.live.contains(plan.slots[*other as usize])
                && self
                    .model
                    .resets(plan.required[*other as usize].action, target)
        });
        let unanswered = running
            || window.active.iter().any(|class| {
                self.used.count(config.used, *class) < window.opened[*class as usize]
                    && self.model.resets(plan.actions[*class as usize], target)
            });
        if unanswered {
            return true;
        }
        let until = |counts: &[u32]| {
            (
                counts[config.returned as usize] as usize,
                counts[rank as usize] as usize,
            )
        };
        let (first, last) = until(&plan.arrived);
        let (first_open, last_open) = until(&plan.opened);
        if last - first + last_open - first_open > LOOK_AHEAD {
            return true;
        }
        self.charge(last - first + last_open - first_open);
        plan.arrivals[first..last].iter().any(|other| {
            self.model
                .resets(plan.required[*other as usize].action, target)
        }) || plan.open[first_open..last_open]
            .iter()
            .any(|call| self.model.resets(call.action, target))
    }

    /// Counts a configuration that is kept; a large one as several.
    pub fn pay(&mut self) {
        self.spent += 1 + u64::from(self.plan.slot_count / 512);
    }

    fn charge(&mut self, steps: usize) {
        self.crumbs += steps as u64;
        self.spent += self.crumbs / 32;
        self.crumbs %= 32;
    }
}
