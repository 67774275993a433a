use std::fmt::Debug;
use std::hash::Hash;

/// How far an order of operations has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Config<L> {
    /// How many required calls have returned; all of them took effect.
    pub returned: u32,
    /// The state of the object.
    pub state: u32,
    /// Which unanswered calls took effect: a number in [`super::used::Used`].
    pub used: u32,
    /// Which of the running calls took effect, by slot.
    pub live: L,
}

/// A set of slots.
pub(super) trait Slots: Clone + Debug + Eq + Hash {
    /// The empty set for so many slots.
    fn empty(slots: usize) -> Self;
    /// Whether it is there.
    fn contains(&self, slot: u32) -> bool;
    /// Puts it there.
    fn insert(&mut self, slot: u32);
    /// Takes it away.
    fn remove(&mut self, slot: u32);
}

impl Slots for u128 {
    fn empty(_: usize) -> Self {
        0
    }

    fn contains(&self, slot: u32) -> bool {
        self & 1u128.wrapping_shl(slot) != 0
    }

    fn insert(&mut self, slot: u32) {
        *self |= 1u128.wrapping_shl(slot);
    }

    fn remove(&mut self, slot: u32) {
        *self &= !1u128.wrapping_shl(slot);
    }
}

impl Slots for Box<[u64]> {
    fn empty(slots: usize) -> Self {
        vec![0; slots.div_ceil(64)].into()
    }

    fn contains(&self, slot: u32) -> bool {
        self[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    fn insert(&mut self, slot: u32) {
        self[slot as usize / 64] |= 1 << (slot % 64);
    }

    fn remove(&mut self, slot: u32) {
        self[slot as usize / 64] &= !(1 << (slot % 64));
    }
}
