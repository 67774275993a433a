//! `connection-url`: what a client is to connect to. Any one member that is alive is enough for a driver; all are named so
//! that it does not matter which one is.

use super::primary::{Answers, ask, seen};
use super::{Answer, Situation};
use crate::model::address::HostPort;
use crate::model::connection_url::{ConnectionUrl, Seed};

/// The action.
pub async fn run(situation: &Situation) -> Answer {
    let view = match seen(&situation.set) {
        Ok(view) => view,
        Err(why) => return Answer::failed(why),
    };
    let visible = view.config.members().filter(|member| !member.hidden);
    let members: Vec<HostPort> = visible.map(|member| member.host.clone()).collect();
    let answers = ask(members.clone()).await;
    let chance = rand::random_range(0..usize::MAX);
    let any = situation.flag("any");
    answer(&members, view.config.name(), &answers, any, chance)
}

/// What it says. A client that knows one seed only is given one by chance, so that not all ask the same one.
fn answer(
    members: &[HostPort],
    set_name: &str,
    answers: &Answers,
    any: bool,
    chance: usize,
) -> Answer {
    let there = |host: &&HostPort| answers.get(host).is_some_and(Result::is_ok);
    let live: Vec<&HostPort> = members.iter().filter(there).collect();
    let silent = members.iter().filter(|host| !there(host));
    let silent: Vec<String> = silent.map(ToString::to_string).collect();
    let seed = live.get(chance.checked_rem(live.len()).unwrap_or(0));
    let named: Vec<Seed> = match (any, seed) {
        (false, _) => members.iter().map(Seed::from).collect(),
        (true, Some(seed)) => vec![Seed::from(*seed)],
        (true, None) => {
            return Answer::failed(format!(
                "no member answers at its address, seen from this unit: {}",
                silent.join(", ")
            ));
        }
    };
    let list: Vec<String> = members.iter().map(ToString::to_string).collect();
    let mut said = Answer::default()
        .with("url", ConnectionUrl::of_set(named, set_name).canonical())
        .with("set-name", set_name)
        .with("members", list.join(","));
    if let Some(seed) = seed {
        said = said.with("seed", seed);
    }
    if !silent.is_empty() {
        said = said.with("silent", silent.join(","));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mongo::query::Hello;

    fn hello() -> Hello {
        Hello {
            set_name: Some("rs".into()),
            primary: false,
            secondary: true,
            state: None,
            term: None,
            knows_primary: None,
            hosts: vec![],
            me: None,
        }
    }

    #[test]
    fn all_members_are_named_or_one_that_answers() {
        let members = ["a", "b", "c"].map(|name| HostPort::new(name, 1));
        let answers = |live: &str| -> Answers {
            let answer = |host: &HostPort| match live.contains(host.host.as_str()) {
                true => Ok(hello()),
                false => Err("no connection".to_owned()),
            };
            let answers = members.iter().map(|host| (host.clone(), answer(host)));
            answers.collect()
        };
        let all = "mongodb://a:1,b:1,c:1/?replicaSet=rs";
        for (live, any, chance, url, seed, silent) in [
            ("abc", false, 4, all, Some("b:1"), None),
            ("ac", false, 1, all, Some("c:1"), Some("b:1")),
            ("", false, 1, all, None, Some("a:1,b:1,c:1")),
            (
                "bc",
                true,
                0,
                "mongodb://b:1/?replicaSet=rs",
                Some("b:1"),
                Some("a:1"),
            ),
        ] {
            let said = answer(&members, "rs", &answers(live), any, chance);
            let result = |key: &str| {
                let found = said.results.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value.as_str())
            };
            assert_eq!(said.failure, None);
            assert_eq!(result("url"), Some(url), "{live}");
            assert_eq!(result("seed"), seed, "{live}");
            assert_eq!(result("silent"), silent, "{live}");
        }
        let nobody = answer(&members, "rs", &answers(""), true, 0);
        assert!(
            nobody
                .failure
                .is_some_and(|why| why.contains("a:1, b:1, c:1"))
        );
    }
}
