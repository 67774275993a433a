use super::FastMap;
use super::config::{Config, Slots};
use super::used::Used;

/// Ends a chain.
const NONE: u32 = u32::MAX;

/// The configurations that were seen. One that used more unanswered calls than another, and is the same otherwise, can
/// do nothing that the other cannot: it is passed over.
#[derive(Debug)]
pub(super) struct Memo<L> {
    first: FastMap<(u32, u32, L), (u32, u32)>,
    chains: Vec<(u32, u32)>,
}

impl<L: Slots> Memo<L> {
    pub fn new() -> Self {
        Self {
            first: FastMap::default(),
            chains: Vec::new(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.first.len() + self.chains.len()
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.chains.clear();
        if self.first.capacity() > 64 + 8 * self.first.len() {
            self.first = FastMap::default();
        } else {
            self.first.clear();
        }
    }

    /// Whether this one, or one that can do as much, was seen.
    pub fn covers(&self, config: &Config<L>, used: &Used) -> bool {
        let Some((set, chain)) =
            self.first
                .get(&(config.returned, config.state, config.live.clone()))
        else {
            return false;
        };
        used.is_within(*set, config.used)
            || self
                .chain(*chain)
                .any(|set| used.is_within(set, config.used))
    }

    /// Notes one that is not covered.
    pub fn insert(&mut self, config: &Config<L>) {
        let chains = &mut self.chains;
        self.first
            .entry((config.returned, config.state, config.live.clone()))
            .and_modify(|(set, chain)| {
                chains.push((*set, *chain));
                (*set, *chain) = (config.used, (chains.len() - 1) as u32);
            })
            .or_insert((config.used, NONE));
    }

    /// The states of all that were seen.
    pub fn states(&self) -> impl Iterator<Item = u32> {
        self.first.keys().map(|key| key.1)
    }

    fn chain(&self, from: u32) -> impl Iterator<Item = u32> {
        let mut next = from;
        std::iter::from_fn(move || {
            let (set, following) = *self.chains.get(next as usize)?;
            next = following;
            Some(set)
        })
    }
}
