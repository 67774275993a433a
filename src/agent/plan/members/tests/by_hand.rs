//! What somebody did by hand: members of no unit, arbiters, and documents that were copied.

use super::build::{goal, host, lines, since, unit, view, voters_after};
use super::{plan, simulate};
use crate::agent::lint;
use crate::agent::plan::reference::rules::{Doing, Node, reconfigure};
use crate::model::desired::{Goal, Role};
use crate::model::plan::{Plan, Step};
use crate::model::policy::MemberPolicy;
use crate::model::set_config::Change;
use crate::model::set_config::SetConfig;
use crate::model::set_view::{SetView, State};
use mongodb::bson::{Bson, Document, doc};

/// The same set, with fields of members as somebody wrote them; `null` takes one away.
pub fn written(mut view: SetView, fields: &[(usize, Document)]) -> SetView {
    let mut raw = view.config.document().clone();
    let members = raw.get_array_mut("members").unwrap();
    for (at, fields) in fields {
        let member = members[*at].as_document_mut().unwrap();
        for (name, value) in fields {
            match value {
                Bson::Null => _ = member.remove(name),
                value => _ = member.insert(name, value.clone()),
            }
        }
    }
    view.config = SetConfig::read(raw).unwrap();
    view
}

fn stranger() -> Document {
    doc! { "tags": null }
}

/// A set whose last member is an arbiter that is up.
fn arbitrated(members: &[(u32, u8, char)]) -> SetView {
    let last = members.len() - 1;
    let arbiter = doc! { "tags": null, "arbiterOnly": true, "priority": 0 };
    let mut view = written(view(members), &[(last, arbiter)]);
    let seen = view.members.get_mut(&(members[last].0 as i32)).unwrap();
    (seen.state, seen.optime_secs) = (State::Other("ARBITER".to_owned()), None);
    view
}

#[test]
fn an_arbiter_counts_for_the_majority() {
    let dead = [(1, false, 500)];
    // One of three is dead: the standby steps in, and no majority is gone.
    let standby = arbitrated(&[(0, 1, 'P'), (1, 1, 'D'), (2, 0, 'S'), (9, 1, 'S')]);
    let three = since(goal(0, Role::Leader, &[0, 1, 2]), &dead);
    assert_eq!(voters_after(&standby, &three), [0, 2, 9]);
    let new = arbitrated(&[(0, 1, 'P'), (9, 1, 'S')]);
    let joins = plan(&new, &goal(0, Role::Leader, &[0, 1]));
    assert_eq!(
        lines(&joins)[0],
        "add m/1 as member 10 at 10.0.0.1:27017, without a vote (config 5 -> 6)"
    );
    // A data member leaves, the primary with its arbiter stays.
    let whole = arbitrated(&[(0, 1, 'P'), (1, 1, 'S'), (9, 1, 'S')]);
    let leaves = plan(&whole, &goal(1, Role::Leaver, &[0, 1]));
    assert_eq!(lines(&leaves), ["take member 1 out (config 5 -> 6)"]);
    assert!(whole.whole() && whole.troubles().is_empty());
    let mut down = whole;
    down.members.get_mut(&9).unwrap().state = State::Unknown("down".to_owned());
    assert!(!down.whole() && down.can_commit());
}

/// What `mongod` would answer to each step (M19), and where it leads.
#[test]
fn beside_an_arbiter_a_secondary_gets_its_vote_before_its_priority() {
    let standby = || arbitrated(&[(0, 1, 'P'), (1, 0, 'S'), (9, 1, 'S')]);
    let both = || goal(0, Role::Leader, &[0, 1]);
    let leaver = || goal(0, Role::Leaver, &[0, 1]);
    let told = |mut goal: Goal, priority| {
        let policy = MemberPolicy {
            priority: Some(priority),
            ..MemberPolicy::default()
        };
        goal.policy.members.insert(unit(1), policy);
        goal
    };
    let vote = "give member 1 a vote; set member 1 to priority 0 (config 5 -> 6)";
    let lead = "set member 1 to priority 1 (config 6 -> 7)";
    let hand_over = "have the primary 10.0.0.0:27017 hand over to 10.0.0.1:27017";
    // Was hidden, and is not to be any more.
    let hidden = || {
        let of_three = arbitrated(&[(0, 1, 'P'), (1, 1, 'S'), (9, 1, 'S')]);
        written(of_three, &[(1, doc! { "hidden": true, "priority": 0 })])
    };
    let mut seen = both();
    let policy = MemberPolicy {
        hidden: Some(false),
        ..MemberPolicy::default()
    };
    seen.policy.members.insert(unit(1), policy);
    for (set, goal, expected) in [
        (
            hidden(),
            seen,
            &["set member 1 to priority 1 (config 5 -> 6)"][..],
        ),
        (standby(), both(), &[vote, lead]),
        (
            standby(),
            told(both(), 5.0),
            &[vote, "set member 1 to priority 5 (config 6 -> 7)"],
        ),
        (standby(), told(both(), 0.0), &[vote]),
        // Who leaves does the same, and hands over then.
        (
            standby(),
            leaver(),
            &[vote, lead, hand_over, "take member 0 out (config 7 -> 8)"],
        ),
        // With a fourth member it may get both at once.
        (
            arbitrated(&[(0, 1, 'P'), (1, 0, 'S'), (2, 0, 'D'), (9, 1, 'S')]),
            goal(0, Role::Leader, &[0, 1, 2]),
            &["give member 1 a vote (config 5 -> 6)"],
        ),
    ] {
        let plan = plan(&set, &goal);
        let steps: Vec<String> = lines(&plan)
            .into_iter()
            .filter(|line| !line.starts_with("wait"))
            .collect();
        assert_eq!(steps, expected);
        let mut ahead = set;
        for planned in &plan.steps {
            let alone = Plan::step(planned.step.clone(), "");
            assert_eq!(lint::check(&alone, Some(&ahead)), Ok(()));
            let before = ahead.config.document();
            assert!(simulate::advance(&mut ahead, &planned.step));
            if !matches!(planned.step, Step::Reconfigure { .. }) {
                continue;
            }
            let primary = ahead.primary_member().unwrap().host.to_string();
            let node = Node {
                installed: Some(&before),
                host: &primary,
                doing: Doing::Primary,
                term: 1,
                config_committed: true,
                oplog_committed: true,
                write_concern_set: true,
                custom_write_concern: None,
                answers: &|_| true,
                jump: 0,
            };
            let answer = reconfigure(&node, &ahead.config.document(), false);
            assert!(answer.is_ok(), "{}: {answer:?}", planned.step);
        }
    }
    let at_once = Step::Reconfigure {
        primary: host(0),
        version: 5,
        term: 1,
        changes: vec![Change::GiveVote(1)],
    };
    let said = lint::check(&Plan::step(at_once, ""), Some(&standby()));
    assert!(said.is_err_and(|why| why.rule.contains("at once")));
}

#[test]
fn what_can_never_lead_is_nobodys_server() {
    for (fields, what) in [
        (
            doc! { "tags": null, "arbiterOnly": true, "priority": 0 },
            "an arbiter",
        ),
        (
            doc! { "tags": null, "buildIndexes": false, "priority": 0 },
            "a member without indexes",
        ),
    ] {
        let view = written(view(&[(0, 1, 'P'), (1, 1, 'S')]), &[(1, fields)]);
        let plan = plan(&view, &goal(0, Role::Leader, &[0, 1]));
        let blocker = plan
            .blocker
            .as_ref()
            .map(|blocker| blocker.0.clone())
            .unwrap_or_default();
        assert!(plan.steps.is_empty(), "{plan}");
        assert!(
            blocker.contains(&format!("{} is {what} at the address of m/1", host(1))),
            "{plan}"
        );
    }
}

/// Who leads may be nobody's.
#[test]
fn members_by_hand_lead_too() {
    let four = view(&[(0, 1, 'P'), (1, 0, 'S'), (8, 1, 'S'), (9, 1, 'S')]);
    let units = goal(0, Role::Leader, &[0, 1]);
    let by_hand = written(four.clone(), &[(2, stranger()), (3, stranger())]);
    assert_eq!(voters_after(&by_hand, &units), [0, 8, 9]);
    // These cannot, and there is nobody whose vote could be taken for one more: it stays as it is.
    let silent = doc! { "tags": null, "priority": 0 };
    let by_hand = written(four, &[(2, silent.clone()), (3, silent)]);
    assert_eq!(voters_after(&by_hand, &units), [0, 8, 9]);
}

#[test]
fn the_last_unit_keeps_its_vote_beside_members_that_nobody_owns() {
    for (members, units, voters) in [
        (&[(2, 1, 'S'), (9, 1, 'P')][..], &[2][..], &[2, 9][..]),
        (
            &[(2, 1, 'S'), (7, 1, 'S'), (8, 1, 'S'), (9, 1, 'P')],
            &[2],
            &[2, 7, 8, 9],
        ),
        // One that is away goes, and of two that are up one.
        (
            &[(2, 1, 'D'), (7, 1, 'S'), (8, 1, 'S'), (9, 1, 'P')],
            &[2],
            &[7, 8, 9],
        ),
        (
            &[(2, 1, 'S'), (3, 1, 'S'), (8, 1, 'S'), (9, 1, 'P')],
            &[2, 3],
            &[2, 8, 9],
        ),
        // A unit leads.
        (&[(2, 1, 'P'), (9, 1, 'S')], &[2], &[2, 9]),
    ] {
        let strangers: Vec<_> = (0..members.len())
            .filter(|at| members[*at].0 > 5)
            .map(|at| (at, stranger()))
            .collect();
        let set = written(view(members), &strangers);
        let units = goal(2, Role::Leader, units);
        let mut got = voters_after(&set, &units);
        got.sort_unstable();
        assert_eq!(got, voters, "{members:?}");
        let told = lines(&plan(&set, &units)).join("; ");
        let kept = members.contains(&(9, 1, 'P')) && voters.len() % 2 == 0;
        assert_eq!(told.contains("m/2 keeps its vote"), kept, "{told}");
    }
}

#[test]
fn two_members_of_one_unit_keep_nothing_else_from_being_done() {
    let members = view(&[(0, 1, 'P'), (1, 1, 'S'), (2, 1, 'S'), (3, 1, 'S')]);
    let copied = doc! { "tags": { "juju-unit": unit(1).to_string() } };
    let twins = written(members, &[(2, copied)]);
    assert!(!voters_after(&twins, &goal(0, Role::Leader, &[0, 1])).contains(&3));
    // Another pair is none of it.
    let step = Step::Reconfigure {
        primary: host(0),
        version: 5,
        term: 1,
        changes: vec![Change::SetUnit(3, unit(0))],
    };
    assert!(lint::check(&Plan::step(step, ""), Some(&twins)).is_err());
}
