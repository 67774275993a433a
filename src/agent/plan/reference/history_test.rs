//! The planner in random histories of sets of 1 to 50 units.

use super::super::{members, simulate};
use super::event::Event;
use super::history::History;
use super::view::Knows;
use crate::agent::lint;
use crate::model::desired::Goal;
use crate::model::plan::Plan;
use crate::model::set_view::SetView;
use proptest::prelude::*;
use proptest::sample::select;

/// Our planner; every plan is judged by lint to its end, and must be the same when it is made again.
fn judged(view: &SetView, goal: &Goal) -> Plan {
    let plan = members::plan(view, goal);
    assert_eq!(
        plan,
        members::plan(view, goal),
        "the same view, another plan"
    );
    let mut ahead = view.clone();
    for planned in &plan.steps {
        let alone = Plan::step(planned.step.clone(), planned.why.clone());
        assert_eq!(lint::check(&alone, Some(&ahead)), Ok(()), "{plan}");
        assert_eq!(lint::fits(&alone, &ahead, goal), Ok(()), "{plan}");
        let before = ahead.config.voters();
        assert!(simulate::advance(&mut ahead, &planned.step), "{plan}");
        let after = ahead.config.voters();
        let changed = before.symmetric_difference(&after).count();
        assert!(changed <= 1 && after.len() <= 7, "{plan}");
    }
    plan
}

/// Up to so many of a kind, mostly one.
fn count(most: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(1), 1 => 1..=most]
}

/// What a leader knows of those that leave: mostly that they do.
fn knows() -> impl Strategy<Value = Knows> {
    prop_oneof![2 => Just(Knows::Gone), 3 => Just(Knows::Dying), 1 => Just(Knows::Nothing)]
}

/// Any event; `most` units come, go, die or copy at once. Work is more likely than trouble, so that a history gets
/// somewhere.
pub(super) fn event(most: u8) -> impl Strategy<Value = Event> {
    let pick = any::<u8>;
    let when = any::<bool>;
    prop_oneof![
        3 => count(most).prop_map(Event::Join),
        3 => (pick(), count(most)).prop_map(|(which, count)| Event::Leave(which, count)),
        1 => pick().prop_map(Event::Gone),
        2 => (pick(), count(most)).prop_map(|(which, count)| Event::Die(which, count)),
        3 => (pick(), count(most)).prop_map(|(which, count)| Event::Return(which, count)),
        1 => any::<u64>().prop_map(Event::Cut),
        2 => Just(Event::Heal),
        2 => pick().prop_map(Event::Lead),
        2 => pick().prop_map(Event::Elect),
        1 => Just(Event::GiveUp),
        4 => Just(Event::Deliver),
        2 => pick().prop_map(Event::Hear),
        4 => (pick(), count(most)).prop_map(|(which, count)| Event::Copy(which, count)),
        1 => Just(Event::Write),
        8 => (pick(), when(), knows()).prop_map(|(which, long, it)| Event::Hook(which, long, it)),
        2 => (pick(), when(), knows()).prop_map(|(which, long, it)| Event::Late(which, long, it)),
        3 => Just(Event::Done),
        1 => (pick(), when(), knows()).prop_map(|(which, long, it)| Event::Lost(which, long, it)),
        4 => Just(Event::Round),
        2 => Just(Event::Time),
    ]
}

/// Each unit's zone: mostly none, else a few of one size or another.
pub(super) fn zones<const N: usize>() -> impl Strategy<Value = [u8; N]> {
    let some = proptest::array::uniform(0_u8..=4);
    let even = select(vec![1_u8, 2, 3, 5])
        .prop_map(|zones| std::array::from_fn(|unit| unit as u8 % zones + 1));
    prop_oneof![2 => Just([0; N]), 1 => some, 1 => even]
}

fn holds<const N: usize>(units: usize, lag: u32, zones: [u8; N], events: &[Event]) {
    if let Err(why) = History::new(&judged, units, lag, zones).run(events) {
        panic!("{why}");
    }
}

pub(super) fn lag() -> impl Strategy<Value = u32> {
    select(vec![1_u32, 4, 100])
}

/// So many histories; `PROPTEST_CASES`, which is 256 by default, asks for more.
fn often(usual: u32) -> ProptestConfig {
    ProptestConfig::with_cases(usual * ProptestConfig::default().cases / 256)
}

proptest! {
    #![proptest_config(often(150))]

    /// A few units, and long histories.
    #[test]
    fn small_sets_live_through_any_history(
        units in 1_usize..=7,
        lag in lag(),
        zones in zones::<16>(),
        events in proptest::collection::vec(event(4), 0..60),
    ) {
        holds(units, lag, zones, &events);
    }
}

proptest! {
    #![proptest_config(often(60))]

    /// Any size up to the largest, and many units at once.
    #[test]
    fn large_sets_live_through_any_history(
        units in prop_oneof![1_usize..=50, Just(1), Just(50)],
        lag in lag(),
        zones in zones::<64>(),
        events in proptest::collection::vec(event(30), 0..30),
    ) {
        holds(units, lag, zones, &events);
    }
}
