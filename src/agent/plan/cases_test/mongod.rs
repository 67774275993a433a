//! What `mongod` answers: cases `mrc-*` (a proposal and its answer) and `wc-*` (the implied write concern), put to the
//! reference model. Our planner proposes nothing that the model refuses, in every state of small sets
//! (`reference::explore`); `tests/outside/reconfig.rs` asks a real server too.

use crate::agent::plan::reference::rules::Doing;
use crate::agent::plan::reference::rules::refusal::Code::{self, *};
use crate::agent::plan::reference::rules::write_concern::{Implicit, implicit_default};
use crate::agent::plan::reference::rules_test::{Case, case};
use mongodb::bson::doc;

/// The id, the question, what the notes expect; and if the model answers otherwise, how and why.
type Row = (
    &'static str,
    Case,
    Result<(), Code>,
    Option<(Result<(), Code>, &'static str)>,
);

const ACCEPTED: Result<(), Code> = Ok(());
/// The client sees it under this code since 5.0 (M8, M24).
const UNFIT: Result<(), Code> = Err(NewReplicaSetConfigurationIncompatible);
const NOT_YET: &str =
    "measured with 6.0.5: a voter that is new does not count until it has caught up (M8)";

fn rows() -> Vec<Row> {
    let horizons = |first: &str, second: &str| {
        case("VVV", "VVV")
            .with(0, doc! { "horizons": { "ext": first } })
            .with(1, doc! { "horizons": { "ext": second } })
    };
    vec![
        ("mrc-01", case("VVV", "VVVV"), ACCEPTED, None),
        (
            "mrc-02",
            case("VVV", "VVVVV"),
            UNFIT,
            Some((ACCEPTED, NOT_YET)),
        ),
        (
            "mrc-03",
            case("VVV", "VVVVV").but(|case| case.force = true),
            ACCEPTED,
            None,
        ),
        (
            "mrc-06",
            case("VVV", "VVV").with(2, doc! { "_id": 3, "host": "h3:27017" }),
            UNFIT,
            Some((ACCEPTED, NOT_YET)),
        ),
        ("mrc-07", case("VVVN", "VVNV"), UNFIT, None),
        ("mrc-08", case("VVV", "VVVNN"), ACCEPTED, None),
        (
            "mrc-09",
            case("VVV", "VVV").with(2, doc! { "_id": 9 }),
            UNFIT,
            None,
        ),
        (
            "mrc-10",
            case("VVV", "VVV").with(2, doc! { "host": "x:27017" }),
            ACCEPTED,
            None,
        ),
        (
            "mrc-13",
            case("VVV", "VVV").but(|case| case.version = 5),
            UNFIT,
            None,
        ),
        (
            "mrc-14",
            case("VVVVVVV", "VVVVVVVV"),
            UNFIT,
            Some((ACCEPTED, NOT_YET)),
        ),
        ("mrc-14", case("VVVVVVVN", "VVVVVVVV"), UNFIT, None),
        (
            "mrc-17",
            case("VVV", "VVV").with(2, doc! { "_id": 1, "host": "y:1" }),
            UNFIT,
            None,
        ),
        (
            "mrc-18",
            case("VVV", "VVV").with(2, doc! { "host": "h1:27017" }),
            UNFIT,
            None,
        ),
        (
            "mrc-19",
            case("V", "VV").with(1, doc! { "host": "localhost:27018" }),
            UNFIT,
            None,
        ),
        ("mrc-20", horizons("e0:1", "e1:1"), UNFIT, None),
        (
            "mrc-21",
            horizons("e:1", "e:1").with(2, doc! { "horizons": { "ext": "e2:1" } }),
            UNFIT,
            None,
        ),
        ("mrc-22", case("VV", "VVA"), UNFIT, None),
        (
            "mrc-24",
            case("VNA", "VVA").but(|case| case.write_concern_set = true),
            UNFIT,
            None,
        ),
        (
            "mrc-25",
            case("VVV", "VVVV").but(|case| case.doing = Doing::Reconfiguring),
            Err(ConfigurationInProgress),
            None,
        ),
        (
            "mrc-28",
            case("VVV", "VVVV").but(|case| case.committed = false),
            Err(CurrentConfigNotCommittedYet),
            None,
        ),
        (
            "mrc-30",
            case("VVV", "VVV").with(0, doc! { "priority": 0 }),
            Err(NodeNotElectable),
            None,
        ),
    ]
}

#[test]
fn proposals_are_answered_as_is_known_of_mongod() {
    for (id, case, known, measured) in rows() {
        let answer = case.ask();
        let said = answer.as_ref().map(drop).map_err(|(code, _)| *code);
        let expected = match measured {
            Some((ours, why)) => {
                assert!(ours != known && !why.is_empty(), "{id}");
                ours
            }
            None => known,
        };
        assert_eq!(said, expected, "{id}: {answer:?}");
    }
}

#[test]
fn the_write_concern_that_is_implied_follows_from_the_arbiters() {
    for (id, with_data, arbiters, implied) in [
        ("wc-1-0", 1, 0, Implicit::Majority),
        ("wc-2-1", 2, 1, Implicit::One),
        ("wc-4-1", 4, 1, Implicit::Majority),
        ("wc-3-2", 3, 2, Implicit::One),
    ] {
        assert_eq!(implicit_default(with_data, arbiters), implied, "{id}");
    }
}
