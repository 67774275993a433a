//! Tables of the shapes.

use super::*;
use proptest::prelude::*;

fn unit(n: usize) -> UnitName {
    format!("m/{n}").parse().unwrap()
}

fn units(count: usize, primary: usize) -> Units {
    let all: BTreeSet<UnitName> = (0..count).map(unit).collect();
    let votes = if count % 2 == 1 { count } else { count - 1 };
    Units {
        voters: all.iter().take(votes.min(7)).cloned().collect(),
        healthy: all.iter().take(votes.min(7)).cloned().collect(),
        others: 0,
        primary: Ok(unit(primary)),
        all,
    }
}

/// So many units, of which these vote.
fn voting(count: usize, voters: &[usize], primary: usize) -> Units {
    let voters: BTreeSet<UnitName> = voters.iter().copied().map(unit).collect();
    Units {
        all: (0..count).map(unit).collect(),
        healthy: voters.clone(),
        voters,
        others: 0,
        primary: Ok(unit(primary)),
    }
}

#[test]
fn voters_that_nobody_is_cut_off_from_vote_with_every_side() {
    let refused = "of 5 voters are not units of this application";
    for (voters, others, minority, none) in [
        (&[0, 1, 2, 3, 4][..], 0, "0,1/2,3,4 12", "0,1/2,3/4 16"),
        (&[0, 1, 2, 3], 1, "0/1,2,3,4 8", "0/1/2/3,4 18"),
        (&[0, 1, 2], 2, refused, refused),
        (&[0], 0, "there are 1", "with 1 voters"),
        (&[0], 1, "there are 2", "1 of 2 voters"),
    ] {
        let units = Units {
            others,
            ..voting(5, voters, 0)
        };
        for (shape, part) in [(Shape::Minority, minority), (Shape::NoMajority, none)] {
            let said = told(&shape, Direction::Both, &units);
            assert!(said.contains(part), "{shape:?} {voters:?} {others}: {said}");
        }
    }
}

/// `0,1/2,3` and the number of links.
fn told(shape: &Shape, direction: Direction, units: &Units) -> String {
    match split(shape, direction, units) {
        Err(why) => why.to_string(),
        Ok(split) => {
            let groups = split.groups.iter().map(|group| {
                let numbers = group.iter().map(|unit| unit.to_string()[2..].to_owned());
                numbers.collect::<Vec<_>>().join(",")
            });
            format!(
                "{} {}",
                groups.collect::<Vec<_>>().join("/"),
                split.links.len()
            )
        }
    }
}

#[test]
fn each_shape_is_what_its_name_says() {
    let five = units(5, 3);
    let both = |shape| told(&shape, Direction::Both, &five);
    let groups = |text: &[&[usize]]| -> Vec<BTreeSet<UnitName>> {
        text.iter()
            .map(|group| group.iter().map(|n| unit(*n)).collect())
            .collect()
    };
    for (shape, expected) in [
        (Shape::PrimaryPair, "0,3/1,2,4 12"),
        (Shape::PrimaryAlone, "3/0,1,2,4 8"),
        (Shape::Minority, "0,3/1,2,4 12"),
        (Shape::Halves, "0,3/1,2,4 12"),
        (Shape::Bridge, "0,3/2,4/1 8"),
        (Shape::NoMajority, "0,3/1,2/4 16"),
        (Shape::Alone(unit(1)), "1/0,2,3,4 8"),
        (Shape::Custom(groups(&[&[0, 1], &[2, 3]])), "0,1/2,3 8"),
        (Shape::OneWay(unit(2), unit(0)), "2/0 1"),
        (Shape::MajoritiesRing, "0/1/2/3/4 10"),
    ] {
        assert_eq!(both(shape.clone()), expected, "{shape:?}");
    }
    assert_eq!(
        told(&Shape::PrimaryAlone, Direction::In, &five),
        "3/0,1,2,4 4"
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    let five = units(5, 0);
    let of = |shape, direction, units: &Units| told(&shape, direction, units);
    let two_vote = voting(5, &[0, 1], 0);
    for (said, part) in [
        (
            of(Shape::PrimaryPair, Direction::Both, &units(1, 0)),
            "no other unit",
        ),
        (
            of(Shape::PrimaryPair, Direction::Both, &units(2, 0)),
            "scope=unit",
        ),
        (
            of(Shape::NoMajority, Direction::Both, &units(2, 0)),
            "one side can always elect",
        ),
        (
            of(Shape::Minority, Direction::Both, &two_vote),
            "3 units that vote and there are 2",
        ),
        (
            of(Shape::MajoritiesRing, Direction::Both, &two_vote),
            "3 units that vote and there are 2",
        ),
        (
            of(Shape::MajoritiesRing, Direction::In, &five),
            "direction=both",
        ),
        (
            of(Shape::Custom(vec![]), Direction::Both, &five),
            "two groups",
        ),
        (
            of(
                Shape::Custom(vec![[unit(9)].into(), [unit(1)].into()]),
                Direction::Both,
                &five,
            ),
            "no unit m/9",
        ),
        (
            of(
                Shape::Custom(vec![[unit(1)].into(), [unit(1)].into()]),
                Direction::Both,
                &five,
            ),
            "named twice",
        ),
        (
            of(
                Shape::Halves,
                Direction::Both,
                &Units {
                    primary: Err(NoPrimary::NotSeen),
                    ..units(5, 0)
                },
            ),
            "cannot be seen",
        ),
    ] {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
}

#[test]
fn standbys_make_no_majority() {
    for (count, voters, primary, minority, ring) in [
        (3, &[0, 1, 2][..], 1, "1/0,2 4", "this shape needs 4 units"),
        (4, &[0, 1, 2], 2, "2/0,1,3 6", "0/1/2/3 4"),
        (5, &[0, 2, 4], 4, "4/0,1,2,3 8", "0/1/2/3/4 8"),
        (5, &[0, 1, 2, 3, 4], 0, "0,1/2,3,4 12", "0/1/2/3/4 10"),
        (
            9,
            &[0, 1, 2, 3, 4, 5, 6],
            6,
            "0,1,6/2,3,4,5,7,8 36",
            "0/1/2/3/4/5/6/7/8 28",
        ),
    ] {
        let units = voting(count, voters, primary);
        let of = |shape| told(&shape, Direction::Both, &units);
        assert_eq!(of(Shape::Minority), minority, "{count} {voters:?}");
        let said = of(Shape::MajoritiesRing);
        assert!(said.starts_with(ring), "{count} {voters:?}: {said}");
    }
}

proptest! {
    #[test]
    fn no_side_elects_and_every_unit_of_a_ring_hears_a_majority(
        count in 3_usize..30, votes in 1_usize..=7, first in 0_usize..30, primary in 0_usize..7, seed: u64,
        others in 0_usize..3,
    ) {
        let votes = votes.min(count);
        let voters: Vec<usize> = (0..votes).map(|n| (first + 3 * n) % count).collect();
        let mut units = voting(count, &voters, voters[primary % votes]);
        units.others = others;
        let (votes, primary) = (units.voters.len(), units.primary.clone().unwrap());
        let split_of = |shape| split(&shape, Direction::Both, &units);
        let majority = (votes + others) / 2 + 1;
        // Nobody is cut off from the others.
        let voters_in = |group: &BTreeSet<UnitName>| group.intersection(&units.voters).count() + others;
        let splits = majority - 1 > others;
        if votes >= 2 {
            prop_assert_eq!(split_of(Shape::NoMajority).is_ok(), splits);
        }
        if votes >= 2 && splits {
            for group in split_of(Shape::NoMajority).unwrap().groups {
                prop_assert!(voters_in(&group) < majority);
            }
        }
        if votes >= 3 && splits {
            let minority = split_of(Shape::Minority).unwrap();
            prop_assert!(voters_in(&minority.groups[0]) < majority);
            prop_assert!(minority.groups[0].is_subset(&units.voters));
            prop_assert!(minority.groups[0].contains(&primary));
            prop_assert!(voters_in(&minority.groups[1]) >= majority);
        }
        if count >= 4 && votes >= 3 {
            let ring = split_of(Shape::MajoritiesRing).unwrap();
            prop_assert!(!ring.links.is_empty());
            let hears = |unit: &UnitName| -> BTreeSet<UnitName> {
                let others = units.all.iter();
                others.filter(|other| !ring.links.contains(&((*other).clone(), unit.clone()))).cloned().collect()
            };
            let views: Vec<BTreeSet<UnitName>> = units.all.iter().map(hears).collect();
            for view in &views {
                prop_assert!(voters_in(view) >= majority, "{view:?} is no majority of {:?}", units.voters);
            }
            let distinct: BTreeSet<_> = views.iter().collect();
            prop_assert_eq!(distinct.len(), count, "two hear the same: {:?}", views);
        }
        let random = split_of(Shape::Random(seed)).unwrap();
        prop_assert_eq!(&random, &split_of(Shape::Random(seed)).unwrap());
        prop_assert_eq!(random.groups.iter().map(BTreeSet::len).sum::<usize>(), count);
        for shape in [Shape::PrimaryPair, Shape::Halves, Shape::Bridge, Shape::Minority, Shape::MajoritiesRing] {
            let Ok(split) = split_of(shape.clone()) else { continue };
            prop_assert!(split.links.iter().all(|(a, b)| split.links.contains(&(b.clone(), a.clone()))));
            if shape != Shape::MajoritiesRing {
                prop_assert!(split.groups[0].contains(&primary));
            }
        }
    }
}
