//! When the agent is woken: never twice at once, soon after a change, and the rarer the more there was to do lately. Pure:
//! moments are milliseconds of any clock that only goes forward.

/// What changes at once is told at once: an election changes the states of several members within moments.
const GATHER: u64 = 300;
/// The least rest between two wake-ups.
const FLOOR: u64 = 2_000;
/// The most.
const CEILING: u64 = 60_000;
/// How long it takes to forget one wake-up. A set that never comes to rest wakes its units once in that time.
const FORGET: u64 = 30_000;
/// What a hook has left unfinished is looked at again after this long, then after twice as long, and so on…
const AGAIN: u64 = 15_000;
/// … but once a minute: what is awaited may be a moment that no change announces.
const AGAIN_AT_MOST: u64 = 60_000;
/// The longest that a wake-up which failed is put off: Juju's own interval of `update-status`.
const PUT_OFF: u64 = 300_000;

/// The pace of one observer.
#[derive(Debug, Default)]
pub struct Pace {
    /// Since when something is to be told.
    waiting: Option<u64>,
    /// Whether a wake-up is under way.
    under_way: bool,
    /// When the last one ended.
    ended: Option<u64>,
    /// How many there were lately: each doubles the rest after it.
    strain: u32,
    /// When the last one was forgotten.
    forgot: u64,
    /// How many failed in a row.
    failures: u32,
    /// How often in a row the agent was woken for nothing but what it had left unfinished.
    repeated: u32,
}

fn doubled(base: u64, times: u32, at_most: u64) -> u64 {
    base.saturating_mul(1 << times.min(20)).min(at_most)
}

impl Pace {
    /// Something has changed.
    pub fn changed(&mut self, now: u64) {
        self.waiting.get_or_insert(now);
        self.repeated = 0;
    }

    /// When the agent is to be woken; none while it is just being, or when there is nothing to tell. `unfinished`: the last
    /// hook had more to do than it could.
    pub fn due(&self, unfinished: bool) -> Option<u64> {
        if self.under_way {
            return None;
        }
        let rest = doubled(FLOOR, self.strain.saturating_sub(1), CEILING);
        let rest = rest.max(match self.failures {
            0 => 0,
            failures => doubled(FLOOR, failures, PUT_OFF),
        });
        let ended = self.ended;
        let rested = ended.map_or(0, |ended| ended + rest);
        match (self.waiting, ended) {
            (Some(since), _) => Some(rested.max(since + GATHER)),
            (None, Some(ended)) if unfinished => {
                Some(rested.max(ended + doubled(AGAIN, self.repeated, AGAIN_AT_MOST)))
            }
            _ => None,
        }
    }

    /// A wake-up begins.
    pub fn begun(&mut self, now: u64) {
        if self.waiting.is_none() {
            self.repeated += 1;
        }
        let forgotten = now.saturating_sub(self.forgot) / FORGET;
        self.forgot = match self.strain {
            0 => now,
            _ => self.forgot + forgotten * FORGET,
        };
        self.strain = self
            .strain
            .saturating_sub(u32::try_from(forgotten).unwrap_or(u32::MAX))
            + 1;
        self.waiting = None;
        self.under_way = true;
    }

    /// It has ended; one that failed is tried again.
    pub fn ended(&mut self, now: u64, well: bool) {
        self.under_way = false;
        self.ended = Some(now);
        if well {
            self.failures = 0;
        } else {
            self.failures += 1;
            self.waiting.get_or_insert(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOOK: u64 = 400;

    /// When the agent is woken, if `changes` happen and each hook ends so.
    fn woken(changes: &[u64], until: u64, well: bool, unfinished: bool) -> Vec<u64> {
        let mut pace = Pace::default();
        let (mut at, mut ends) = (Vec::new(), None);
        for now in (0..until).step_by(100) {
            if ends == Some(now) {
                pace.ended(now, well);
                ends = None;
            }
            if changes.binary_search(&now).is_ok() {
                pace.changed(now);
            }
            if pace.due(unfinished).is_some_and(|due| due <= now) {
                assert_eq!(ends, None, "two at once");
                pace.begun(now);
                at.push(now);
                ends = Some(now + HOOK);
            }
        }
        at
    }

    #[test]
    fn one_change_wakes_once_and_soon_and_nothing_wakes_nobody() {
        assert_eq!(woken(&[], 600_000, true, false), [0; 0]);
        assert_eq!(woken(&[1000], 600_000, true, false), [1300]);
        // What comes together is told together.
        assert_eq!(woken(&[1000, 1100, 1200], 600_000, true, false), [1300]);
    }

    #[test]
    fn what_changes_meanwhile_is_told_after_a_rest() {
        // A primary is lost, and another is elected ten seconds later.
        assert_eq!(woken(&[1000, 11_000], 600_000, true, false), [1300, 11_300]);
        // During the hook, and in the rest after it.
        assert_eq!(woken(&[1000, 1500], 600_000, true, false), [1300, 3700]);
        assert_eq!(woken(&[1000, 2500], 600_000, true, false), [1300, 3700]);
    }

    #[test]
    fn a_member_that_flaps_does_not_keep_the_unit_busy() {
        let flapping: Vec<u64> = (0..36_000).map(|n| n * 100).collect();
        let at = woken(&flapping, 3_600_000, true, false);
        let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| *gap >= FLOOR), "{gaps:?}");
        // An hour of it: about two a minute.
        assert!((100..=130).contains(&at.len()), "{}: {gaps:?}", at.len());
        // Rest brings the pace back.
        let late = 3_600_000;
        let all = [&flapping[..], &[late + 600_000, late + 603_000]].concat();
        let at = woken(&all, late + 700_000, true, false);
        assert!(at.contains(&(late + 600_300)) && at.contains(&(late + 603_300)));
    }

    #[test]
    fn what_failed_is_tried_again_and_ever_later() {
        let at = woken(&[1000], 3_600_000, false, false);
        let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps[..3], [4000 + HOOK, 8000 + HOOK, 16_000 + HOOK]);
        assert!(gaps.is_sorted() && gaps.last() == Some(&(PUT_OFF + HOOK)));
    }

    #[test]
    fn what_was_left_unfinished_is_looked_at_again_and_ever_later() {
        let at = woken(&[1000], 3_600_000, true, true);
        let gaps: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(gaps[..3], [15_000 + HOOK, 30_000 + HOOK, 60_000 + HOOK]);
        assert!(gaps.is_sorted() && gaps.last() == Some(&(AGAIN_AT_MOST + HOOK)));
        // Until the first hook has run nothing is known to be unfinished.
        assert_eq!(woken(&[], 600_000, true, true), [0; 0]);
    }
}
