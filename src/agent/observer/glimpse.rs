//! What the observer sees at one look, and whether a change of it is worth waking the agent. Pure.

use crate::model::set_view::{SetView, State};
use std::collections::{BTreeMap, BTreeSet};

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glimpse {
    /// What the server here shows.
    pub server: Server,
    /// The faults that are noted on this machine, by id.
    pub faults: BTreeSet<String>,
}

/// What the server here shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// It is not there, or does not answer.
    Silent,
    /// It is in no set.
    NoSet,
    /// It is in a set.
    Member(Set),
}

/// A set, as far as a change of it matters to the agent: neither positions in the oplog nor reasons are in it, which
/// change all the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The config's version and term.
    pub config: (i64, i64),
    /// The election term.
    pub term: i64,
    /// What each member does, by `_id`.
    pub members: BTreeMap<i32, String>,
    /// Members without a vote that have caught up.
    pub ready: BTreeSet<i32>,
}

impl Set {
    /// What matters of a view.
    pub fn of(view: &SetView) -> Self {
        let word = |id: i32| match view.state(id) {
            State::Unknown(_) => "unknown".to_owned(),
            state => state.to_string(),
        };
        let members = view.config.members();
        let ready = members
            .clone()
            .filter(|member| !member.votes && view.caught_up(member.id));
        Self {
            config: (view.config.version(), view.config.term()),
            term: view.term,
            ready: ready.map(|member| member.id).collect(),
            members: members.map(|member| (member.id, word(member.id))).collect(),
        }
    }

    fn primaries(&self) -> impl Iterator<Item = &i32> {
        let primary = State::Primary.to_string();
        let members = self.members.iter();
        members
            .filter(move |(_, state)| **state == primary)
            .map(|(id, _)| id)
    }
}

/// Why the agent is to be woken after this change, if it is. Before the first look nothing was seen.
pub fn worth(before: Option<&Glimpse>, after: &Glimpse) -> Option<&'static str> {
    let Some(before) = before else {
        return Some("what happened before the observer began is not known");
    };
    if before.faults != after.faults {
        return Some("a fault has begun or ended here");
    }
    match (&before.server, &after.server) {
        (Server::Silent, Server::Silent) | (Server::NoSet, Server::NoSet) => None,
        (_, Server::Silent) => Some("the server here does not answer any more"),
        (Server::Silent, _) => Some("the server here answers again"),
        (Server::NoSet, Server::Member(_)) | (Server::Member(_), Server::NoSet) => {
            Some("the server here has entered or left a set")
        }
        (Server::Member(before), Server::Member(after)) => change(before, after),
    }
}

fn change(before: &Set, after: &Set) -> Option<&'static str> {
    if !before.primaries().eq(after.primaries()) {
        return Some("another member is primary, or none");
    }
    if before.config != after.config {
        return Some("the config is another one");
    }
    if before.members != after.members {
        return Some("a member is in another state");
    }
    if before.term != after.term {
        return Some("there was an election");
    }
    (before.ready != after.ready)
        .then_some("a member without a vote has caught up, or fallen behind")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::set_config::SetConfig;
    use crate::model::set_view::Seen;
    use mongodb::bson::doc;

    fn view(optime_of_2: u32, state_of_1: State) -> SetView {
        let config = SetConfig::read(doc! { "_id": "s", "version": 3, "term": 7, "members": [
        { "_id": 0, "host": "a:1" }, { "_id": 1, "host": "b:1" },
        { "_id": 2, "host": "c:1", "votes": 0, "priority": 0 } ] });
        let seen = |state, optime_secs| Seen { state, optime_secs };
        SetView {
            seen_from: "a:1".parse().unwrap(),
            config: config.unwrap(),
            committed: true,
            primary: Some(0),
            term: 7,
            members: BTreeMap::from([
                (0, seen(State::Primary, Some(100))),
                (1, seen(state_of_1, Some(100))),
                (2, seen(State::Secondary, Some(optime_of_2))),
            ]),
            has_default_write_concern: None,
            doors: BTreeMap::new(),
        }
    }

    fn set() -> Set {
        Set::of(&view(100, State::Secondary))
    }

    fn glimpse(server: Server) -> Glimpse {
        Glimpse {
            server,
            faults: BTreeSet::new(),
        }
    }

    fn member(change: impl Fn(&mut Set)) -> Glimpse {
        let mut set = set();
        change(&mut set);
        glimpse(Server::Member(set))
    }

    #[test]
    fn a_set_that_goes_on_as_it_was_wakes_nobody() {
        let away = |why: &str| Set::of(&view(100, State::Unknown(why.to_owned())));
        assert_eq!(away("no route"), away("timed out"));
        assert_eq!(set(), Set::of(&view(96, State::Secondary)));
        for same in [
            glimpse(Server::Silent),
            glimpse(Server::NoSet),
            member(|_| ()),
        ] {
            assert_eq!(worth(Some(&same), &same), None, "{same:?}");
        }
    }

    #[test]
    fn every_change_that_matters_is_worth_a_wake_up() {
        let now = member(|_| ());
        let fault = Glimpse {
            faults: ["f".to_owned()].into(),
            ..now.clone()
        };
        let behind = glimpse(Server::Member(Set::of(&view(50, State::Secondary))));
        let say = |id: i32, word: &'static str| {
            member(move |set| drop(set.members.insert(id, word.into())))
        };
        let cases = [
            (&now, fault.clone(), "begun or ended"),
            (&fault, now.clone(), "begun or ended"),
            (&now, glimpse(Server::Silent), "not answer any more"),
            (&glimpse(Server::Silent), now.clone(), "answers again"),
            (
                &glimpse(Server::Silent),
                glimpse(Server::NoSet),
                "answers again",
            ),
            (&glimpse(Server::NoSet), now.clone(), "entered or left"),
            (&now, glimpse(Server::NoSet), "entered or left"),
            (&now, say(0, "SECONDARY"), "primary, or none"),
            (&now, say(1, "PRIMARY"), "primary, or none"),
            (&now, say(1, "unknown"), "another state"),
            (&now, say(2, "STARTUP2"), "another state"),
            (&now, member(|set| set.config.0 += 1), "config"),
            (&now, member(|set| set.config.1 += 1), "config"),
            (&now, member(|set| set.term += 1), "election"),
            (&now, behind.clone(), "caught up"),
            (&behind, now.clone(), "caught up"),
        ];
        for (before, after, why) in cases {
            let said = worth(Some(before), &after);
            assert!(
                said.is_some_and(|said| said.contains(why)),
                "{before:?} -> {after:?}: {said:?}"
            );
        }
        assert!(worth(None, &now).is_some());
    }
}
