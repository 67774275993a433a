//! Finds a set through any one of its members: one is asked first, and another one each time that nobody has answered for a
//! moment, until one is a member.

use crate::agent::action::primary::{Answers, ask_one, states};
use crate::host::{clock, seeds};
use crate::juju::context;
use crate::model::address::HostPort;
use crate::model::connection_url::ConnectionUrl;
use crate::model::seeds::{Memory, file};
use crate::mongo::query::Hello;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long whoever was asked last has to itself. A server of the same site answers in milliseconds.
const HEAD_START: Duration = Duration::from_millis(300);
/// The same for the one that answered the last time: it most likely does again.
const HEAD_START_OF_KNOWN: Duration = Duration::from_secs(2);

/// A set that was found.
pub struct Found {
    /// The seed that answered.
    pub seed: HostPort,
    /// Its name.
    pub set_name: String,
    /// All members that clients see.
    pub members: Vec<HostPort>,
}

/// Finds it, and remembers who answered.
///
/// # Errors
/// A sentence, when no seed is a member of the set, or the URL asks for TLS.
pub async fn find(url: &ConnectionUrl) -> Result<Found, String> {
    if url.asks_for_tls() {
        let why = "this command speaks without TLS, which the URL asks for; write-test and trial hand it to the driver";
        return Err(why.to_owned());
    }
    let given: Vec<HostPort> = url
        .seeds
        .iter()
        .map(|seed| HostPort::new(&seed.host, seed.port))
        .collect();
    // A single one needs no memory.
    let path = file(&context::environment()).filter(|_| given.len() > 1);
    let mut memory = path.as_deref().map(seeds::load).unwrap_or_default();
    let order = memory.order(&given, rand::random_range(0..usize::MAX));
    let known = memory.answered(&given);
    let (seed, hello) = first(order, known, url.set_name.as_ref()).await?;
    if let Some(path) = path
        && memory.answered(&given) != Some(&seed)
    {
        memory.remember(&given, &seed, clock::now_ms());
        keep(&path, &memory);
    }
    let members: BTreeSet<HostPort> = hello.hosts.iter().cloned().collect();
    Ok(Found {
        seed,
        set_name: hello.set_name.unwrap_or_default(),
        members: members.into_iter().collect(),
    })
}

fn keep(path: &std::path::Path, memory: &Memory) {
    if let Err(error) = seeds::save(path, memory) {
        tracing::debug!("which seed answered is not remembered: {error}");
    }
}

/// The first of them that is a member of the wanted set.
async fn first(
    order: Vec<HostPort>,
    known: Option<&HostPort>,
    wanted: Option<&String>,
) -> Result<(HostPort, Hello), String> {
    let mut to_ask = order.into_iter();
    let mut asked = JoinSet::new();
    let mut answers = Answers::new();
    loop {
        let next = to_ask.next();
        let last = next.is_none();
        let limit = match &next {
            Some(seed) if known == Some(seed) => HEAD_START_OF_KNOWN,
            Some(_) => HEAD_START,
            // There is no other one: they are all waited for.
            None => Duration::MAX,
        };
        if let Some(seed) = next {
            asked.spawn(async move {
                let answer = ask(&seed).await;
                (seed, answer)
            });
        }
        match timeout(limit, asked.join_next()).await {
            Ok(Some(Ok((seed, Ok(hello))))) if is_in(&hello, wanted) => return Ok((seed, hello)),
            Ok(Some(Ok((seed, answer)))) => {
                answers.insert(seed, answer);
            }
            Ok(None) if last => return Err(not_found(&answers, wanted)),
            // Nobody has answered yet.
            _ => {}
        }
    }
}

/// Asks one. A closed port is said at once: the driver would wait for it to open.
async fn ask(seed: &HostPort) -> Result<Hello, String> {
    let connecting = TcpStream::connect((seed.host.as_str(), seed.port));
    match timeout(HEAD_START_OF_KNOWN, connecting).await {
        Ok(Err(error)) => Err(format!("no connection ({error})")),
        _ => ask_one(seed).await,
    }
}

fn is_in(hello: &Hello, wanted: Option<&String>) -> bool {
    hello.set_name.is_some() && (wanted.is_none() || hello.set_name.as_ref() == wanted)
}

fn not_found(answers: &Answers, wanted: Option<&String>) -> String {
    let mut hellos = answers.values().filter_map(|answer| answer.as_ref().ok());
    let named = hellos.find_map(|hello| hello.set_name.as_ref());
    if let (Some(name), Some(wanted)) = (named, wanted) {
        return format!(
            "the set there is called {name}, not {wanted}; leave replicaSet out or correct it"
        );
    }
    if answers.values().any(Result::is_ok) {
        return format!(
            "no replica set there: {}; start mongod with --replSet and initiate it",
            states(answers)
        );
    }
    format!(
        "nothing there can be reached: {}; check the address, and that mongod runs",
        states(answers)
    )
}
