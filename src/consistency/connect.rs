//! Finds the set behind a URL: any one live seed is enough.
//!
//! In: a [`ConnectionUrl`]. Out: the [`Cluster`], or one sentence that says why there is none. The
//! seeds are asked side by side and directly, so that a closed port or a frozen server costs the
//! others nothing, and a missing or wrong set name is said instead of waited for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mongodb::bson::doc;
use mongodb::error::ErrorKind;
use mongodb::event::EventHandler;
use mongodb::event::sdam::SdamEvent;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::bounded::{Unfinished, bounded};
use super::driver;
use super::error::Error;
use super::hello::{Hello, MemberState};
use crate::model::connection_url::{ConnectionUrl, Seed};

/// How long a seed may take to accept a connection, and then to answer.
pub const SEED_LIMIT: Duration = Duration::from_secs(3);

/// A replica set that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub set_name: String,
    /// All members that are not hidden, as their configuration names them.
    pub members: Vec<Seed>,
}

/// What one seed said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A reply to `hello`.
    Hello(Box<Hello>),
    /// No connection; why.
    Unreachable(String),
    /// A connection, and nothing on it.
    Silent,
    /// A connection, and no `hello` on it; why.
    NotUnderstood(String),
    /// The log-in was refused; why.
    Refused(String),
}

/// Asks all seeds and returns the set of the first that is a member.
///
/// # Errors
/// [`Error`] in one sentence, within about twice [`SEED_LIMIT`].
pub async fn discover(url: &ConnectionUrl) -> Result<Cluster, Error> {
    let mut asked = JoinSet::new();
    for (position, seed) in url.seeds.iter().enumerate() {
        // Refused options are the same for all seeds; say so before anything is sent.
        driver::direct(url, seed, SEED_LIMIT)?;
        let (url, seed) = (url.clone(), seed.clone());
        asked.spawn(async move {
            let answer = ask(&url, &seed).await;
            (position, seed, answer)
        });
    }
    let mut answers = Vec::new();
    while let Some(joined) = asked.join_next().await {
        let Ok((position, seed, answer)) = joined else {
            continue;
        };
        if let Some(cluster) = as_cluster(&answer, url.set_name.as_deref()) {
            return Ok(cluster);
        }
        answers.push((position, seed, answer));
    }
    answers.sort_by_key(|(position, _, _)| *position);
    let answers: Vec<(Seed, Answer)> = answers
        .into_iter()
        .map(|(_, seed, answer)| (seed, answer))
        .collect();
    Err(conclude(&answers, url.set_name.as_deref()))
}

async fn ask(url: &ConnectionUrl, seed: &Seed) -> Answer {
    // The driver makes one wait of "refused" and "silent"; a plain connection tells them apart.
    match timeout(
        SEED_LIMIT,
        TcpStream::connect((seed.host.as_str(), seed.port)),
    )
    .await
    {
        Err(_) => {
            return Answer::Unreachable(format!("no connection within {} s", SEED_LIMIT.as_secs()));
        }
        Ok(Err(error)) => return Answer::Unreachable(connect_error(&error)),
        Ok(Ok(_)) => {}
    }
    let mut options = match driver::direct(url, seed, SEED_LIMIT) {
        Ok(options) => options,
        Err(error) => return Answer::NotUnderstood(error.to_string()),
    };
    let heard = MonitorLog::default();
    options.sdam_event_handler = Some(heard.handler());
    let client = match driver::client(options, None) {
        Ok(client) => client,
        Err(error) => return Answer::NotUnderstood(error.to_string()),
    };
    let limit = SEED_LIMIT + Duration::from_millis(500);
    let asked = async move {
        client
            .database("admin")
            .run_command(doc! {"hello": 1})
            .await
    };
    match bounded(limit, asked).await {
        Ok(Ok(reply)) => Answer::Hello(Box::new(Hello::from_reply(&reply))),
        Ok(Err(error)) => match error.kind.as_ref() {
            ErrorKind::Authentication { message, .. } => Answer::Refused(message.clone()),
            ErrorKind::ServerSelection { .. } => heard.answer(),
            _ => Answer::NotUnderstood(driver::plain(&error)),
        },
        Err(Unfinished::Late(_)) => Answer::Silent,
        Err(Unfinished::Broken(why)) => Answer::NotUnderstood(why),
    }
}

/// What the driver's monitor of one server met with. The error of the operation itself only says
/// that no server was found.
#[derive(Clone, Default)]
struct MonitorLog {
    last: Arc<Mutex<Option<mongodb::error::Error>>>,
}

impl MonitorLog {
    fn handler(&self) -> EventHandler<SdamEvent> {
        let last = Arc::clone(&self.last);
        EventHandler::callback(move |event| {
            if let SdamEvent::ServerHeartbeatFailed(failed) = event {
                *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed.failure);
            }
        })
    }

    fn answer(&self) -> Answer {
        match self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
        {
            None => Answer::Silent,
            Some(error) if is_time_out(error) => Answer::Silent,
            Some(error) => Answer::NotUnderstood(driver::plain(error)),
        }
    }
}

fn is_time_out(error: &mongodb::error::Error) -> bool {
    matches!(error.kind.as_ref(), ErrorKind::Io(io) if io.kind() == std::io::ErrorKind::TimedOut)
}

fn connect_error(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        std::io::ErrorKind::HostUnreachable => "no route to the host".to_owned(),
        std::io::ErrorKind::NetworkUnreachable => "no route to the network".to_owned(),
        std::io::ErrorKind::TimedOut => "no connection in time".to_owned(),
        _ => error.to_string(),
    }
}

fn as_cluster(answer: &Answer, asked: Option<&str>) -> Option<Cluster> {
    let Answer::Hello(hello) = answer else {
        return None;
    };
    let set_name = hello.set_name.clone()?;
    if asked.is_some_and(|asked| asked != set_name) {
        return None;
    }
    let members: Vec<Seed> = hello
        .members
        .iter()
        .filter_map(|member| member.parse().ok())
        .collect();
    (!members.is_empty()).then_some(Cluster { set_name, members })
}

/// One error out of what all seeds said: the one that tells most, in the order of the seeds.
fn conclude(answers: &[(Seed, Answer)], asked: Option<&str>) -> Error {
    for (seed, answer) in answers {
        let seed = seed.clone();
        match answer {
            Answer::Refused(why) => {
                return Error::Authentication {
                    seed,
                    why: why.clone(),
                };
            }
            Answer::Hello(hello) => match (&hello.set_name, asked) {
                (Some(found), Some(asked)) if found != asked => {
                    return Error::WrongSetName {
                        seed,
                        asked: asked.to_owned(),
                        found: found.clone(),
                    };
                }
                _ if hello.state == MemberState::Router => return Error::Router(seed),
                _ if hello.state == MemberState::Standalone => return Error::Standalone(seed),
                _ => return Error::NotInitiated(seed),
            },
            _ => {}
        }
    }
    if let [(seed, Answer::Silent)] = answers {
        return Error::Silent {
            seed: seed.clone(),
            after: SEED_LIMIT,
        };
    }
    let reason = |answer: &Answer| match answer {
        Answer::Unreachable(why) => why.clone(),
        Answer::NotUnderstood(why) => {
            format!("it accepts connections but does not answer like a mongod: {why}")
        }
        _ => format!(
            "it accepts connections but says nothing within {} s",
            SEED_LIMIT.as_secs()
        ),
    };
    Error::Unreachable(
        answers
            .iter()
            .map(|(seed, answer)| (seed.clone(), reason(answer)))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use mongodb::bson::Document;

    use super::*;

    fn hello(reply: Document) -> Answer {
        Answer::Hello(Box::new(Hello::from_reply(&reply)))
    }

    fn refused() -> Answer {
        Answer::Unreachable("connection refused".into())
    }

    #[test]
    fn a_member_makes_a_cluster_unless_the_name_differs() {
        let answer = hello(doc! {"setName": "rs", "secondary": true, "hosts": ["b:2", "[::1]:1"]});
        let members = vec!["[::1]:1".parse().unwrap(), "b:2".parse().unwrap()];
        let cluster = Cluster {
            set_name: "rs".into(),
            members,
        };
        assert_eq!(as_cluster(&answer, None), Some(cluster.clone()));
        assert_eq!(as_cluster(&answer, Some("rs")), Some(cluster));
        assert_eq!(as_cluster(&answer, Some("other")), None);
        assert_eq!(as_cluster(&refused(), None), None);
    }

    #[test]
    fn what_failed_is_said_with_what_to_do() {
        let table = [
            (
                vec![refused(), Answer::Silent],
                None,
                "nothing is reachable at s0:1 (connection refused), s1:1 (it accepts connections but says nothing within 3 s): check that mongod runs there and that the addresses and ports are right",
            ),
            (
                vec![Answer::Silent],
                None,
                "s0:1 accepts connections but says nothing within 3 s",
            ),
            (
                vec![refused(), hello(doc! {"isWritablePrimary": true})],
                None,
                "the mongod at s1:1 is not a member of a replica set: start it with --replSet",
            ),
            (
                vec![hello(doc! {"isreplicaset": true})],
                Some("rs"),
                "the mongod at s0:1 has no replica set configuration: initiate",
            ),
            (
                vec![hello(doc! {"msg": "isdbgrid"})],
                None,
                "s0:1 is a mongos",
            ),
            (
                vec![hello(doc! {"setName": "b", "secondary": true})],
                Some("a"),
                "s0:1 belongs to the replica set \"b\", not to \"a\": correct replicaSet",
            ),
            (
                vec![Answer::Refused("no such user".into())],
                None,
                "s0:1 refuses the log-in: no such user; check",
            ),
            (
                vec![Answer::NotUnderstood("garbage".into())],
                None,
                "nothing is reachable at s0:1 (it accepts connections but does not answer like a mongod: garbage)",
            ),
        ];
        for (answers, asked, expected) in table {
            let seeds = (0..).map(|position| format!("s{position}:1").parse::<Seed>().unwrap());
            let answers: Vec<_> = seeds.zip(answers).collect();
            let text = conclude(&answers, asked).to_string();
            assert!(text.starts_with(expected), "{text}");
        }
    }
}
