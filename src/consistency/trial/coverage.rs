//! Whether a trial says anything: a run in which nothing happened proves nothing. Pure.

use crate::consistency::file::READER;
use crate::consistency::page::Run;
use crate::consistency::page::fault::Fault;
use crate::consistency::page::operation::Outcome;
use crate::consistency::report::{Report, Verdict};
use serde::{Deserialize, Serialize};

/// So much of a history may be of unknown outcome before a green verdict is weak evidence.
pub const MUCH_INFO: f64 = 0.2;

/// A new primary within so long after the end of a fault is put down to it, and so is an operation that ended without
/// being acknowledged: nanoseconds.
pub const AFTER: u64 = 15_000_000_000;

/// What happened while the clients worked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// Faults that were asked for.
    pub faults: usize,
    /// Those that were in place while the clients worked.
    pub installed: usize,
    /// Those of them that were felt: operations failed or stayed unknown as they do not without a fault, or a new primary
    /// was elected, before the next fault began.
    pub bit: usize,
    /// Elections that were seen: primaries in terms of their own, after the first.
    pub elections: usize,
    /// Operations that were begun and acknowledged while a fault was in place.
    pub during: usize,
    /// Operations of unknown outcome, of all: 0 to 1.
    pub info_share: f64,
}

/// Counts. What the page shows of faults is what is counted.
#[must_use]
pub fn coverage(run: &Run) -> Coverage {
    let installed = run.faults.iter().filter(|fault| fault.installed.is_ok());
    let installed: Vec<&Fault> = installed.filter(|it| it.from <= run.worked).collect();
    let (all, info, during) = of_clients(run, &installed);
    Coverage {
        faults: run.faults.len(),
        installed: installed.len(),
        bit: installed.iter().filter(|fault| fault.bit()).count(),
        elections: run.elections().len(),
        during,
        info_share: info as f64 / all.max(1) as f64,
    }
}

/// Operations of clients: all, those of unknown outcome, and those that were begun and acknowledged during one of these
/// faults, which come one after the other.
fn of_clients(run: &Run, faults: &[&Fault]) -> (usize, usize, usize) {
    let (mut all, mut info, mut during) = (0, 0, 0);
    let operations = run.operations.iter();
    for operation in operations.filter(|operation| operation.process != READER) {
        all += 1;
        info += usize::from(operation.outcome == Outcome::Info);
        let begun = faults.partition_point(|fault| fault.from <= operation.invoked);
        let inside = begun.checked_sub(1).and_then(|place| faults.get(place));
        let inside = inside.is_some_and(|fault| operation.completed <= fault.end(run.end));
        during += usize::from(inside && operation.outcome == Outcome::Ok);
    }
    (all, info, during)
}

/// The report of a trial: a green verdict is worth something only if a fault bit.
#[must_use]
pub fn covered(report: Report, coverage: Coverage) -> Report {
    let seen = format!(
        "{} of {} faults bit, {} primaries were elected",
        coverage.bit, coverage.faults, coverage.elections
    );
    let found = &report.reason;
    let (verdict, reason) = match report.verdict {
        Verdict::Valid if coverage.bit == 0 => (
            Verdict::Unknown,
            format!("no fault bit, so nothing was tried ({seen}); beside that, {found}"),
        ),
        Verdict::Valid if coverage.info_share > MUCH_INFO => (
            Verdict::Valid,
            format!(
                "{found}; {seen}; weak evidence, for {:.0} % of all operations are of unknown outcome",
                coverage.info_share * 100.0
            ),
        ),
        verdict => (verdict, format!("{found}; {seen}")),
    };
    Report {
        verdict,
        reason,
        coverage: Some(coverage),
        ..report
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::consistency::page::gather::gather;
    use crate::consistency::workload::Workload;
    use std::collections::BTreeMap;

    const SECOND: u64 = 1_000_000_000;

    pub fn report(verdict: Verdict) -> Report {
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
            info: 0,
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
            coverage: None,
        }
    }

    /// A history: seconds, who, what, and the rest of the line.
    fn run(mode: &str, lines: &[(u64, &str, &str, &str)]) -> Run {
        let mut text = format!(r#"{{"type":"header","mode":"{mode}"}}"#);
        for (second, process, f, rest) in lines {
            let time = second * SECOND;
            text += &format!("\n{{\"time\":{time},\"process\":{process},\"f\":\"{f}\",{rest}}}");
        }
        gather(&mut text.as_bytes()).unwrap()
    }

    const NEMESIS: &str = "\"nemesis\"";
    const INVOKE: &str = r#""type":"invoke""#;
    const OK: &str = r#""type":"ok""#;
    const INSTALLED: &str =
        r#""type":"info","value":{"unit":"m/0","results":{"outcome":"installed"}}"#;
    const SKIPPED: &str = r#""type":"info","value":{"unit":"m/0","results":{"outcome":"skipped"}}"#;
    const END: &str = r#""type":"info","value":{"fault":"kill","unit":"m/0"}"#;

    #[test]
    fn what_was_tried_is_counted() {
        let info = r#""type":"info","error":{"class":"timeout"}"#;
        let found = coverage(&run(
            "set",
            &[
                (
                    0,
                    NEMESIS,
                    "primary",
                    r#""type":"info","value":{"address":"a:1","term":1}"#,
                ),
                (9, "0", "w", INVOKE),
                (10, NEMESIS, "kill", INSTALLED),
                (11, "0", "w", OK),
                (12, "0", "w", INVOKE),
                (13, "0", "w", OK),
                (14, "0", "w", INVOKE),
                (19, "0", "w", info),
                (20, NEMESIS, "end", END),
                (21, NEMESIS, "kill", SKIPPED),
                (21, NEMESIS, "end", END),
                (
                    24,
                    NEMESIS,
                    "primary",
                    r#""type":"info","value":{"address":"b:1","term":2}"#,
                ),
                (25, NEMESIS, "kill", INSTALLED),
                (26, "8", "w", INVOKE),
                (27, "8", "w", OK),
                (28, "8", "w", INVOKE),
                (31, "8", "w", OK),
                (30, NEMESIS, "end", END),
                // The clients have ended.
                (40, NEMESIS, "kill", INSTALLED),
                (
                    41,
                    NEMESIS,
                    "primary",
                    r#""type":"info","value":{"address":"a:1","term":3}"#,
                ),
                (42, NEMESIS, "end", END),
                (43, "1000000000", "r", INVOKE),
                (44, "1000000000", "r", info),
            ],
        ));
        let expected = Coverage {
            faults: 4,
            installed: 2,
            bit: 1,
            elections: 1,
            during: 2,
            info_share: 0.2,
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_happens_without_a_fault_too_makes_none_bite() {
        for (mode, error, bit) in [
            ("set", r#"{"class":"command","code":10107}"#, 1),
            ("pinned", r#"{"class":"command","code":10107}"#, 0),
            ("pinned", r#"{"class":"server-selection"}"#, 1),
            ("set", r#"{"class":"command","code":112}"#, 0),
            ("set", r#"{"class":"not-matched"}"#, 0),
        ] {
            let fail = format!(r#""type":"fail","error":{error}"#);
            let lines = [
                (10, NEMESIS, "kill", INSTALLED),
                (11, "0", "w", INVOKE),
                (12, "0", "w", &*fail),
                (20, NEMESIS, "end", END),
            ];
            assert_eq!(coverage(&run(mode, &lines)).bit, bit, "{mode} {error}");
        }
    }

    #[test]
    fn a_fault_holds_from_when_it_says_and_not_from_when_its_action_answered() {
        let from = |from: u64| {
            let value = r#"{"unit":"m/0","results":{"outcome":"installed"},"from":FROM}"#;
            let value = value.replace("FROM", &(from * SECOND).to_string());
            format!(r#""type":"info","value":{value}"#)
        };
        let until = format!(
            r#""type":"info","value":{{"fault":"kill","unit":"m/0","until":{}}}"#,
            20 * SECOND
        );
        for (begun, during) in [(10, 1), (12, 0)] {
            let begun = from(begun);
            let lines = [
                (11, "0", "w", INVOKE),
                (12, "0", "w", OK),
                (13, NEMESIS, "kill", &*begun),
                (20, "0", "w", INVOKE),
                (21, "0", "w", OK),
                (22, NEMESIS, "end", &*until),
            ];
            assert_eq!(coverage(&run("set", &lines)).during, during, "{begun}");
        }
    }

    #[test]
    fn a_green_verdict_needs_a_fault_that_bit() {
        let of = |bit, info_share| Coverage {
            faults: 3,
            installed: 3,
            bit,
            elections: 0,
            during: 9,
            info_share,
        };
        for (before, bit, info, after, told) in [
            (Verdict::Valid, 0, 0.0, Verdict::Unknown, "no fault bit"),
            // What is lost is lost, whoever was struck.
            (
                Verdict::Invalid,
                0,
                0.0,
                Verdict::Invalid,
                "0 of 3 faults bit",
            ),
            (
                Verdict::Unknown,
                3,
                0.0,
                Verdict::Unknown,
                "3 of 3 faults bit",
            ),
            (Verdict::Valid, 1, 0.0, Verdict::Valid, "1 of 3 faults bit"),
            (
                Verdict::Valid,
                1,
                0.5,
                Verdict::Valid,
                "weak evidence, for 50 %",
            ),
        ] {
            let report = covered(report(before), of(bit, info));
            assert_eq!(report.verdict, after, "{before:?} {bit}");
            let reason = &report.reason;
            assert!(
                reason.contains(told) && reason.contains("all is there"),
                "{reason}"
            );
            assert_eq!(report.coverage, Some(of(bit, info)));
        }
    }
}
