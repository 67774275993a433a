use OutcomeType::{Fail, Info, Ok};
use proptest::prelude::*;

use super::*;

/// One client: value n is invoked at 10 n and ends at 10 n + 5.
fn one_client(outcomes: &[OutcomeType]) -> Vec<Append> {
    let append = |(value, outcome): (i32, &OutcomeType)| {
        let invoked = 10 * u64::try_from(value).unwrap();
        Append {
            value,
            invoked,
            completed: invoked + 5,
            outcome: *outcome,
        }
    };
    (0..).zip(outcomes).map(append).collect()
}

#[test]
fn what_is_there_against_what_was_acknowledged() {
    let none = ListCheck::default();
    let table: Vec<(&[OutcomeType], &[i64], ListCheck)> = vec![
        (&[], &[], none.clone()),
        (&[Ok, Ok, Ok], &[0, 1, 2], none.clone()),
        (&[Ok, Fail, Info], &[0], none.clone()),
        (
            &[Ok, Ok, Ok],
            &[0, 2],
            ListCheck {
                lost: vec![1],
                ..none.clone()
            },
        ),
        (
            &[Ok, Ok],
            &[],
            ListCheck {
                lost: vec![0, 1],
                ..none.clone()
            },
        ),
        (
            &[Ok, Info],
            &[0, 1],
            ListCheck {
                recovered: vec![1],
                ..none.clone()
            },
        ),
        // The lengths agree, the elements do not.
        (
            &[Ok, Info],
            &[1],
            ListCheck {
                lost: vec![0],
                recovered: vec![1],
                ..none.clone()
            },
        ),
        (
            &[Ok, Ok],
            &[0, 0],
            ListCheck {
                lost: vec![1],
                duplicated: vec![0],
                ..none.clone()
            },
        ),
        (
            &[Ok, Ok],
            &[0, 1, 0],
            ListCheck {
                duplicated: vec![0],
                ..none.clone()
            },
        ),
        (
            &[Info],
            &[0, 0],
            ListCheck {
                recovered: vec![0],
                duplicated: vec![0],
                ..none.clone()
            },
        ),
        (
            &[Ok, Fail],
            &[0, 1],
            ListCheck {
                unexpected: vec![1],
                ..none.clone()
            },
        ),
        (
            &[Ok],
            &[0, 99],
            ListCheck {
                unexpected: vec![99],
                ..none.clone()
            },
        ),
        (
            &[Ok, Ok],
            &[1, 0],
            ListCheck {
                reordered: vec![1],
                ..none.clone()
            },
        ),
        (
            &[Ok, Ok, Ok],
            &[2, 0, 1],
            ListCheck {
                reordered: vec![2],
                ..none.clone()
            },
        ),
        // An unknown one may take effect late, but not before it was invoked.
        (
            &[Info, Ok],
            &[1, 0],
            ListCheck {
                recovered: vec![0],
                ..none.clone()
            },
        ),
        (
            &[Ok, Info],
            &[1, 0],
            ListCheck {
                recovered: vec![1],
                reordered: vec![1],
                ..none.clone()
            },
        ),
    ];
    for (outcomes, list, expected) in table {
        assert_eq!(
            check(&one_client(outcomes), list, 0),
            expected,
            "{outcomes:?} {list:?}"
        );
    }
}

#[test]
fn appends_that_overlap_may_stand_in_any_order() {
    let append = |value, invoked, completed| Append {
        value,
        invoked,
        completed,
        outcome: Ok,
    };
    let overlapping = [append(0, 0, 10), append(1, 5, 15)];
    assert_eq!(check(&overlapping, &[1, 0], 0), ListCheck::default());
    let touching = [append(0, 0, 10), append(1, 10, 15)];
    assert_eq!(check(&touching, &[1, 0], 0), ListCheck::default());
    let apart = [append(0, 0, 10), append(1, 11, 15)];
    assert_eq!(check(&apart, &[1, 0], 0).reordered, [1]);
}

#[test]
fn impossible_is_what_no_write_concern_allows() {
    let check_of =
        |list: &[i64], foreign| check(&one_client(&[Ok, Info]), list, foreign).is_impossible();
    assert!(!check_of(&[], 0));
    assert!(!check_of(&[0, 1], 0));
    assert!(check_of(&[0], 1));
    assert!(check_of(&[0, 0], 0));
}

fn outcome() -> impl Strategy<Value = OutcomeType> {
    prop_oneof![Just(Ok), Just(Fail), Just(Info)]
}

proptest! {
    /// Damage that is done to a good list is found, exactly.
    #[test]
    fn every_damage_is_named(
        outcomes in prop::collection::vec((outcome(), any::<bool>()), 1..60),
        victim in any::<prop::sample::Index>(),
        damage in 0..4,
    ) {
        let kinds: Vec<OutcomeType> = outcomes.iter().map(|(kind, _)| *kind).collect();
        let appends = one_client(&kinds);
        let there = |(_, (kind, survives)): &(i64, &(OutcomeType, bool))| *kind == Ok || *kind == Info && *survives;
        let mut list: Vec<i64> = (0..).zip(&outcomes).filter(there).map(|(value, _)| value).collect();
        let recovered: Vec<i64> = list.iter().copied().filter(|value| kinds[usize::try_from(*value).unwrap()] == Info).collect();
        let clean = ListCheck { recovered, ..ListCheck::default() };
        prop_assert_eq!(check(&appends, &list, 0), clean.clone());
        prop_assume!(!list.is_empty());
        let place = victim.index(list.len());
        let value = list[place];
        let acknowledged = kinds[usize::try_from(value).unwrap()] == Ok;
        let found = |list: &[i64]| check(&appends, list, 0);
        match damage {
            0 => {
                list.remove(place);
                prop_assert_eq!(found(&list).lost, if acknowledged { vec![value] } else { vec![] });
            }
            1 => {
                list.push(value);
                prop_assert_eq!(found(&list), ListCheck { duplicated: vec![value], ..clean });
            }
            2 => {
                list.insert(place, 1000);
                prop_assert_eq!(found(&list), ListCheck { unexpected: vec![1000], ..clean });
            }
            _ => {
                // The last to the front: later than every acknowledged one that it overtakes.
                let last = list.pop().unwrap();
                let overtakes = list.iter().any(|value| kinds[usize::try_from(*value).unwrap()] == Ok);
                list.insert(0, last);
                prop_assert_eq!(found(&list).reordered, if overtakes { vec![last] } else { vec![] });
            }
        }
    }

    /// The fast order check agrees with comparing every pair.
    #[test]
    fn order_agrees_with_all_pairs(spans in prop::collection::vec((0..50_u64, 1..20_u64, outcome()), 1..12), seed in any::<u64>()) {
        let append = |(value, (invoked, length, outcome)): (i32, &(u64, u64, OutcomeType))| {
            Append { value, invoked: *invoked, completed: invoked + length, outcome: *outcome }
        };
        let appends: Vec<Append> = (0..).zip(&spans).map(append).collect();
        let mut list: Vec<i64> = appends.iter().map(|append| i64::from(append.value)).collect();
        list.sort_by_key(|value| seed.wrapping_mul(u64::try_from(*value).unwrap() * 2 + 1).rotate_left(17));
        let of = |value: i64| appends[usize::try_from(value).unwrap()];
        let mut slow: Vec<i64> = Vec::new();
        for (place, value) in list.iter().enumerate() {
            let overtaken = |behind: &i64| of(*behind).outcome == Ok && of(*behind).completed < of(*value).invoked;
            if list[place + 1..].iter().any(overtaken) {
                slow.push(*value);
            }
        }
        slow.sort_unstable();
        prop_assert_eq!(check(&appends, &list, 0).reordered, slow);
    }
}
