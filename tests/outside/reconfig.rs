//! A real `mongod` and the reference model of its rules get the same proposals, and must give the same answers.

mod accepted;
mod document;
mod edits;
mod members;
mod real;

use self::edits::{
    Edit, Row, STANDBY, add, asked, both, list, nothing, other, others, out, settings, top,
};
use self::real::Real;
use self::rules::Doing;
use crate::write_test::running::run;
use mongodb::bson::{Bson, Document, doc};

#[expect(dead_code, reason = "the explorer uses what is not used here")]
#[path = "../../src/agent/plan/reference/rules/mod.rs"]
mod rules;
#[test]
fn mongod_answers_each_reconfig_as_the_reference_does() {
    run(async {
        let mut real = Real::start().await;
        let primary = real.set.primary().await;
        real.committed(primary).await;
        for (name, force, expected, edit) in
            document::refused().into_iter().chain(members::refused())
        {
            real.agree(name, force, expected, edit).await;
        }
        let base = real.set.members[primary].stored_config().await;
        let follower = (primary + 1) % 3;
        for (force, expected) in [(false, Err(10107)), (true, Ok(Vec::new()))] {
            let edit = other(doc! { "tags": { "a": "b" } });
            let (answer, reference) = real.propose(follower, Doing::Other, force, &edit).await;
            assert_eq!(
                (&answer, &reference),
                (&expected, &expected),
                "on a secondary"
            );
        }
        for (name, force, expected, edit) in accepted::accepted() {
            real.restore(&base).await;
            real.agree(name, force, expected, edit).await;
        }
        real.restore(&base).await;
        arbiters(&mut real, &base).await;
    });
}

/// With a default write concern for the cluster, arbiters may come (M17); then their own rules are seen.
async fn arbiters(real: &mut Real, base: &Document) {
    let primary = real.set.primary().await;
    let command = doc! { "setDefaultRWConcern": 1, "defaultWriteConcern": { "w": "majority" } };
    real.set.members[primary].run(command).await.unwrap();
    real.write_concern_set = true;
    let arbiter = || doc! { "arbiterOnly": true, "priority": 0 };
    let rows: Vec<Row> = vec![
        asked("arbiterOnly changed", Err(103), other(arbiter())),
        asked(
            "an arbiter with priority 2",
            Err(103),
            add(3..4, doc! {"arbiterOnly": true, "priority": 2}),
        ),
        asked("two arbiters", Err(103), add(3..5, arbiter())),
        asked(
            "an arbiter and a vote less",
            Err(103),
            both(add(3..4, arbiter()), other(STANDBY())),
        ),
        asked(
            "an arbiter with priority 1",
            Ok(()),
            add(3..4, doc! {"arbiterOnly": true, "priority": 1}),
        ),
    ];
    for (name, force, expected, edit) in rows {
        real.agree(name, force, expected, edit).await;
    }
    real.restore(base).await;
    // M19, from a primary, a member without a vote and an arbiter.
    let psa = both(both(other(STANDBY()), out(2)), add(7..8, arbiter()));
    real.agree("P, a standby and A, by force", true, Ok(()), psa)
        .await;
    let electable = || -> Edit {
        Box::new(|config, _| {
            let standby = list(config).iter_mut().filter_map(Bson::as_document_mut);
            for member in
                standby.filter(|member| member.get_i32("votes").is_ok_and(|votes| votes == 0))
            {
                member.extend(doc! { "votes": 1, "priority": 1 });
            }
        })
    };
    real.agree("PSA electable at once", true, Err(103), electable())
        .await;
}

#[test]
fn a_majority_must_be_there_before_and_have_the_config_after() {
    run(async {
        let mut real = Real::start().await;
        // The primary stays primary although nobody answers it.
        let patient = doc! { "electionTimeoutMillis": 120_000, "heartbeatTimeoutSecs": 1 };
        real.agree("patience", false, Ok(()), settings(patient))
            .await;
        let primary = real.set.primary().await;
        real.stop((primary + 1) % 3);
        let weaker = others(doc! {}, STANDBY());
        real.agree_at(
            primary,
            "two voters, one of them stopped",
            false,
            Err(74),
            weaker,
        )
        .await;
        real.agree_at(primary, "the stopped one out", false, Ok(()), out(1))
            .await;
        real.stop((primary + 2) % 3);
        real.agree_at(
            primary,
            "nothing new, but nobody there",
            false,
            Err(74),
            nothing(),
        )
        .await;
        real.agree_at(primary, "nothing new, by force", true, Ok(()), nothing())
            .await;
        real.config_committed = false;
        for (name, edit) in [
            ("plain", nothing()),
            ("nonsense", top(doc! { "version": 0 })),
        ] {
            real.agree_at(primary, name, false, Err(308), edit).await;
        }
    });
}

#[test]
fn what_was_committed_before_must_be_committed_in_the_config_in_force() {
    run(async {
        let mut real = Real::start().await;
        let primary = real.set.primary().await;
        real.agree("a standby", false, Ok(()), others(doc! {}, STANDBY()))
            .await;
        let standby = &real.set.members[(primary + 2) % 3];
        let held = doc! { "configureFailPoint": "stopReplProducer", "mode": "alwaysOn" };
        standby.run(held).await.unwrap();
        let write = doc! { "setDefaultRWConcern": 1, "defaultWriteConcern": { "w": "majority" } };
        real.set.members[primary].run(write).await.unwrap();
        // A member that lags gets a vote (M15): nobody stops that. Then one that has the write goes.
        let vote = others(doc! {}, doc! { "votes": 1, "priority": 1 });
        real.agree("a vote for one that lags", false, Ok(()), vote)
            .await;
        real.committed(primary).await;
        real.agree("out goes one that does not", false, Ok(()), out(1))
            .await;
        real.oplog_committed = false;
        real.agree("and then nothing more", false, Err(308), nothing())
            .await;
    });
}
