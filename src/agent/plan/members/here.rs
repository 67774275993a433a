//! What every rule looks at: the members with all that is known of each, worked out once a step.

use super::super::simulate::JUST_ADDED;
use super::fields;
use super::zones::electorate;
use crate::model::desired::{Goal, MOST_VOTERS, Role, Wanted};
use crate::model::plan::{Plan, Planned, Step};
use crate::model::policy::MemberPolicy;
use crate::model::set_config::{Change, Member};
use crate::model::set_view::{SetView, State};
use crate::model::unit::UnitName;
use std::collections::BTreeMap;

/// What a member is while it copies the data for the first time.
const FIRST_COPY: [&str; 3] = ["STARTUP", "STARTUP2", JUST_ADDED];

/// Whose a member is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Owner<'a> {
    /// A unit that is to stay.
    Unit(&'a UnitName, &'a Wanted),
    /// A unit that is gone, or on its way out.
    Gone,
    /// A unit on its way out, as a leader sees it: it takes itself out, and nothing that it did for that is undone.
    Dying(&'a UnitName),
    /// No unit: somebody added it by hand.
    Stranger,
}

/// One member, and all that the rules ask of it.
#[derive(Clone, Debug)]
pub struct Seat<'a> {
    /// As the config has it.
    pub member: &'a Member,
    /// Whose it is.
    pub owner: Owner<'a>,
    /// PRIMARY or SECONDARY.
    pub healthy: bool,
    /// Whether its vote counts: the same, and arbiters that are up.
    pub live: bool,
    /// SECONDARY and hardly behind.
    pub caught_up: bool,
    /// Whether it may vote, by what a person said.
    pub eligible: bool,
    /// What a person said of it.
    pub policy: MemberPolicy,
}

/// The set at one moment, and the goal.
pub struct Here<'a> {
    /// As it was seen.
    pub view: &'a SetView,
    /// What is wanted.
    pub goal: &'a Goal,
    /// Who is primary.
    pub primary: &'a Member,
    /// All members.
    pub seats: Vec<Seat<'a>>,
    /// How many vote.
    pub voters: usize,
    /// How many are to vote once all are ready.
    pub wanted: usize,
}

impl<'a> Here<'a> {
    /// None without a primary.
    pub fn new(view: &'a SetView, goal: &'a Goal) -> Option<Self> {
        let primary = view.primary_member()?;
        let mut seats: Vec<Seat> = view
            .config
            .members()
            .map(|member| Seat::new(member, view, goal))
            .collect();
        if let Some(kept) = kept_though_lost(&seats, goal) {
            seats[kept].eligible = true;
        }
        Some(Self {
            voters: seats.iter().filter(|seat| seat.member.votes).count(),
            wanted: electorate(&seats, goal),
            view,
            goal,
            primary,
            seats,
        })
    }

    /// One reconfig, from the config that was seen.
    pub fn change(&self, changes: Vec<Change>, why: impl Into<String>) -> Plan {
        let step = Step::Reconfigure {
            primary: self.primary.host.clone(),
            version: self.view.config.version(),
            term: self.view.config.term(),
            changes,
        };
        Plan {
            steps: vec![Planned {
                step,
                why: why.into(),
            }],
            ..Plan::default()
        }
    }

    /// Have the primary hand over, if somebody can take over.
    pub fn hand_over(&self, why: String) -> Plan {
        let stays = |member: &Member| {
            let seat = self.seats.iter().find(|seat| seat.member.id == member.id);
            seat.is_some_and(|seat| seat.may_lead())
        };
        match successor(self.view, stays) {
            Some(heir) => Plan::step(
                Step::HandOver {
                    from: self.primary.host.clone(),
                    to: heir.host.clone(),
                },
                why,
            ),
            None => Plan::wait_soon("another voter to catch up, so that the primary can hand over"),
        }
    }

    /// True when the config has a live majority, and somebody who could be primary, after these voters went and came.
    pub fn is_safe(&self, lost: Option<i32>, won: Option<i32>) -> bool {
        let votes = |seat: &&Seat| {
            (seat.member.votes || Some(seat.member.id) == won) && Some(seat.member.id) != lost
        };
        let voters = self.seats.iter().filter(votes);
        let (mut all, mut live, mut able) = (0, 0, false);
        for seat in voters {
            all += 1;
            live += usize::from(seat.live);
            let electable =
                seat.member.electable() || Some(seat.member.id) == won && seat.may_lead();
            able |= seat.healthy && electable;
        }
        able && live > all / 2 && all <= MOST_VOTERS
    }

    /// How many voters the lead may go to.
    pub fn leaders(&self) -> usize {
        self.voting().filter(|seat| self.could_lead(seat)).count()
    }

    /// Whether the lead may go to this voter: a member that somebody added by hand leads, too.
    fn could_lead(&self, seat: &Seat) -> bool {
        let by_hand = seat.owner == Owner::Stranger
            && seat.healthy
            && seat.member.electable()
            && !self.goal.policy.dropped.contains(&seat.member.host);
        by_hand || seat.may_lead()
    }

    /// Whether too few would be left to lead without this voter: where one of two such dies, the other one is the last.
    pub fn is_scarce(&self, seat: &Seat) -> bool {
        let able = |seat: &&Seat| seat.healthy && self.could_lead(seat);
        able(&seat) && self.voting().filter(able).count() <= 2
    }

    /// Those who vote.
    pub fn voting(&self) -> impl Iterator<Item = &Seat<'a>> {
        self.seats.iter().filter(|seat| seat.member.votes)
    }

    /// Voters on their way out, which take themselves out.
    pub fn dying_voter(&self) -> Option<&Seat<'a>> {
        self.voting()
            .find(|seat| matches!(seat.owner, Owner::Dying(_)))
    }

    /// True for the primary's own.
    pub fn leads(&self, seat: &Seat) -> bool {
        seat.member.id == self.primary.id
    }

    /// Members without a vote that could have one now, the best first: of the zone that has the fewest voters, then one that
    /// may lead, then the lowest unit. While fewer than two voters may lead, those who may come first.
    pub fn ready(&self) -> Vec<&Seat<'a>> {
        let mut ready: Vec<&Seat> = self
            .seats
            .iter()
            .filter(|seat| seat.is_ready(self.goal))
            .collect();
        if ready.len() > 1 {
            let crowd = self.crowds();
            let voters = |seat: &Seat| crowd.get(&seat.zone()).copied().unwrap_or(0);
            let few = self.leaders() < 2;
            ready.sort_by_key(|seat| {
                let led = !seat.may_lead();
                (few && led, voters(seat), led, seat.unit())
            });
        }
        ready
    }

    /// How many voters each zone has.
    pub fn crowds(&self) -> BTreeMap<Zone<'a>, usize> {
        let mut crowds = BTreeMap::new();
        for seat in self.voting() {
            *crowds.entry(seat.zone()).or_default() += 1;
        }
        crowds
    }
}

/// What fails together: a zone, or a member of its own where no zone is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone<'a> {
    /// By its name.
    Named(&'a str),
    /// A member.
    Alone(i32),
}

impl<'a> Seat<'a> {
    fn new(member: &'a Member, view: &SetView, goal: &'a Goal) -> Self {
        let leaves = goal.role == Role::Leaver;
        let healthy = view.healthy(member.id);
        let owner = match &member.unit {
            None => Owner::Stranger,
            Some(unit) if leaves && *unit == goal.me => Owner::Gone,
            Some(unit) => match goal.units.get_key_value(unit) {
                Some((unit, wanted)) => Owner::Unit(unit, wanted),
                // One that is away cannot take itself out, and only counts against the majority.
                None if healthy && goal.dying.contains(unit) => Owner::Dying(unit),
                None => Owner::Gone,
            },
        };
        let policy = match owner {
            Owner::Unit(unit, _) => goal.policy.of(unit),
            _ => MemberPolicy::default(),
        };
        let demoted = |unit: &UnitName| goal.policy.demoted.contains(unit);
        let eligible = match owner {
            // Whoever was taken for lost and is back for good may vote again; whose vote was left to it keeps it.
            Owner::Unit(unit, _) => {
                policy.may_have_vote(member)
                    && !member.arbiter
                    && !(demoted(unit) && !(healthy && (member.votes || goal.steady(unit))))
            }
            _ => false,
        };
        Self {
            member,
            owner,
            healthy,
            live: view.counts(member),
            caught_up: view.caught_up(member.id),
            eligible,
            policy,
        }
    }

    /// Whether it could be given a vote now.
    fn is_ready(&self, goal: &Goal) -> bool {
        let steady = || self.unit().is_some_and(|unit| goal.steady(unit));
        !self.member.votes && self.eligible && self.caught_up && steady()
    }

    /// Its unit, if that is to stay.
    pub fn unit(&self) -> Option<&'a UnitName> {
        match self.owner {
            Owner::Unit(unit, _) => Some(unit),
            _ => None,
        }
    }

    /// What fails with it.
    pub fn zone(&self) -> Zone<'a> {
        match self.owner {
            Owner::Unit(_, wanted) => match &wanted.zone {
                Some(zone) => Zone::Named(zone),
                None => Zone::Alone(self.member.id),
            },
            _ => Zone::Alone(self.member.id),
        }
    }

    /// Whether the lead may go to it, once it has a vote.
    pub fn may_lead(&self) -> bool {
        self.eligible
            && self.policy.may_lead()
            && fields::priority(self.member, &self.policy, true) > 0.0
    }

    /// True when the state of the member is one that ends by itself.
    pub fn is_coming(&self, here: &Here) -> bool {
        let unit = self.unit();
        let long_away = unit.is_some_and(|unit| here.goal.long_away(unit));
        match here.view.state(self.member.id) {
            State::Unknown(_) => {
                unit.is_some_and(|unit| here.goal.health.contains_key(unit)) && !long_away
            }
            // A first copy takes as long as it takes; one that recovers for longer than the grace time may do so for ever.
            State::Other(word) if !FIRST_COPY.contains(&word.as_str()) => !long_away,
            _ => true,
        }
    }
}

/// The voter that was taken for lost and keeps its vote for now, by its place: nobody is ready to step in, and without it
/// an even number would vote, so that the vote of a living one went too. As many may be lost either way, and a majority's
/// write would be on fewer members.
fn kept_though_lost(seats: &[Seat], goal: &Goal) -> Option<usize> {
    let lost = |seat: &Seat| {
        let demoted = |unit: &UnitName| goal.policy.demoted.contains(unit);
        let able = seat.policy.may_vote() && !seat.member.arbiter;
        seat.member.votes && !seat.healthy && able && seat.unit().is_some_and(demoted)
    };
    let voters = seats.iter().filter(|seat| seat.member.votes).count();
    let away = seats.iter().filter(|seat| lost(seat)).count();
    let ready = seats.iter().filter(|seat| seat.is_ready(goal)).count();
    let left = voters - away.saturating_sub(ready);
    let lost = || (0..seats.len()).filter(|at| lost(&seats[*at]));
    let first = lost().min_by_key(|at| seats[*at].unit());
    first.filter(|_| away > ready && left.is_multiple_of(2))
}

/// Who is to be primary next: caught up, electable, and of the highest priority; among those the lowest `_id`. Members that
/// are not to stay come last: somebody has to lead until they are out.
pub fn successor(view: &SetView, stays: impl Fn(&Member) -> bool) -> Option<&Member> {
    let able = view.config.members().filter(|member| {
        Some(member.id) != view.primary && member.electable() && view.caught_up(member.id)
    });
    able.max_by(|one, other| {
        let rank = |member: &Member| (stays(member), member.priority, -member.id);
        rank(one)
            .partial_cmp(&rank(other))
            .unwrap_or(std::cmp::Ordering::Equal)
    })
}
