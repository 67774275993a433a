//! `primary`: who is primary, and who says so. Every member is asked by itself: during a partition two may say it.

use super::{Answer, Situation};
use crate::model::address::HostPort;
use crate::model::connection_url::{ConnectionUrl, Seed};
use crate::model::observed::SetFacts;
use crate::model::set_view::SetView;
use crate::model::unit::UnitName;
use crate::mongo::connection::Connection;
use crate::mongo::error::MongoError;
use crate::mongo::query::{self, Hello};
use std::collections::BTreeMap;

/// One member's answer, or why there is none.
pub type Answers = BTreeMap<HostPort, Result<Hello, String>>;

/// A member that says it is primary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimant {
    /// Its address.
    pub host: HostPort,
    /// The term in which it says that it was elected.
    pub term: i64,
}

/// Asks all members side by side.
pub async fn ask(members: impl IntoIterator<Item = HostPort>) -> Answers {
    let tasks: Vec<_> = members
        .into_iter()
        .map(|host| {
            let server = host.clone();
            (host, tokio::spawn(async move { ask_one(&server).await }))
        })
        .collect();
    let mut answers = BTreeMap::new();
    for (host, task) in tasks {
        let answer = task.await.unwrap_or_else(|gone| Err(gone.to_string()));
        answers.insert(host, answer);
    }
    answers
}

/// Asks one.
pub async fn ask_one(server: &HostPort) -> Result<Hello, String> {
    let said = |error: MongoError| error.class.to_string();
    let connection = Connection::to(server).map_err(said)?;
    let mut hello = query::hello(&connection).await.map_err(said)?;
    if hello.set_name.is_some() && !hello.primary && !hello.secondary {
        let status = query::status(&connection).await.ok();
        let own =
            status.and_then(|status| Some(status.members.get(&status.myself?)?.state.to_string()));
        hello.state = own;
    }
    Ok(hello)
}

/// All that say they are primary, the highest term first: that one is.
pub fn claimants(answers: &Answers) -> Vec<Claimant> {
    let claims = answers.iter().filter_map(|(host, answer)| {
        let hello = answer.as_ref().ok().filter(|hello| hello.primary)?;
        Some(Claimant {
            host: host.clone(),
            term: hello.term.unwrap_or(-1),
        })
    });
    let mut claims: Vec<Claimant> = claims.collect();
    claims.sort_by(|a, b| b.term.cmp(&a.term).then_with(|| a.host.cmp(&b.host)));
    claims
}

/// `10.0.0.1:27017 secondary, 10.0.0.2:27017 does not answer (…)`.
pub fn states(answers: &Answers) -> String {
    let said = answers.iter().map(|(host, answer)| match answer {
        // A server without a set says of itself that it can be written to.
        Ok(hello) if hello.set_name.is_none() => format!("{host} in no set"),
        Ok(hello) if hello.primary => format!("{host} primary"),
        Ok(hello) if hello.secondary => format!("{host} secondary"),
        Ok(hello) => {
            let state = hello.state.as_deref();
            format!(
                "{host} {}",
                state.unwrap_or("neither primary nor secondary")
            )
        }
        Err(why) => format!("{host} does not answer: {why}"),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The connection string for clients: all members, no password.
pub fn url(members: &[HostPort], set_name: &str) -> String {
    let seeds = members.iter().map(Seed::from).collect();
    ConnectionUrl::of_set(seeds, set_name).canonical()
}

/// The report, the same for the action and the command line.
pub fn answer(
    answers: &Answers,
    members: &[HostPort],
    set_name: &str,
    units: &BTreeMap<HostPort, UnitName>,
) -> Answer {
    let claims = claimants(answers);
    let list: Vec<String> = members.iter().map(ToString::to_string).collect();
    let claimed: Vec<String> = claims
        .iter()
        .map(|claim| format!("{} (term {})", claim.host, claim.term))
        .collect();
    let Some(primary) = claims.first() else {
        return Answer::failed(format!(
            "no member says that it is primary: {}",
            states(answers)
        ))
        .with("set-name", set_name)
        .with("members", list.join(","));
    };
    let unit = units.get(&primary.host).map(ToString::to_string);
    Answer::default()
        .with("primary", &primary.host)
        .with("unit", unit.unwrap_or_default())
        .with("term", primary.term)
        .with("set-name", set_name)
        .with("members", list.join(","))
        .with("url", url(members, set_name))
        .with("claimants", claimed.join(", "))
}

/// The set as it was seen from the unit, or why it was not.
pub fn seen(set: &SetFacts) -> Result<&SetView, String> {
    match set {
        SetFacts::Seen(view) => Ok(view),
        SetFacts::NotAsked => {
            Err("mongod does not run on this unit, and no other unit has said where its own is; look at the status".to_owned())
        }
        SetFacts::NotInitiated(_) => Err("there is no replica set yet".to_owned()),
        SetFacts::Unknown(why) => Err(format!(
            "the set cannot be seen from here: waiting for {why}"
        )),
    }
}

/// The action.
pub async fn run(situation: &Situation) -> Answer {
    let view = match seen(&situation.set) {
        Ok(view) => view,
        Err(why) => return Answer::failed(why),
    };
    let members: Vec<HostPort> = view
        .config
        .members()
        .map(|member| member.host.clone())
        .collect();
    let units = view
        .config
        .members()
        .filter_map(|m| Some((m.host.clone(), m.unit.clone()?)))
        .collect();
    let answers = ask(members.clone()).await;
    answer(&answers, &members, view.config.name(), &units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(primary: bool, term: i64) -> Result<Hello, String> {
        Ok(Hello {
            set_name: Some("rs".into()),
            primary,
            secondary: !primary,
            state: None,
            term: primary.then_some(term),
            knows_primary: None,
            hosts: vec![],
            me: None,
        })
    }

    #[test]
    fn of_two_that_say_it_the_higher_term_is_primary_and_both_are_shown() {
        let host = |name: &str| HostPort::new(name, 1);
        let answers = Answers::from([
            (host("a"), hello(true, 3)),
            (host("b"), hello(true, 4)),
            (host("c"), Err("connection refused".into())),
        ]);
        let members: Vec<HostPort> = answers.keys().cloned().collect();
        let said = answer(&answers, &members, "rs", &BTreeMap::new());
        let result = |key: &str| {
            said.results
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.as_str())
        };
        assert_eq!(result("primary"), Some("b:1"));
        assert_eq!(result("claimants"), Some("b:1 (term 4), a:1 (term 3)"));
        assert_eq!(result("url"), Some("mongodb://a:1,b:1,c:1/?replicaSet=rs"));
    }

    #[test]
    fn a_server_without_a_set_is_not_called_primary() {
        let alone = Hello {
            set_name: None,
            ..hello(true, 0).unwrap()
        };
        let answers = Answers::from([(HostPort::new("a", 1), Ok(alone))]);
        assert_eq!(states(&answers), "a:1 in no set");
    }

    #[test]
    fn without_a_primary_it_fails_and_says_who_is_there() {
        let host = |name: &str| HostPort::new(name, 1);
        let answers = Answers::from([
            (host("a"), hello(false, 0)),
            (host("b"), Err("timed out".into())),
        ]);
        let said = answer(&answers, &[], "rs", &BTreeMap::new());
        let why = said.failure.unwrap();
        assert!(
            why.contains("a:1 secondary") && why.contains("b:1 does not answer: timed out"),
            "{why}"
        );
    }
}
