//! Is the set whole, and does it agree? Pure: the views of all members in, a judgement out.

use std::collections::BTreeMap;

use super::hello::{MemberState, OpTime};
use super::watch::{MemberView, Sight};

/// The judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wholeness {
    /// One primary, everybody follows it and has everything up to the target.
    Whole {
        /// `host:port` of the primary.
        primary: String,
    },
    /// Not yet; why.
    NotYet(String),
}

/// Judges views of all members of the configuration.
///
/// `target` is the position that every member must have reached: what the primary had when it was
/// first seen after the last append.
#[must_use]
pub fn assess(views: &BTreeMap<String, MemberView>, target: Option<OpTime>) -> Wholeness {
    let mut primaries = Vec::new();
    let mut missing = Vec::new();
    for (address, view) in views {
        match &view.sight {
            Sight::NotYetAsked => missing.push(format!("{address} was not asked yet")),
            Sight::NoAnswer(why) => missing.push(format!("{address} does not answer: {why}")),
            Sight::Hello(hello) => match hello.state {
                MemberState::Primary => primaries.push(address.clone()),
                MemberState::Secondary | MemberState::Arbiter => {}
                MemberState::Other => {
                    missing.push(format!("{address} is neither primary nor secondary"))
                }
                _ => missing.push(format!("{address} is not in the set")),
            },
        }
    }
    match primaries.as_slice() {
        [] => missing.insert(0, "no primary".to_owned()),
        [primary] if missing.is_empty() => return agreement(views, primary, target),
        [_] => {}
        several => missing.insert(0, format!("{} say they are primary", several.join(" and "))),
    }
    Wholeness::NotYet(missing.join("; "))
}

fn agreement(
    views: &BTreeMap<String, MemberView>,
    primary: &str,
    target: Option<OpTime>,
) -> Wholeness {
    for (address, view) in views {
        let Sight::Hello(hello) = &view.sight else {
            continue;
        };
        if hello
            .primary
            .as_deref()
            .is_none_or(|other| !other.eq_ignore_ascii_case(primary))
        {
            return Wholeness::NotYet(format!(
                "{address} does not follow the primary {primary} yet"
            ));
        }
        let behind =
            target.is_some_and(|target| hello.last_write.is_none_or(|reached| reached < target));
        if behind && hello.state != MemberState::Arbiter {
            return Wholeness::NotYet(format!("{address} has not caught up"));
        }
    }
    Wholeness::Whole {
        primary: primary.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use mongodb::bson::{Timestamp, doc};

    use super::*;
    use crate::consistency::hello::Hello;

    fn member(state: &str, primary: &str, time: u32) -> Sight {
        let reply = doc! {
            "setName": "rs", state: true, "primary": primary,
            "lastWrite": {"opTime": {"ts": Timestamp { time, increment: 1 }, "t": 1_i64}},
        };
        Sight::Hello(Box::new(Hello::from_reply(&reply)))
    }

    fn judge(sights: Vec<(&str, Sight)>) -> Wholeness {
        let views = sights.into_iter().map(|(address, sight)| {
            (
                address.to_owned(),
                MemberView {
                    asked_at: Instant::now(),
                    sight,
                },
            )
        });
        assess(
            &views.collect(),
            Some(OpTime {
                term: 1,
                timestamp: (5, 1),
            }),
        )
    }

    #[test]
    fn judgements() {
        let primary = || ("a:1", member("isWritablePrimary", "a:1", 5));
        let secondary = |time| ("b:1", member("secondary", "a:1", time));
        assert_eq!(
            judge(vec![primary(), secondary(5)]),
            Wholeness::Whole {
                primary: "a:1".into()
            }
        );
        assert_eq!(
            judge(vec![primary(), secondary(6)]),
            Wholeness::Whole {
                primary: "a:1".into()
            }
        );
        let table = [
            (vec![primary(), secondary(4)], "b:1 has not caught up"),
            (vec![secondary(5)], "no primary"),
            (
                vec![primary(), ("b:1", member("isWritablePrimary", "b:1", 5))],
                "a:1 and b:1 say they are primary",
            ),
            (
                vec![primary(), ("b:1", member("secondary", "c:1", 5))],
                "b:1 does not follow the primary a:1 yet",
            ),
            (
                vec![primary(), ("b:1", Sight::NoAnswer("refused".into()))],
                "b:1 does not answer: refused",
            ),
            (
                vec![primary(), ("b:1", Sight::NotYetAsked)],
                "b:1 was not asked yet",
            ),
            (
                vec![primary(), ("b:1", member("other", "a:1", 5))],
                "b:1 is neither primary nor secondary",
            ),
        ];
        for (sights, expected) in table {
            assert_eq!(judge(sights), Wholeness::NotYet(expected.to_owned()));
        }
        assert_eq!(
            assess(&BTreeMap::new(), None),
            Wholeness::NotYet("no primary".into())
        );
    }
}
