use super::*;
use crate::consistency::checker::operation::OPEN;
use crate::consistency::checker::tables::{anomalies, empty};
use crate::consistency::report::Verdict;
use proptest::prelude::*;

/// A history from transactions: each an outcome and steps `wK=V`, `rK=V`, `rK=nil` or `rK=?`, one after the other.
fn transactions(text: &str) -> (History<Steps>, Vec<RegisterStep>) {
    let mut history: History<Steps> = empty();
    let mut steps = Vec::new();
    for (line, number) in text
        .split(';')
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .zip(0_u32..)
    {
        let mut words = line.split_whitespace();
        let outcome = match words.next() {
            Some("ok") => OutcomeType::Ok,
            Some("fail") => OutcomeType::Fail,
            _ => OutcomeType::Info,
        };
        let start = steps.len() as u32;
        for word in words {
            let (key, value) = word[1..].split_once('=').unwrap();
            let key = history.names.symbol(key);
            let value = (value != "?").then(|| history.names.symbol(value));
            steps.push(match word.starts_with('w') {
                true => RegisterStep::Write(key, value.unwrap()),
                false => RegisterStep::Read(key, value),
            });
        }
        history.operations.push(Operation {
            process: u64::from(number),
            invoked: 2 * number,
            completed: if outcome == OutcomeType::Info {
                OPEN
            } else {
                2 * number + 1
            },
            outcome,
            action: Steps(start, steps.len() as u32),
        });
    }
    (history, steps)
}

/// Transactions; verdict; anomalies; a part of the reason.
const CASES: &[(&str, Verdict, &[&str], &str)] = &[
    ("", Verdict::Unknown, &[], "no read"),
    ("ok wx=1; ok wy=1", Verdict::Unknown, &[], "no read"),
    (
        "ok wx=1; info rx=1; fail rx=nil; ok rx=?",
        Verdict::Unknown,
        &[],
        "no read",
    ),
    (
        "ok rx=nil ry=nil; ok rx=nil ry=nil",
        Verdict::Valid,
        &[],
        "",
    ),
    (
        "ok wx=1; ok wy=1; ok rx=1 ry=nil; ok ry=1 rx=1; ok rx=nil ry=nil",
        Verdict::Valid,
        &[],
        "",
    ),
    (
        "ok wx=1; ok wy=1; ok rx=1 ry=nil; ok rx=nil ry=1",
        Verdict::Invalid,
        &["long-fork"],
        "1 forked",
    ),
    (
        "ok wx=1; ok wy=1; ok rx=1 ry=nil; ok ry=1 rx=nil",
        Verdict::Invalid,
        &["long-fork"],
        "",
    ),
    (
        "ok wx=1; info wy=1; ok rx=1 ry=nil; ok rx=nil ry=1; ok rx=1 ry=1",
        Verdict::Invalid,
        &["long-fork"],
        "",
    ),
    (
        "ok rx=1 ry=nil; ok rx=nil ry=1",
        Verdict::Invalid,
        &["long-fork"],
        "",
    ),
    // Different groups are not compared.
    (
        "ok wx=1; ok wy=1; ok rx=1 rz=nil; ok ry=1 ra=nil",
        Verdict::Valid,
        &[],
        "",
    ),
    // Incomparable reads of different sizes: one saw a, the other b and c.
    (
        "ok ra=1 rb=nil rc=nil; ok ra=nil rb=1 rc=1",
        Verdict::Invalid,
        &["long-fork"],
        "",
    ),
    (
        "ok wx=1; ok wx=2; ok rx=1 ry=nil; ok rx=nil ry=1",
        Verdict::Unknown,
        &[],
        "multiple writes of key x",
    ),
    (
        "ok wx=1; fail wx=2; ok rx=1 ry=nil",
        Verdict::Unknown,
        &[],
        "multiple writes of key x",
    ),
    // What is wrong elsewhere is wrong all the same.
    (
        "ok wx=1; ok wx=2; ok rx=1 ry=nil; ok ra=1 rb=nil; ok ra=nil rb=1",
        Verdict::Invalid,
        &["long-fork"],
        "",
    ),
    (
        "ok rx=1 ry=nil; ok rx=1",
        Verdict::Unknown,
        &[],
        "unequal groups",
    ),
    (
        "ok rx=1 ry=nil; ok rx=2 ry=nil",
        Verdict::Unknown,
        &[],
        "distinct values",
    ),
    ("ok rx=1 rx=nil", Verdict::Unknown, &[], "read twice"),
    (
        "ok wx=1 ry=nil; ok rx=1",
        Verdict::Unknown,
        &[],
        "does more than",
    ),
    (
        "ok wx=1 wy=1; ok rx=1 ry=1",
        Verdict::Unknown,
        &[],
        "does more than",
    ),
    (
        "ok wx=1; ok rx=7",
        Verdict::Invalid,
        &["garbage-read"],
        "1 values",
    ),
    ("fail wx=1; ok rx=1", Verdict::Invalid, &["G1a"], ""),
    ("info wx=1; ok rx=1", Verdict::Valid, &[], ""),
];

#[test]
fn forks_are_found() {
    for (text, verdict, names, reason) in CASES {
        let (history, steps) = transactions(text);
        let finding = check(&history, &steps);
        assert_eq!(finding.verdict, *verdict, "{text}: {finding:?}");
        assert_eq!(&anomalies(&finding), names, "{text}");
        assert!(
            finding.reason.contains(reason),
            "{text}: {}",
            finding.reason
        );
    }
}

#[test]
fn a_fork_is_told_with_both_reads_and_both_writes() {
    let (history, steps) = transactions(CASES[5].0);
    let finding = check(&history, &steps);
    assert_eq!(
        finding.anomalies[0].witness,
        "client 2's read, which ended at line 6, saw client 0's write of x but not that of y; client 3's read, which \
         ended at line 8, saw client 1's write of y but not that of x"
    );
    assert_eq!(finding.anomalies[0].operations, [5, 7, 1, 3]);
    assert!(finding.not.contains("snapshot-isolation"));
    for (name, count) in [
        ("reads-count", 2),
        ("early-read-count", 0),
        ("late-read-count", 0),
        ("forked-group-count", 1),
    ] {
        assert_eq!(finding.counts[name], count, "{name}");
    }
}

#[test]
fn steps_that_are_not_there_are_no_panic() {
    let (mut history, steps) = transactions("ok wx=1; ok rx=1");
    for odd in [Steps(5, 9), Steps(1, 0), Steps(0, u32::MAX)] {
        history.operations[0].action = odd;
        assert_eq!(check(&history, &steps).verdict, Verdict::Unknown, "{odd:?}");
    }
}

/// A history of reads of groups of `width` keys, from what each read saw as bits.
fn reads_of(width: u32, reads: &[(u32, u128)]) -> (History<Steps>, Vec<RegisterStep>) {
    let mut history: History<Steps> = empty();
    let mut steps = Vec::new();
    for ((group, bits), number) in reads.iter().zip(0_u32..) {
        let start = steps.len() as u32;
        for key in 0..width {
            let value = if bits >> key & 1 == 1 { 1 } else { NIL };
            steps.push(RegisterStep::Read(group * width + key, Some(value)));
        }
        history.operations.push(Operation {
            process: 0,
            invoked: 2 * number,
            completed: 2 * number + 1,
            outcome: OutcomeType::Ok,
            action: Steps(start, steps.len() as u32),
        });
    }
    (history, steps)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn forks_are_those_of_all_pairs(
        width in 1..5_u32,
        reads in prop::collection::vec((0..3_u32, 0..32_u128), 1..10),
    ) {
        let reads: Vec<_> = reads.into_iter().map(|(group, bits)| (group, bits & ((1 << width) - 1))).collect();
        let (history, steps) = reads_of(width, &reads);
        let finding = check(&history, &steps);
        let forked = (0..3).filter(|group| {
            let of_group: Vec<u128> = reads.iter().filter(|read| read.0 == *group).map(|read| read.1).collect();
            of_group.iter().any(|one| of_group.iter().any(|other| one & !other != 0 && other & !one != 0))
        });
        let forked = forked.count();
        prop_assert_eq!(finding.counts["forked-group-count"], forked as u64);
        prop_assert_eq!(finding.anomalies.len(), forked);
        prop_assert_eq!(finding.verdict == Verdict::Invalid, forked > 0);
        for fork in &finding.anomalies {
            let seen = |place: u32| reads[place as usize / 2];
            let ((one_group, one), (other_group, other)) = (seen(fork.operations[0]), seen(fork.operations[1]));
            prop_assert_eq!(one_group, other_group);
            prop_assert!(one & !other != 0 && other & !one != 0);
        }
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(
        order in Just((0..100_u32).collect::<Vec<_>>()).prop_shuffle(),
        lengths in prop::collection::vec(1..100_usize, 2..20),
    ) {
        let bits = |length: usize| order[..length].iter().fold(0_u128, |bits, key| bits | 1 << key);
        let mut reads: Vec<(u32, u128)> = lengths.iter().map(|length| (0, bits(*length))).collect();
        let (history, steps) = reads_of(100, &reads);
        prop_assert_eq!(check(&history, &steps).verdict, Verdict::Valid);
        // One more read that lacks the write that came first, but saw the one that came last.
        let last = order[99];
        reads.push((0, 1 << last));
        let (history, steps) = reads_of(100, &reads);
        let finding = check(&history, &steps);
        prop_assert_eq!(anomalies(&finding), ["long-fork"]);
    }
}
