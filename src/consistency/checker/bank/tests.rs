use super::*;
use crate::consistency::checker::operation::Names;
use crate::consistency::checker::tables::{anomalies, elements, empty, table};
use crate::consistency::report::Verdict;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// `read a=5,b=nil`; anything else is a transfer.
fn action(f: &str, value: &str, names: &mut Names) -> Bank {
    if f == "transfer" {
        let (from, to) = (names.symbol("a"), names.symbol("b"));
        return Bank::Transfer {
            from,
            to,
            amount: 1,
        };
    }
    let mut balance = |pair: &str| {
        let (account, balance) = pair.split_once('=').unwrap();
        (names.symbol(account), balance.parse().ok())
    };
    match value {
        "null" => Bank::Read(None),
        "[]" => Bank::Read(Some(Vec::new())),
        _ => Bank::Read(Some(value.split(',').map(&mut balance).collect())),
    }
}

fn reads_of(values: &[&str]) -> History<Bank> {
    let lines = values
        .iter()
        .map(|value| format!("0 invoke read null\n0 ok read {value}"));
    table(&lines.collect::<Vec<_>>().join("\n"), action)
}

/// What is read; verdict, with overdrawn accounts allowed or not; kinds found where they are not.
const CASES: &[(&[&str], Verdict, Verdict, &[&str])] = &[
    (&[], Verdict::Unknown, Verdict::Unknown, &[]),
    (&["null"], Verdict::Unknown, Verdict::Unknown, &[]),
    (&["[]"], Verdict::Unknown, Verdict::Unknown, &[]),
    (
        &["a=5,b=5", "a=4,b=6", "b=10,a=0"],
        Verdict::Valid,
        Verdict::Valid,
        &[],
    ),
    (
        &["a=5,b=5", "a=4,b=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["wrong-total"],
    ),
    (
        &["a=5,b=5", "a=-1,b=11"],
        Verdict::Valid,
        Verdict::Invalid,
        &["negative-value"],
    ),
    (
        &["a=5,b=5", "a=5,b=nil"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["nil-balance"],
    ),
    (
        &["a=nil,b=5", "a=5,b=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["nil-balance"],
    ),
    (
        &["a=nil,b=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["nil-balance"],
    ),
    (
        &["[]", "a=nil"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["nil-balance"],
    ),
    (
        &["a=5,a=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["duplicate-key"],
    ),
    (
        &["a=5,b=5", "a=5,b=5,a=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["duplicate-key"],
    ),
    (
        &["a=5,b=5", "a=5,b=5,c=0"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["unexpected-key"],
    ),
    (
        &["a=5,b=5", "a=10"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["missing-key"],
    ),
    (
        &["a=5,b=5", "a=5"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["wrong-total"],
    ),
    (
        &["a=5,b=5", "[]"],
        Verdict::Invalid,
        Verdict::Invalid,
        &["wrong-total"],
    ),
    (
        &[
            "a=9223372036854775807,b=9223372036854775807",
            "a=9223372036854775807,b=9223372036854775806",
        ],
        Verdict::Invalid,
        Verdict::Invalid,
        &["wrong-total"],
    ),
    (
        &["a=-9223372036854775808,b=-9223372036854775808"],
        Verdict::Valid,
        Verdict::Invalid,
        &["negative-value"],
    ),
    (
        &["a=5,b=5", "a=-1,b=1", "c=1", "a=nil", "b=10", "a=-1,b=11"],
        Verdict::Invalid,
        Verdict::Invalid,
        &[
            "unexpected-key",
            "nil-balance",
            "wrong-total",
            "missing-key",
            "negative-value",
        ],
    ),
];

#[test]
fn reads_show_all_accounts_and_all_money() {
    for (values, allowed, verdict, kinds) in CASES {
        let history = reads_of(values);
        let finding = check(&history, &Options::default());
        assert_eq!(finding.verdict, *verdict, "{values:?}: {finding:?}");
        assert_eq!(&anomalies(&finding), kinds, "{values:?}");
        let negative_allowed = Options {
            negative_allowed: true,
            ..Options::default()
        };
        assert_eq!(
            check(&history, &negative_allowed).verdict,
            *allowed,
            "{values:?}"
        );
    }
}

#[test]
fn what_is_given_goes_before_what_is_read() {
    let history = reads_of(&["a=5,b=5"]);
    let (a, b) = (1, 2);
    for (total, accounts, kinds) in [
        (Some(10), None, &[][..]),
        (Some(11), None, &["wrong-total"]),
        (None, Some(vec![a, b]), &[]),
        (None, Some(vec![b]), &["unexpected-key"]),
        (None, Some(vec![a, b, 77]), &["missing-key"]),
        (Some(i64::MIN), Some(vec![a, b, a]), &["wrong-total"]),
        (Some(10), Some(vec![]), &["unexpected-key"]),
    ] {
        let options = Options {
            total,
            accounts,
            negative_allowed: false,
            may_leave_out: false,
        };
        assert_eq!(anomalies(&check(&history, &options)), kinds, "{options:?}");
    }
}

#[test]
fn first_worst_and_last_are_told() {
    let values = ["a=5,b=5", "a=5,b=6", "a=5,b=0", "a=5,b=5", "a=5,b=4"];
    let finding = check(&reads_of(&values), &Options::default());
    assert_eq!(finding.counts["wrong-total-count"], 3);
    assert_eq!(finding.counts["error-count"], 3);
    assert_eq!(finding.counts["read-count"], 5);
    assert_eq!(
        finding.elements["wrong-total"],
        [
            "first: client 0 read a total of 11 instead of 10 at 0.003 s",
            "worst: client 0 read a total of 5 instead of 10 at 0.005 s",
            "last: client 0 read a total of 9 instead of 10 at 0.009 s",
        ]
    );
    assert_eq!(
        (
            elements(&finding, "lowest-total"),
            elements(&finding, "highest-total")
        ),
        ("5".into(), "11".into())
    );
    assert_eq!(finding.anomalies[0].operations, [3, 5, 9]);
    assert_eq!(
        finding.reason,
        "of 5 reads: 3 wrong-total; the total should be 10 (as client 0 read first, at 0.001 s)"
    );
}

/// How many reads of each kind there are, by sets.
fn slow(history: &History<Bank>, accounts: &[Symbol], total: i128) -> Vec<(&'static str, u64)> {
    let mut kinds: Vec<(&str, u64)> = Vec::new();
    for (_, balances) in history.operations.iter().filter_map(read) {
        let keys: BTreeSet<Symbol> = balances.iter().map(|balance| balance.0).collect();
        let sum: i128 = balances
            .iter()
            .map(|balance| i128::from(balance.1.unwrap_or_default()))
            .sum();
        let kind = if keys.len() < balances.len() {
            "duplicate-key"
        } else if keys.iter().any(|key| !accounts.contains(key)) {
            "unexpected-key"
        } else if balances.iter().any(|balance| balance.1.is_none()) {
            "nil-balance"
        } else if sum != total {
            "wrong-total"
        } else if keys.len() < accounts.len() {
            "missing-key"
        } else if balances
            .iter()
            .any(|balance| balance.1.is_some_and(|balance| balance < 0))
        {
            "negative-value"
        } else {
            continue;
        };
        match kinds.iter_mut().find(|known| known.0 == kind) {
            Some(known) => known.1 += 1,
            None => kinds.push((kind, 1)),
        }
    }
    kinds
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_those_of_the_slow_way(
        reads in prop::collection::vec(
            prop::collection::vec((1..5_u32, prop::option::weighted(0.9, -2..6_i64)), 0..5),
            1..20,
        ),
    ) {
        let mut history: History<Bank> = empty();
        for (balances, place) in reads.into_iter().zip(0_u32..) {
            history.operations.push(Operation {
                process: 0,
                invoked: 2 * place,
                completed: 2 * place + 1,
                outcome: OutcomeType::Ok,
                action: Bank::Read(Some(balances)),
            });
        }
        let options = Options {
            total: Some(5),
            accounts: Some(vec![1, 2, 3]),
            negative_allowed: false,
            may_leave_out: false,
        };
        let finding = check(&history, &options);
        let expected = slow(&history, &[1, 2, 3], 5);
        prop_assert_eq!(finding.verdict == Verdict::Invalid, !expected.is_empty());
        prop_assert_eq!(finding.anomalies.len(), expected.len());
        for (kind, count) in expected {
            prop_assert_eq!(finding.counts[&format!("{kind}-count")], count, "{}", kind);
        }
        // Nothing given must not stop it either.
        check(&history, &Options::default());
    }

    #[test]
    fn good_histories_pass_and_mutations_do_not(
        transfers in prop::collection::vec((0..4_usize, 0..4_usize, 0..20_i64), 1..40),
        chance in any::<prop::sample::Index>(),
        change in prop_oneof![-50..0_i64, 1..50_i64],
    ) {
        let mut balances = [100_i64; 4];
        let mut history: History<Bank> = empty();
        for ((from, to, amount), place) in transfers.into_iter().zip(0_u32..) {
            history.operations.push(Operation {
                process: 1,
                invoked: 2 * place,
                completed: 2 * place + 1,
                outcome: OutcomeType::Ok,
                action: Bank::Read(Some((1..5).zip(balances.map(Some)).collect())),
            });
            if balances[from] >= amount {
                balances[from] -= amount;
                balances[to] += amount;
            }
        }
        prop_assert_eq!(check(&history, &Options::default()).verdict, Verdict::Valid);
        let index = chance.index(history.operations.len());
        let Bank::Read(Some(balances)) = &mut history.operations[index].action else { panic!() };
        balances[0].1 = balances[0].1.map(|balance| balance + change);
        let options = Options {
            total: Some(400),
            ..Options::default()
        };
        prop_assert_eq!(anomalies(&check(&history, &options)), ["wrong-total"]);
    }
}

#[test]
fn the_worst_is_what_is_worst_for_its_kind() {
    for (values, kind, worst) in [
        (
            ["a=-1,b=11", "a=-3,b=13", "a=-2,b=12"],
            "negative-value",
            "read -3 in account a",
        ),
        (
            ["a=5,b=nil", "a=nil,b=nil", "a=nil,b=5"],
            "nil-balance",
            "read no balance of account a at 0.005 s",
        ),
        (
            ["a=1,c=1", "c=1,d=1", "b=1,c=1"],
            "unexpected-key",
            "read account c, which there is not, at 0.005 s",
        ),
    ] {
        let [first, second, third] = values;
        let finding = check(
            &reads_of(&["a=5,b=5", first, second, third]),
            &Options::default(),
        );
        assert_eq!(finding.counts[&format!("{kind}-count")], 3, "{kind}");
        assert!(
            finding.elements[kind][1].contains(worst),
            "{:?}",
            finding.elements[kind]
        );
    }
}
