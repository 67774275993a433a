//! Watches every member of the set directly, five times a second.
//!
//! In: the members that were found at the start; members that the primary's configuration names
//! later are watched too. Out: the latest view of each, and all primaries in the order seen. Each
//! member is asked by itself, so that two that both say they are primary are both seen.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::bounded::bounded;
use super::connect::Cluster;
use super::driver;
use super::facts::{ErrorClass, ErrorFacts};
use super::hello::{Hello, MemberState, OpTime};
use crate::model::connection_url::{ConnectionUrl, Seed};

const PERIOD: Duration = Duration::from_millis(200);
const LIMIT: Duration = Duration::from_secs(1);

/// What was last seen of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Nothing yet.
    NotYetAsked,
    /// It was asked and did not answer; why.
    NoAnswer(String),
    /// Its answer.
    Hello(Box<Hello>),
}

/// The latest view of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberView {
    /// When the question was put.
    pub asked_at: Instant,
    /// What came of it.
    pub sight: Sight,
}

/// A member that said it is the primary, in a term in which it had not said so before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimarySeen {
    /// `host:port`.
    pub address: String,
    /// The term of its election, when it says it.
    pub term: Option<i64>,
}

/// Called for each [`PrimarySeen`], once.
pub type OnPrimary = Arc<dyn Fn(&PrimarySeen) + Send + Sync>;

/// The watch; dropping it ends it.
pub struct Watch {
    shared: Arc<Shared>,
}

struct Shared {
    url: ConnectionUrl,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    views: BTreeMap<String, MemberView>,
    samplers: Vec<AbortHandle>,
    members: BTreeSet<String>,
    members_term: i64,
    primaries: Vec<PrimarySeen>,
    on_primary: Option<OnPrimary>,
}

impl Watch {
    /// Starts to watch all members of `cluster`.
    #[must_use]
    pub fn start(url: &ConnectionUrl, cluster: &Cluster) -> Self {
        let shared = Arc::new(Shared {
            url: url.clone(),
            state: Mutex::default(),
        });
        let members: BTreeSet<String> = cluster.members.iter().map(Seed::to_string).collect();
        shared.lock().members.clone_from(&members);
        for member in members {
            Shared::sample(&shared, member);
        }
        Self { shared }
    }

    /// Has `on_primary` called for each primary from now on, and at once for those seen before.
    pub fn tell(&self, on_primary: OnPrimary) {
        let mut state = self.shared.lock();
        for seen in &state.primaries {
            on_primary(seen);
        }
        state.on_primary = Some(on_primary);
    }

    /// The latest views of the members that the newest configuration names.
    #[must_use]
    pub fn views(&self) -> BTreeMap<String, MemberView> {
        let state = self.shared.lock();
        let unseen = || MemberView {
            asked_at: Instant::now(),
            sight: Sight::NotYetAsked,
        };
        let of = |member: &String| {
            (
                member.clone(),
                state.views.get(member).cloned().unwrap_or_else(unseen),
            )
        };
        state.members.iter().map(of).collect()
    }

    /// The same, but whoever was not asked since `since` counts as not asked.
    #[must_use]
    pub fn views_since(&self, since: Instant) -> BTreeMap<String, MemberView> {
        let mut views = self.views();
        for view in views.values_mut().filter(|view| view.asked_at < since) {
            view.sight = Sight::NotYetAsked;
        }
        views
    }

    /// The primary of the highest term among those that say they are it now, and its position.
    #[must_use]
    pub fn primary(&self) -> Option<(String, Option<OpTime>)> {
        newest_primary(&self.views())
    }

    /// All primaries in the order seen; one that stays over several terms is there once.
    #[must_use]
    pub fn primaries(&self) -> Vec<String> {
        let mut addresses: Vec<String> = self
            .shared
            .lock()
            .primaries
            .iter()
            .map(|seen| seen.address.clone())
            .collect();
        addresses.dedup();
        addresses
    }

    /// The members that the newest configuration names.
    #[must_use]
    pub fn members(&self) -> Vec<Seed> {
        self.shared
            .lock()
            .members
            .iter()
            .filter_map(|member| member.parse().ok())
            .collect()
    }

    /// Every member and its state, for a person.
    #[must_use]
    pub fn describe(&self) -> String {
        let describe = |(address, view): (String, MemberView)| match view.sight {
            Sight::NotYetAsked => format!("{address} was not asked yet"),
            Sight::NoAnswer(why) => format!("{address} does not answer ({why})"),
            Sight::Hello(hello) => format!("{address} is {}", state_name(&hello.state)),
        };
        self.views()
            .into_iter()
            .map(describe)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // A sampler waits for a task with the driver's future, so that ending it drops no such future.
        for sampler in self.shared.lock().samplers.drain(..) {
            sampler.abort();
        }
    }
}

fn state_name(state: &MemberState) -> &'static str {
    match state {
        MemberState::Primary => "primary",
        MemberState::Secondary => "secondary",
        MemberState::Arbiter => "arbiter",
        MemberState::Other => "neither primary nor secondary",
        _ => "not in the set",
    }
}

pub(super) fn newest_primary(
    views: &BTreeMap<String, MemberView>,
) -> Option<(String, Option<OpTime>)> {
    let claims = views
        .iter()
        .filter_map(|(address, view)| match &view.sight {
            Sight::Hello(hello) if hello.state == MemberState::Primary => {
                Some((hello.term, address, hello.last_write))
            }
            _ => None,
        });
    let newest = claims.max_by_key(|(term, _, _)| *term)?;
    Some((newest.1.clone(), newest.2))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts to ask one member, unless it is asked already.
    fn sample(shared: &Arc<Self>, member: String) {
        let Ok(seed) = member.parse::<Seed>() else {
            return;
        };
        let mut state = shared.lock();
        if state.views.contains_key(&member) {
            return;
        }
        state.views.insert(
            member.clone(),
            MemberView {
                asked_at: Instant::now(),
                sight: Sight::NotYetAsked,
            },
        );
        let sampler = tokio::spawn(Self::ask_for_ever(Arc::clone(shared), member, seed));
        state.samplers.push(sampler.abort_handle());
    }

    async fn ask_for_ever(shared: Arc<Self>, member: String, seed: Seed) {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut client: Option<Client> = None;
        loop {
            ticks.tick().await;
            let asked_at = Instant::now();
            if client.is_none() {
                let options = driver::direct(&shared.url, &seed, LIMIT);
                client = options
                    .and_then(|options| driver::client(options, None))
                    .ok();
            }
            let Some(current) = client.clone() else {
                continue;
            };
            let question = async move {
                current
                    .database("admin")
                    .run_command(doc! {"hello": 1})
                    .await
            };
            let sight = match bounded(LIMIT + Duration::from_millis(500), question).await {
                Ok(reply) => read_sight(reply),
                Err(unfinished) => {
                    client = None;
                    Sight::NoAnswer(unfinished.to_string())
                }
            };
            Self::note(&shared, &member, MemberView { asked_at, sight });
        }
    }

    fn note(shared: &Arc<Self>, member: &str, view: MemberView) {
        let newcomers = {
            let mut state = shared.lock();
            state.views.insert(member.to_owned(), view.clone());
            match &view.sight {
                Sight::Hello(hello) if hello.state == MemberState::Primary => {
                    state.note_primary(member, hello)
                }
                _ => Vec::new(),
            }
        };
        for newcomer in newcomers {
            Self::sample(shared, newcomer);
        }
    }
}

impl State {
    /// Returns the members that are not watched yet.
    fn note_primary(&mut self, member: &str, hello: &Hello) -> Vec<String> {
        let seen = PrimarySeen {
            address: member.to_owned(),
            term: hello.term,
        };
        if !self.primaries.contains(&seen) {
            if let Some(on_primary) = &self.on_primary {
                on_primary(&seen);
            }
            self.primaries.push(seen);
        }
        let term = hello.term.unwrap_or(0);
        if term < self.members_term || hello.members.is_empty() {
            return Vec::new();
        }
        self.members_term = term;
        self.members.clone_from(&hello.members);
        let unwatched = |member: &&String| !self.views.contains_key(*member);
        self.members.iter().filter(unwatched).cloned().collect()
    }
}

fn read_sight(reply: mongodb::error::Result<Document>) -> Sight {
    match reply {
        Ok(reply) => Sight::Hello(Box::new(Hello::from_reply(&reply))),
        Err(error) => {
            let facts = ErrorFacts::from(&error);
            Sight::NoAnswer(match facts.class {
                ErrorClass::ServerSelection => format!("nothing within {} s", LIMIT.as_secs()),
                _ => facts.message,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn primary(term: i64, members: &[&str]) -> Hello {
        let mut hello = Hello::from_reply(
            &doc! {"setName": "rs", "isWritablePrimary": true, "hosts": members.to_vec()},
        );
        hello.term = Some(term);
        hello
    }

    #[test]
    fn each_election_is_seen_once_and_only_the_newest_names_the_members() {
        let mut state = State::default();
        let newcomers = state.note_primary("a:1", &primary(1, &["a:1", "b:1"]));
        assert_eq!(newcomers, ["a:1", "b:1"]);
        state.note_primary("a:1", &primary(1, &["a:1", "b:1"]));
        state.note_primary("b:1", &primary(2, &["b:1", "c:1"]));
        // The old primary still believes in itself and in its old configuration.
        state.note_primary("a:1", &primary(1, &["a:1", "b:1"]));
        assert!(state.members.contains("c:1") && !state.members.contains("a:1"));
        state.note_primary("a:1", &primary(3, &["a:1"]));
        let seen: Vec<_> = state
            .primaries
            .iter()
            .map(|seen| (seen.address.as_str(), seen.term))
            .collect();
        assert_eq!(seen, [("a:1", Some(1)), ("b:1", Some(2)), ("a:1", Some(3))]);
    }

    #[test]
    fn who_asks_late_is_told_of_all_primaries_once() {
        let watch = Watch {
            shared: Arc::new(Shared {
                url: "h".parse().unwrap(),
                state: Mutex::default(),
            }),
        };
        watch.shared.lock().note_primary("a:1", &primary(1, &[]));
        let told = Arc::new(Mutex::new(Vec::new()));
        let listener = Arc::clone(&told);
        watch.tell(Arc::new(move |seen| {
            listener.lock().unwrap().push(seen.address.clone())
        }));
        watch.shared.lock().note_primary("a:1", &primary(1, &[]));
        watch.shared.lock().note_primary("b:1", &primary(2, &[]));
        assert_eq!(*told.lock().unwrap(), ["a:1", "b:1"]);
    }

    #[test]
    fn of_two_claims_the_later_term_counts() {
        let view = |hello| MemberView {
            asked_at: Instant::now(),
            sight: Sight::Hello(Box::new(hello)),
        };
        let views = BTreeMap::from([
            ("a:1".to_owned(), view(primary(4, &[]))),
            ("b:1".to_owned(), view(primary(3, &[]))),
        ]);
        assert_eq!(
            newest_primary(&views).map(|(address, _)| address),
            Some("a:1".into())
        );
    }
}
