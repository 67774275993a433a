use super::FastMap;

/// Multisets of the unanswered calls that took effect. Calls that do the same are counted, not named: which of them it
/// was makes no difference.
#[derive(Debug)]
pub(super) struct Used {
    sets: Vec<Box<[(u32, u32)]>>,
    numbers: FastMap<Box<[(u32, u32)]>, u32>,
    steps: FastMap<(u32, u32), u32>,
}

impl Used {
    /// With the empty set, whose number is 0.
    pub fn new() -> Self {
        let empty: Box<[(u32, u32)]> = Box::default();
        Self {
            sets: vec![empty.clone()],
            numbers: std::iter::once((empty, 0)).collect(),
            steps: FastMap::default(),
        }
    }

    /// How many calls of a class are in a set.
    pub fn count(&self, set: u32, class: u32) -> u32 {
        let set = &self.sets[set as usize];
        match set.binary_search_by_key(&class, |entry| entry.0) {
            Ok(place) => set[place].1,
            Err(_) => 0,
        }
    }

    /// The set with one more call of a class.
    pub fn with(&mut self, set: u32, class: u32) -> u32 {
        if let Some(number) = self.steps.get(&(set, class)) {
            return *number;
        }
        let mut entries = self.sets[set as usize].to_vec();
        match entries.binary_search_by_key(&class, |entry| entry.0) {
            Ok(place) => entries[place].1 += 1,
            Err(place) => entries.insert(place, (class, 1)),
        }
        let entries: Box<[(u32, u32)]> = entries.into();
        let next = self.sets.len() as u32;
        let number = *self.numbers.entry(entries.clone()).or_insert(next);
        if number == next {
            self.sets.push(entries);
        }
        self.steps.insert((set, class), number);
        number
    }

    /// The size of a set: how many classes there are in it.
    pub fn len(&self, set: u32) -> usize {
        self.sets[set as usize].len()
    }

    /// Whether all of the first set is in the second.
    pub fn is_within(&self, first: u32, second: u32) -> bool {
        if first == 0 || first == second {
            return true;
        }
        let mut rest = self.sets[second as usize].iter();
        self.sets[first as usize].iter().all(|(class, count)| {
            rest.by_ref()
                .find(|entry| entry.0 >= *class)
                .is_some_and(|entry| entry.0 == *class && entry.1 >= *count)
        })
    }
}
