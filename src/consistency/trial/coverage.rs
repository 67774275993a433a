//! Whether a trial says anything: a run in which nothing happened proves nothing. Pure.

use super::nemesis::Struck;
use crate::consistency::report::{Report, Verdict};
use serde::Serialize;

/// So much of a history may be of unknown outcome before a green verdict is weak evidence.
pub const MUCH_INFO: f64 = 0.2;

/// A new primary within so long after the end of a fault is put down to it, and so is an operation that ended without
/// being acknowledged: nanoseconds.
pub const AFTER: u64 = 15_000_000_000;

/// What happened while the clients worked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Faults that were asked for.
    pub faults: usize,
    /// Those that were in place.
    pub installed: usize,
    /// Those of them during which operations failed or stayed unknown, or a new primary was elected.
    pub bit: usize,
    /// Elections that were seen: primaries in terms of their own, after the first.
    pub elections: usize,
    /// Operations that were begun and acknowledged while a fault was in place.
    pub during: usize,
    /// Operations of unknown outcome, of all: 0 to 1.
    pub info_share: f64,
}

/// When what happened: nanoseconds since the start, ascending.
#[derive(Clone, Debug, Default)]
pub struct Moments {
    /// Operations ended without being acknowledged.
    pub trouble: Vec<u64>,
    /// A new primary was seen.
    pub elections: Vec<u64>,
    /// Operations that were acknowledged: begun, ended.
    pub acknowledged: Vec<(u64, u64)>,
}

/// Counts.
#[must_use]
pub fn coverage(struck: &[Struck], moments: &Moments, report: &Report) -> Coverage {
    let within = |moments: &[u64], from: u64, until: u64| {
        let first = moments.partition_point(|moment| *moment < from);
        moments.get(first).is_some_and(|moment| *moment <= until)
    };
    let installed = struck.iter().filter(|fault| fault.installed.is_ok());
    let bit = installed.clone().filter(|fault| {
        let until = fault.until.saturating_add(AFTER);
        within(&moments.trouble, fault.from, until) || within(&moments.elections, fault.from, until)
    });
    // Faults come one after the other, so that nothing is counted twice.
    let during = installed.clone().map(|fault| {
        let inside = |&&(begun, ended): &&(u64, u64)| begun >= fault.from && ended <= fault.until;
        moments.acknowledged.iter().filter(inside).count()
    });
    let all = report.pass + report.fail + report.info;
    Coverage {
        faults: struck.len(),
        installed: installed.clone().count(),
        bit: bit.count(),
        elections: moments.elections.len(),
        during: during.sum(),
        info_share: report.info as f64 / all.max(1) as f64,
    }
}

/// The verdict of a trial: a green one is worth something only if a fault bit.
#[must_use]
pub fn verdict(report: &Report, coverage: &Coverage) -> (Verdict, String) {
    let seen = format!(
        "{} of {} faults bit, {} primaries were elected",
        coverage.bit, coverage.faults, coverage.elections
    );
    match report.verdict {
        Verdict::Valid if coverage.bit == 0 => (
            Verdict::Unknown,
            format!("no fault bit, so nothing was tried ({seen})"),
        ),
        Verdict::Valid if coverage.info_share > MUCH_INFO => (
            Verdict::Valid,
            format!(
                "{}; {seen}; weak evidence, for {:.0} % of all operations are of unknown outcome",
                report.reason,
                coverage.info_share * 100.0
            ),
        ),
        verdict => (verdict, format!("{}; {seen}", report.reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consistency::trial::nemesis::FaultKind;
    use crate::consistency::workload::Workload;
    use std::collections::BTreeMap;

    const SECOND: u64 = 1_000_000_000;

    fn report(verdict: Verdict, info: usize) -> Report {
        Report {
            id: String::new(),
            verdict,
            reason: "all is there".into(),
            workload: Workload::Register,
            write_concern: "majority".into(),
            clients: 1,
            seed: 1,
            pass: 100,
            fail: 0,
            info,
            applied_not_majority: 0,
            list: None,
            finding: None,
            members_agree: None,
            primary: None,
            primaries: Vec::new(),
            read_concern: None,
            duration: 1.0,
            history: String::new(),
            page: None,
            collections: BTreeMap::new(),
            rolled_back: None,
        }
    }

    fn struck(from: u64, until: u64, installed: Result<(), String>) -> Struck {
        Struck {
            kind: FaultKind::Kill,
            unit: "m/0".into(),
            installed,
            from: from * SECOND,
            until: until * SECOND,
        }
    }

    #[test]
    fn a_fault_bit_if_something_happened_while_it_held() {
        let faults = [
            struck(10, 20, Ok(())),
            struck(100, 110, Ok(())),
            struck(12, 12, Err("no nft".into())),
        ];
        let good = report(Verdict::Valid, 0);
        for (trouble, elections, bit) in [
            (&[][..], &[][..], 0),
            (&[15 * SECOND], &[], 1),
            (&[], &[34 * SECOND], 1),
            (&[], &[36 * SECOND], 0),
            (&[9 * SECOND], &[], 0),
            (&[15 * SECOND], &[101 * SECOND], 2),
        ] {
            let moments = Moments {
                trouble: trouble.to_vec(),
                elections: elections.to_vec(),
                acknowledged: vec![(11 * SECOND, 12 * SECOND), (19 * SECOND, 21 * SECOND)],
            };
            let covered = coverage(&faults, &moments, &good);
            assert_eq!(covered.during, 1);
            assert_eq!((covered.faults, covered.installed), (3, 2));
            assert_eq!(covered.bit, bit, "{trouble:?} {elections:?}");
        }
    }

    #[test]
    fn a_green_verdict_needs_a_fault_that_bit() {
        let none = coverage(
            &[struck(1, 2, Ok(()))],
            &Moments::default(),
            &report(Verdict::Valid, 0),
        );
        let (judged, why) = verdict(&report(Verdict::Valid, 0), &none);
        assert_eq!(judged, Verdict::Unknown, "{why}");
        // What is lost is lost, whoever was struck.
        assert_eq!(
            verdict(&report(Verdict::Invalid, 0), &none).0,
            Verdict::Invalid
        );
        let weak = report(Verdict::Valid, 50);
        let moments = Moments {
            trouble: vec![SECOND],
            ..Moments::default()
        };
        let some = coverage(&[struck(1, 2, Ok(()))], &moments, &weak);
        let (judged, why) = verdict(&weak, &some);
        assert_eq!(judged, Verdict::Valid);
        assert!(why.contains("weak evidence"), "{why}");
    }
}
