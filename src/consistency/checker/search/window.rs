use super::Plan;

/// The calls that are running just before one of the returns. It can be moved both ways.
#[derive(Debug)]
pub(super) struct Window {
    /// The rank of the call that returns next.
    at: u32,
    /// The ranks of the running calls, the one that returns next at the end.
    pub alive: Vec<u32>,
    /// The classes of the open calls that were invoked and can still help, in rising order.
    pub active: Vec<u32>,
    /// By class: how many open calls were invoked.
    pub opened: Vec<u32>,
    arrived: u32,
    opened_total: u32,
    expired: u32,
}

impl Window {
    /// Before the first return. Needs a plan with at least one required call.
    pub fn new<A>(plan: &Plan<A>) -> Self {
        let mut window = Self {
            at: 0,
            alive: Vec::new(),
            active: Vec::new(),
            opened: vec![0; plan.actions.len()],
            arrived: 0,
            opened_total: 0,
            expired: 0,
        };
        window.admit(plan);
        window
    }

    /// Moves to just before another return.
    pub fn seek<A>(&mut self, plan: &Plan<A>, rank: u32) {
        while self.at < rank {
            self.alive.pop();
            self.at += 1;
            self.admit(plan);
        }
        while self.at > rank {
            self.at -= 1;
            self.dismiss(plan);
            self.alive.push(self.at);
        }
    }

    fn admit<A>(&mut self, plan: &Plan<A>) {
        let at = self.at as usize;
        let (Some(arrived), Some(opened)) = (plan.arrived.get(at), plan.opened.get(at)) else {
            return;
        };
        while self.arrived < *arrived {
            let rank = plan.arrivals[self.arrived as usize];
            let place = self.alive.partition_point(|other| *other > rank);
            self.alive.insert(place, rank);
            self.arrived += 1;
        }
        while self.opened_total < *opened {
            let class = plan.open_classes[self.opened_total as usize];
            let count = &mut self.opened[class as usize];
            *count += 1;
            if *count == 1
                && plan.expiry[class as usize] > self.at
                && let Err(place) = self.active.binary_search(&class)
            {
                self.active.insert(place, class);
            }
            self.opened_total += 1;
        }
        while let Some(class) = plan.expiring.get(self.expired as usize)
            && plan.expiry[*class as usize] <= self.at
        {
            if let Ok(place) = self.active.binary_search(class) {
                self.active.remove(place);
            }
            self.expired += 1;
        }
    }

    fn dismiss<A>(&mut self, plan: &Plan<A>) {
        let at = self.at as usize;
        while self.expired > 0
            && let class = plan.expiring[self.expired as usize - 1]
            && plan.expiry[class as usize] > self.at
        {
            self.expired -= 1;
            if self.opened[class as usize] > 0
                && let Err(place) = self.active.binary_search(&class)
            {
                self.active.insert(place, class);
            }
        }
        while self.arrived > plan.arrived[at] {
            self.arrived -= 1;
            let rank = plan.arrivals[self.arrived as usize];
            let place = self.alive.partition_point(|other| *other > rank);
            self.alive.remove(place);
        }
        while self.opened_total > plan.opened[at] {
            self.opened_total -= 1;
            let class = plan.open_classes[self.opened_total as usize];
            let count = &mut self.opened[class as usize];
            *count -= 1;
            if *count == 0
                && let Ok(place) = self.active.binary_search(&class)
            {
                self.active.remove(place);
            }
        }
    }
}
