//! How a case is told: `1vP 2S 3D x9vS` are members, `1 2! 3@99 4?` units.

use super::plan;
use crate::agent::lint;
use crate::agent::plan::members::tests::{goal, unit};
use crate::agent::plan::simulate;
use crate::model::address::HostPort;
use crate::model::desired::{Goal, Role, Wanted};
use crate::model::plan::{Plan, Step};
use crate::model::policy::MemberPolicy;
use crate::model::set_config::SetConfig;
use crate::model::set_view::{Seen, SetView, State};
use mongodb::bson::doc;

/// Which addresses a case is told with.
#[derive(Clone, Copy, Debug)]
pub enum Family {
    /// `0.1.2.N`
    V4,
    /// `2001:db8::1:N`
    V6,
}

impl Family {
    /// Where the machine with this number is.
    pub fn host(self, number: u32) -> HostPort {
        let ip = match self {
            Self::V4 => format!("0.1.2.{number}"),
            Self::V6 => format!("2001:db8::1:{number}"),
        };
        HostPort::new(&ip, 1234)
    }
}

/// A set and a goal.
pub struct Situation {
    /// The set.
    pub view: SetView,
    /// The goal of a leader.
    pub goal: Goal,
}

/// `x` no unit's, the number (its `_id`, its unit and the end of its address), `v` it votes, and one letter: `P`rimary,
/// `S`econdary, `R` copying, `D` away.
struct MemberText {
    stranger: bool,
    number: u32,
    votes: bool,
    state: char,
}

impl MemberText {
    fn read(text: &str) -> Self {
        let bare = text.trim_start_matches('x');
        Self {
            stranger: bare.len() < text.len(),
            number: number(bare),
            votes: bare.contains('v'),
            state: bare.chars().last().unwrap(),
        }
    }
}

fn number(text: &str) -> u32 {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap()
}

fn state(letter: char) -> Seen {
    let (state, optime_secs) = match letter {
        'P' => (State::Primary, Some(100)),
        'S' => (State::Secondary, Some(100)),
        'R' => (State::Other("STARTUP2".into()), None),
        'D' => (State::Unknown("down".into()), None),
        other => panic!("{other} is no state"),
    };
    Seen { state, optime_secs }
}

impl Situation {
    /// Units: the number, `!` it is not to vote, `@99` it says that it is at the address of 99, `?` it has none yet.
    pub fn read(members: &str, units: &str, family: Family) -> Self {
        let members: Vec<MemberText> = members.split_whitespace().map(MemberText::read).collect();
        let documents: Vec<_> = members
            .iter()
            .map(|member| {
                let votes = i32::from(member.votes);
                let mut document = doc! { "_id": member.number as i32, "votes": votes, "priority": votes,
                                          "host": family.host(member.number).to_string() };
                if !member.stranger {
                    document.insert("tags", doc! { "juju-unit": unit(member.number).to_string() });
                }
                document
            })
            .collect();
        let config = doc! { "_id": "rs", "version": 5, "term": 1, "members": documents,
        "settings": { "electionTimeoutMillis": 10_000 } };
        let primary = members.iter().find(|member| member.state == 'P');
        let mut view = SetView {
            seen_from: family.host(0),
            config: SetConfig::read(config).unwrap(),
            committed: true,
            primary: primary.map(|member| member.number as i32),
            term: 1,
            members: members
                .iter()
                .map(|member| (member.number as i32, state(member.state)))
                .collect(),
            has_default_write_concern: Some(true),
            doors: [].into(),
        };
        let numbers: Vec<u32> = units.split_whitespace().map(number).collect();
        let mut goal = goal(numbers[0], Role::Leader, &numbers);
        for text in units.split_whitespace() {
            let name = unit(number(text));
            let at = text
                .split_once('@')
                .map_or(number(text), |(_, at)| number(at));
            let address = (!text.ends_with('?')).then(|| family.host(at));
            view.doors
                .extend(address.iter().map(|host| (host.clone(), Ok(()))));
            goal.units.insert(
                name.clone(),
                Wanted {
                    address,
                    zone: None,
                },
            );
            if text.ends_with('!') {
                let no_vote = MemberPolicy {
                    votes: Some(false),
                    ..MemberPolicy::default()
                };
                goal.policy.members.insert(name, no_vote);
            }
        }
        Self { view, goal }
    }
}

/// The members once the whole plan is carried out, in the same short form without states, `#8` for an `_id` and `@99` for
/// an address that is not the number's own; before it `step down, ` if the primary hands over. Each step must pass `lint`.
pub fn outcome(view: &SetView, goal: &Goal) -> String {
    let mut ahead = view.clone();
    let mut handed_over = "";
    for planned in plan(view, goal).steps {
        let only = Plan::step(planned.step.clone(), "");
        assert_eq!(lint::check(&only, Some(&ahead)), Ok(()));
        assert!(simulate::advance(&mut ahead, &planned.step));
        if matches!(planned.step, Step::HandOver { .. }) {
            handed_over = "step down, ";
        }
    }
    let mut members: Vec<_> = ahead.config.members().collect();
    members.sort_by_key(|member| (member.unit.is_none(), member.unit.clone()));
    let told = members.iter().map(|member| {
        let number = match &member.unit {
            Some(unit) => unit.number(),
            None => member.id as u32,
        };
        let stranger = if member.unit.is_none() { "x" } else { "" };
        let votes = if member.votes { "v" } else { "" };
        let id = match member.id as u32 == number {
            true => String::new(),
            false => format!("#{}", member.id),
        };
        let last = member.host.host.rsplit(['.', ':']).next().unwrap();
        let at = match last == number.to_string() {
            true => String::new(),
            false => format!("@{last}"),
        };
        format!("{stranger}{number}{votes}{id}{at}")
    });
    let told: Vec<String> = told.collect();
    format!("{handed_over}{}", told.join(" "))
}
