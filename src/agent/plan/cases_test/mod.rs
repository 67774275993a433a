//! What Juju's peer grouper, its `enable-ha`, its replica-set package and `mongod` are known to have done, case by case, and
//! what our planner does in the same place. The ids are those of the notes in which the cases were gathered; facts only.
//! Where ours differs on purpose, the row says why; a row that differs and does not say so fails.
//!
//! Situations are told in short: [`situation`] says how.

mod availability;
mod elsewhere;
mod mongod;
mod package;
mod peer_group;
mod proposed;
mod situation;
mod worker;

use super::members::plan;
use situation::{Family, Situation, outcome};

/// One case of members.
struct Row {
    /// The case's id.
    id: &'static str,
    /// The members.
    members: &'static str,
    /// The units.
    units: &'static str,
    /// What Juju came to.
    juju: &'static str,
    /// What ours comes to, and why it is not Juju's; none where both are the same.
    ours: Option<(&'static str, &'static str)>,
}

/// A row in which both come to the same.
const fn same(
    id: &'static str,
    members: &'static str,
    units: &'static str,
    juju: &'static str,
) -> Row {
    Row {
        id,
        members,
        units,
        juju,
        ours: None,
    }
}

/// A row in which ours differs on purpose.
const fn other(
    id: &'static str,
    [members, units, juju, ours]: [&'static str; 4],
    why: &'static str,
) -> Row {
    Row {
        id,
        members,
        units,
        juju,
        ours: Some((ours, why)),
    }
}

/// Runs ours in every row, with IPv4 and with IPv6 addresses.
fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for row in rows {
        for family in [Family::V4, Family::V6] {
            let expected = match row.ours {
                None => row.juju,
                Some((ours, why)) => {
                    assert!(
                        ours != row.juju && !why.is_empty(),
                        "{}: what differs, and why?",
                        row.id
                    );
                    ours
                }
            };
            let Situation { view, goal } = Situation::read(row.members, row.units, family);
            let said = outcome(&view, &goal);
            if said != expected {
                let plan = plan(&view, &goal);
                wrong.push(format!(
                    "{} {family:?}: {said:?}, expected {expected:?}\n{plan}",
                    row.id
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
