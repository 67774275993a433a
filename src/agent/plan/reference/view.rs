//! What the planner is shown of an abstract set. The only place that makes a [`SetView`] or a [`Goal`].

use super::configs::{Configs, host};
use super::node::Role;
use super::rules::shown;
use super::set::State;
use super::{Bits, UNITS};
use crate::model::desired::{Goal, Health, Role as Who, Wanted};
use crate::model::policy::Policy;
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, SetView, State as Word};
use crate::model::unit::UnitName;

/// A position in the oplog, in seconds, of a primary.
const NOW: u32 = 1_000_000;

/// The name of a unit.
pub fn unit(number: usize) -> UnitName {
    format!("m/{number}").parse().unwrap()
}

/// What a leader knows of the units that leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Knows {
    /// They are gone, as far as Juju says: nobody waits for them.
    Gone,
    /// They are on their way out, and take themselves out.
    Dying,
    /// Nothing: they have only just been asked to go.
    Nothing,
}

/// All that a plan depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Question<const N: usize = UNITS> {
    /// The unit that plans.
    pub asker: usize,
    /// The unit whose member tells what there is.
    pub from: usize,
    /// The config in force there.
    pub config: u16,
    /// What that unit knows of those that leave.
    pub knows: Knows,
    /// Whether that member is primary.
    pub primary: bool,
    /// M13.
    pub committed: bool,
    /// What each member is seen to do.
    pub letters: [u32; N],
    /// The servers that answer the unit that plans, by bits.
    pub doors: Bits,
    /// Whether who is away has been for the grace time.
    pub long: bool,
    /// Who has come or gone only just now all the same, by bits.
    pub fresh: Bits,
}

/// Where the clock stands, and for how long a voter must be away.
const CLOCK_MS: u64 = 1_000_000;
const GRACE_MS: u64 = 1000;

/// The goal of a unit that plans; `units` and those `dying` by bits.
pub fn goal<const N: usize>(
    question: &Question<N>,
    leaving: bool,
    (units, dying): (Bits, Bits),
    zones: &[u8; N],
) -> Goal {
    let named = |bits: Bits| (0..N).filter(move |number| bits >> number & 1 == 1);
    let (units, dying) = (named(units), named(dying));
    let wanted = |number: usize| Wanted {
        address: Some(host(number).parse().unwrap()),
        zone: (zones[number] != 0).then(|| format!("z{}", zones[number])),
    };
    let health = (0..N)
        .filter(|number| question.letters[*number] != 1)
        .map(|number| {
            let up = question.letters[number] > 1;
            let fresh = question.fresh >> number & 1 == 1;
            let long = !fresh && (up || question.long);
            let since_ms = if long { 0 } else { CLOCK_MS };
            (unit(number), Health { up, since_ms })
        });
    Goal {
        me: unit(question.asker),
        role: if leaving { Who::Leaver } else { Who::Leader },
        units: units.map(|number| (unit(number), wanted(number))).collect(),
        dying: dying.map(unit).collect(),
        policy: Policy::default(),
        two_voters: false,
        first_id: 0,
        health: health.collect(),
        now_ms: CLOCK_MS,
        grace_ms: GRACE_MS,
        election_timeout_ms: 10_000,
    }
}

/// What a member is seen to do, in one small number: so that equal views are known to be equal.
pub fn letters<const N: usize>(
    state: &State<N>,
    configs: &Configs<N>,
    from: usize,
    lag: u32,
) -> [u32; N] {
    let mut letters = [0; N];
    let end = state.servers[from].log.len;
    for (unit, letter) in letters.iter_mut().enumerate() {
        let server = &state.servers[unit];
        *letter = if !state.reaches(from, unit) {
            0
        } else if !state.is_member(configs, unit) || server.role == Role::Syncing {
            1
        } else if server.role == Role::Primary {
            2
        } else {
            // What a member has beyond or beside the primary's oplog will be rolled back: it is behind all the same.
            let held = (0..=end.min(server.log.len)).rev();
            let mut common =
                held.filter(|len| server.log.prefix(*len) == state.servers[from].log.prefix(*len));
            3 + u32::from(end - common.next().unwrap_or(0)) * lag
        };
    }
    letters
}

/// The view of a member.
pub fn view<const N: usize>(configs: &Configs<N>, question: &Question<N>) -> SetView {
    let known = configs.get(question.config);
    let seen = |unit: usize| {
        let (state, optime_secs) = match question.letters[unit] {
            0 => (Word::Unknown("not reachable".into()), None),
            1 => (Word::Other("STARTUP2".into()), None),
            2 => (Word::Primary, Some(NOW)),
            behind => (Word::Secondary, Some(NOW - (behind - 3))),
        };
        Seen { state, optime_secs }
    };
    let members = (0..N).filter_map(|unit| Some((known.places[unit]?.id, seen(unit))));
    let door = |unit: usize| match question.doors >> unit & 1 {
        1 => Ok(()),
        _ => Err("it does not answer".to_owned()),
    };
    let strangers = (0..N).filter(|unit| known.places[*unit].is_none());
    let own = known.places[question.from].map(|place| place.id);
    SetView {
        seen_from: host(question.from).parse().unwrap(),
        config: SetConfig::read(shown(&known.document)).unwrap(),
        committed: question.committed,
        primary: own.filter(|_| question.primary),
        term: i64::from(known.term),
        members: members.collect(),
        has_default_write_concern: Some(true),
        doors: strangers
            .map(|unit| (host(unit).parse().unwrap(), door(unit)))
            .collect(),
    }
}
