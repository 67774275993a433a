//! How long a plan for fifty members takes, the fastest and the median of many: in the situations in which it has the most to
//! do.
//!
//! `cargo bench --bench plan -- [plans]`

use mongo_rs::agent::plan::members;
use mongo_rs::model::address::HostPort;
use mongo_rs::model::desired::{Goal, Role, Wanted};
use mongo_rs::model::policy::Policy;
use mongo_rs::model::set_config::SetConfig;
use mongo_rs::model::set_view::{Seen, SetView, State};
use mongo_rs::model::unit::UnitName;
use mongodb::bson::doc;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Instant;

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let count = match std::env::args().find(|text| text.parse::<u32>().is_ok()) {
        Some(count) => count.parse::<usize>()?.max(1),
        None => 1000,
    };
    let mut out = std::io::stdout().lock();
    for (what, members, voters, units, zones) in [
        ("fifty join", 1, 1, 0..50, 1),
        ("fifty are ready, one votes", 50, 1, 0..50, 1),
        ("the same in three zones", 50, 1, 0..50, 3),
        ("all but one leave", 50, 7, 49..50, 1),
        ("nothing is to be done", 50, 7, 0..50, 1),
    ] {
        let (view, goal) = (view(members, voters)?, goal(units, zones)?);
        let mut times = Vec::with_capacity(count);
        let mut steps = 0;
        for _ in 0..count {
            let begin = Instant::now();
            let plan = members::plan(&view, &goal);
            times.push(begin.elapsed());
            steps = plan.steps.len();
        }
        times.sort_unstable();
        writeln!(
            out,
            "{what}: {steps} steps, {:.3} ms, median {:.3} ms",
            times[0].as_secs_f64() * 1e3,
            times[count / 2].as_secs_f64() * 1e3,
        )?;
    }
    Ok(())
}

fn unit(number: u32) -> Result<UnitName, Failed> {
    Ok(format!("mongo-rs/{number}").parse()?)
}

fn host(number: u32) -> HostPort {
    HostPort::new(&format!("10.0.0.{number}"), 27017)
}

/// A whole set whose first member is primary and whose first ones vote.
fn view(members: u32, voters: u32) -> Result<SetView, Failed> {
    let mut documents = Vec::new();
    let mut states = BTreeMap::new();
    for number in 0..members {
        let vote = i32::from(number < voters);
        documents.push(doc! {
            "_id": i32::try_from(number)?, "host": host(number).to_string(), "votes": vote, "priority": vote,
            "tags": { "juju-unit": unit(number)?.to_string() },
        });
        let state = match number {
            0 => State::Primary,
            _ => State::Secondary,
        };
        let optime_secs = Some(100);
        states.insert(i32::try_from(number)?, Seen { state, optime_secs });
    }
    let raw = doc! {
        "_id": "mongo-rs", "version": 5, "term": 1, "members": documents,
        "settings": { "electionTimeoutMillis": 10_000 },
    };
    Ok(SetView {
        seen_from: host(0),
        config: SetConfig::read(raw)?,
        committed: true,
        primary: Some(0),
        term: 1,
        members: states,
        has_default_write_concern: Some(true),
        doors: (0..50).map(|number| (host(number), Ok(()))).collect(),
    })
}

fn goal(numbers: std::ops::Range<u32>, zones: u32) -> Result<Goal, Failed> {
    let mut units = BTreeMap::new();
    for number in numbers {
        let wanted = Wanted {
            address: Some(host(number)),
            zone: (zones > 1).then(|| (number % zones).to_string()),
        };
        units.insert(unit(number)?, wanted);
    }
    Ok(Goal {
        me: unit(49)?,
        role: Role::Leader,
        units,
        dying: BTreeSet::new(),
        policy: Policy::default(),
        two_voters: false,
        first_id: 0,
        health: BTreeMap::new(),
        now_ms: 1000,
        grace_ms: 100,
        election_timeout_ms: 10_000,
    })
}
