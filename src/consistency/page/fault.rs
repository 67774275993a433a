//! Faults, and who was primary meanwhile.

use crate::consistency::trial::coverage::AFTER;

/// One fault that was asked for. Times are nanoseconds since the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `partition`, `kill`, …
    pub kind: String,
    /// Of which unit it was asked.
    pub unit: String,
    /// How: `shape=bridge delay=10`.
    pub parameters: String,
    /// Whether it is known to have been in place; else why not.
    pub installed: Result<(), String>,
    /// Whether it is known that nothing of it was ever in place.
    pub skipped: bool,
    /// When it began.
    pub from: u64,
    /// When it was over; none before that is known.
    pub until: Option<u64>,
    /// Operations that ended without being acknowledged while it held or soon after.
    pub troubled: u64,
    /// New primaries in the same time.
    pub elections: u64,
}

impl Fault {
    /// When it was over, or the end of the history.
    pub fn end(&self, end: u64) -> u64 {
        self.until.unwrap_or(end).max(self.from)
    }

    /// Whether something happened that is put down to it.
    pub fn bit(&self) -> bool {
        self.installed.is_ok() && (self.troubled > 0 || self.elections > 0)
    }
}

/// Puts down to each fault what happened from when it began until [`AFTER`] its end; but not what came when the next one
/// had begun, nor what came when the clients had ended (`worked`), for nobody was there to feel it. An operation in
/// trouble that began when a fault before could still be felt is put down to none that began after it, for nobody knows
/// which of them it was. One that was skipped is as if it had never been asked for.
///
/// `trouble` has when operations ended and began; it and the elections are ascending, and so are the beginnings of the
/// faults. `end` is the last moment of all.
pub fn put_down(
    faults: &mut [Fault],
    trouble: &[(u64, u64)],
    elections: &[u64],
    worked: u64,
    end: u64,
) {
    // Until when the faults so far may be felt.
    let mut reach: Option<u64> = None;
    let mut faults = faults.iter_mut().filter(|it| !it.skipped).peekable();
    while let Some(fault) = faults.next() {
        let next = faults.peek().map(|next| next.from);
        let (from, last) = (fault.from, fault.end(end).saturating_add(AFTER));
        let before = last.min(worked).saturating_add(1);
        let before = next.map_or(before, |next| next.min(before));
        let of_it = |began: u64| began >= from || reach.is_none_or(|reach| began > reach);
        let troubled = within(trouble, |it| it.0, from, before).iter();
        fault.troubled = troubled.filter(|it| of_it(it.1)).count() as u64;
        fault.elections = within(elections, |it| *it, from, before).len() as u64;
        reach = reach.max(Some(last));
    }
}

/// Those of ascending moments that are not before one and before the other.
fn within<T>(all: &[T], moment: impl Fn(&T) -> u64, from: u64, before: u64) -> &[T] {
    let first = all.partition_point(|it| moment(it) < from);
    let last = all.partition_point(|it| moment(it) < before);
    all.get(first..last).unwrap_or_default()
}

/// A primary, from when it was first seen in a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// `host:port`.
    pub address: String,
    /// Its term, where that was known.
    pub term: Option<i64>,
    /// When it was seen first.
    pub from: u64,
}

/// The style class and Jepsen's colour group of a kind of fault.
pub fn class(kind: &str) -> &'static str {
    match kind {
        "partition" | "primary-pair" | "one-way" | "ring" | "bridge" | "no-majority" => "partition",
        "kill" | "kill-all" => "kill",
        "pause" => "pause",
        "flaky" | "slow" | "packet" => "packet",
        "clock" => "clock",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(from: u64, until: Option<u64>) -> Fault {
        Fault {
            kind: "kill".into(),
            unit: "m/0".into(),
            parameters: String::new(),
            installed: Ok(()),
            skipped: false,
            from,
            until,
            troubled: 0,
            elections: 0,
        }
    }

    #[test]
    fn what_happens_soon_after_is_put_down_to_a_fault() {
        let mut all = [fault(10, Some(20))];
        let late = 99 * AFTER;
        let trouble = [9, 10, 20, 20 + AFTER, 21 + AFTER].map(|ended| (ended, 5));
        put_down(&mut all, &trouble, &[], late, late);
        let [known] = &all;
        assert_eq!((known.troubled, known.elections, known.bit()), (3, 0, true));
        put_down(&mut all, &[], &[9], late, late);
        assert!(!all[0].bit());
        all[0].installed = Err("no nft".into());
        put_down(&mut all, &[(10, 9)], &[10], late, late);
        assert!(!all[0].bit(), "what was not in place cannot have bitten");
        all[0].until = None;
        put_down(&mut all, &[(u64::MAX - 1, 9)], &[], u64::MAX, u64::MAX);
        assert_eq!((all[0].end(u64::MAX), all[0].troubled), (u64::MAX, 1));
    }

    #[test]
    fn what_happens_to_the_next_fault_or_to_nobody_is_put_down_to_no_fault_before() {
        let late = 99 * AFTER;
        // When the clients ended, when something happened, and to which of two faults that is put down.
        for (worked, moment, felt) in [
            (late, 15, [true, false]),
            (late, 24, [true, false]),
            (late, 25, [false, true]),
            (late, 35, [false, true]),
            (late, 30 + AFTER, [false, true]),
            (late, 31 + AFTER, [false, false]),
            (27, 26, [false, true]),
            (27, 27, [false, true]),
            (27, 28, [false, false]),
            (23, 23, [true, false]),
            (23, 24, [false, false]),
            (23, 26, [false, false]),
        ] {
            for (trouble, elections) in [(vec![(moment, moment)], vec![]), (vec![], vec![moment])] {
                let mut all = [fault(10, Some(20)), fault(25, Some(30))];
                put_down(&mut all, &trouble, &elections, worked, late);
                let found = [all[0].bit(), all[1].bit()];
                assert_eq!(found, felt, "{moment} of {worked}");
            }
        }
    }

    #[test]
    fn a_fault_that_was_skipped_takes_nothing_from_the_one_before() {
        let late = 99 * AFTER;
        // Also one that began before that one had been asked for, and ends after.
        for trouble in [[(26, 26)], [(26, 24)]] {
            for (skipped, felt) in [(true, [true, false]), (false, [false, true])] {
                let mut all = [fault(10, Some(20)), fault(25, Some(25))];
                all[1].skipped = skipped;
                put_down(&mut all, &trouble, &[26], late, late);
                assert_eq!(all.map(|it| it.elections > 0), felt, "{trouble:?}");
            }
            let mut all = [fault(10, Some(20)), fault(25, Some(25))];
            all[1].skipped = true;
            put_down(&mut all, &trouble, &[], late, late);
            assert_eq!(all.map(|it| it.troubled), [1, 0], "{trouble:?}");
        }
    }

    #[test]
    fn what_may_be_of_two_faults_is_put_down_to_none() {
        let late = 99 * AFTER;
        // An operation, from and to, and to which of three faults it is put down.
        let third = 40 + 2 * AFTER;
        for (began, ended, felt) in [
            (9, 19, [true, false, false]),
            (24, 24, [true, false, false]),
            (24, 26, [false, false, false]),
            (25, 26, [false, true, false]),
            (30 + AFTER, third, [false, false, false]),
            (31 + AFTER, third, [false, false, true]),
        ] {
            let until = Some(30);
            let mut all = [fault(10, Some(20)), fault(25, until), fault(third, None)];
            put_down(&mut all, &[(ended, began)], &[], late, late);
            assert_eq!(all.map(|it| it.bit()), felt, "{began} to {ended}");
        }
    }
}
