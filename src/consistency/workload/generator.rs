//! What a client does next. The seed decides, and what the client has seen.

use super::Workload;
use super::operation::{Operation, Step};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A list gets so many elements, and then a new one takes its place: long lists make every read long.
const MOST_ELEMENTS: u32 = 96;

/// A transaction has at most so many steps.
const MOST_STEPS: u32 = 4;

/// Of so many operations on a set one reads it, for that is all of it.
const ADDS_A_READ: i32 = 100;

/// The lists that are appended to now; shared by all clients.
#[derive(Debug)]
pub struct Lists {
    places: Mutex<Places>,
}

#[derive(Debug)]
struct Places {
    /// The key of each place, and how many elements its list was given.
    keys: Vec<(u32, u32)>,
    next: u32,
}

impl Lists {
    /// So many at a time.
    #[must_use]
    pub fn new(keys: u32) -> Arc<Self> {
        let places = Places {
            keys: (0..keys).map(|key| (key, 0)).collect(),
            next: keys,
        };
        Arc::new(Self {
            places: Mutex::new(places),
        })
    }

    /// How many lists there have been so far.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.places
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .next
    }

    fn key(&self, place: usize, appends: bool) -> u32 {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let next = places.next;
        let Some((key, elements)) = places.keys.get_mut(place) else {
            return 0;
        };
        if appends {
            *elements += 1;
            if *elements > MOST_ELEMENTS {
                (*key, *elements) = (next, 1);
                places.next += 1;
                return next;
            }
        }
        *key
    }
}

/// The operations of one client.
#[derive(Debug)]
pub struct Generator {
    workload: Workload,
    keys: u32,
    lists: Arc<Lists>,
    chance: StdRng,
    seen: HashMap<u32, i64>,
}

impl Generator {
    /// For one client of a test with this seed.
    #[must_use]
    pub fn new(workload: Workload, keys: u32, lists: &Arc<Lists>, seed: u64, client: u64) -> Self {
        Self {
            workload,
            keys: keys.max(1),
            lists: Arc::clone(lists),
            chance: StdRng::seed_from_u64(seed ^ client.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
            seen: HashMap::new(),
        }
    }

    /// The operation with this number; the number makes every value that is written unlike all others.
    pub fn next(&mut self, number: i32) -> Operation {
        match self.workload {
            Workload::ListAppend => Operation::Append(number),
            Workload::Set if number % ADDS_A_READ == ADDS_A_READ - 1 => Operation::ReadSet,
            Workload::Set => Operation::Add(number),
            Workload::Register => self.register(i64::from(number) + 1),
            Workload::Counter if self.chance.random_ratio(1, 5) => Operation::ReadCounter,
            Workload::Counter => Operation::Increment(1),
            Workload::Bank => self.bank(),
            Workload::TxnAppend => self.transaction(i64::from(number)),
            Workload::Gridfs => Operation::Revise,
        }
    }

    /// Takes note of what an operation that was acknowledged brought back, or of one that was refused (none).
    pub fn learn(&mut self, operation: &Operation, value: Option<&Value>) {
        let now = match (operation, value) {
            (Operation::Read(_), Some(value)) => value.get(1).and_then(Value::as_i64),
            (Operation::Write(_, written) | Operation::CompareAndSet(_, _, written), Some(_)) => {
                Some(*written)
            }
            _ => None,
        };
        if let Operation::Read(key) | Operation::Write(key, _) | Operation::CompareAndSet(key, ..) =
            operation
        {
            match now {
                Some(now) => self.seen.insert(*key, now),
                None => self.seen.remove(key),
            };
        }
    }

    /// Half reads, a quarter writes, a quarter of compare-and-set from the value that this client saw last.
    fn register(&mut self, value: i64) -> Operation {
        let key = self.chance.random_range(0..self.keys);
        match (self.chance.random_range(0..4), self.seen.get(&key)) {
            (0, _) => Operation::Write(key, value),
            (1, Some(from)) => Operation::CompareAndSet(key, *from, value),
            _ => Operation::Read(key),
        }
    }

    fn bank(&mut self) -> Operation {
        let accounts = self.keys.max(2);
        match self.chance.random_range(0..8) {
            0 => Operation::ReadBankOutside,
            1..=3 => Operation::ReadBank,
            _ => {
                let from = self.chance.random_range(0..accounts);
                let to = (from + self.chance.random_range(1..accounts)) % accounts;
                Operation::Transfer(from, to, self.chance.random_range(1..=5))
            }
        }
    }

    fn transaction(&mut self, number: i64) -> Operation {
        let count = self.chance.random_range(1..=MOST_STEPS);
        let steps = (0..count).map(|step| {
            // Some lists are in demand: each half as often as the one before it.
            let place = self.chance.random::<u64>().trailing_zeros() % self.keys;
            let place = usize::try_from(place).unwrap_or(0);
            if self.chance.random() {
                let value = number * i64::from(MOST_STEPS) + i64::from(step);
                Step::Append(self.lists.key(place, true), value)
            } else {
                Step::Read(self.lists.key(place, false))
            }
        });
        Operation::Transaction(steps.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::HashSet;

    fn operations(workload: Workload, seed: u64, client: u64) -> Vec<Operation> {
        let lists = Lists::new(5);
        let mut generator = Generator::new(workload, 5, &lists, seed, client);
        (0..2000).map(|number| generator.next(number)).collect()
    }

    #[test]
    fn a_seed_says_it_all() {
        for workload in Workload::ALL {
            assert_eq!(operations(workload, 7, 1), operations(workload, 7, 1));
        }
        let other = operations(Workload::TxnAppend, 7, 2);
        assert_ne!(operations(Workload::TxnAppend, 7, 1), other);
    }

    #[test]
    fn every_value_is_written_once_and_lists_stay_short() {
        let mut values = HashSet::new();
        let mut lengths: HashMap<u32, u32> = HashMap::new();
        for operation in operations(Workload::TxnAppend, 3, 0) {
            let Operation::Transaction(steps) = operation else {
                panic!("{operation:?}")
            };
            assert!((1..=4).contains(&steps.len()));
            for step in steps {
                if let Step::Append(key, value) = step {
                    assert!(values.insert(value), "{value} twice");
                    *lengths.entry(key).or_default() += 1;
                }
            }
        }
        assert!(lengths.len() > 5, "no list was put aside");
        assert!(lengths.values().all(|length| *length <= MOST_ELEMENTS));
    }

    #[test]
    fn a_compare_and_set_is_from_what_was_seen() {
        let lists = Lists::new(1);
        let mut generator = Generator::new(Workload::Register, 1, &lists, 1, 0);
        let tries = |generator: &mut Generator| {
            let all = (0..50).map(|number| generator.next(number));
            let from = all.filter_map(|operation| match operation {
                Operation::CompareAndSet(_, from, _) => Some(from),
                _ => None,
            });
            from.collect::<HashSet<_>>()
        };
        assert!(tries(&mut generator).is_empty());
        generator.learn(&Operation::Read(0), Some(&json!([0, 70])));
        assert_eq!(tries(&mut generator), [70].into());
        generator.learn(
            &Operation::CompareAndSet(0, 70, 71),
            Some(&json!([0, [70, 71]])),
        );
        assert_eq!(tries(&mut generator), [71].into());
        generator.learn(&Operation::CompareAndSet(0, 71, 72), None);
        assert!(tries(&mut generator).is_empty());
    }
}
