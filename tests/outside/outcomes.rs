//! What the tester says became of an operation, for each way in which a real server can answer it: `mongo-rs
//! write-test` works all the time, the server is told by its fail points how to answer one of its commands, and the
//! history tells what was made of that. What is called failed must not be there at the end.

mod fire;
mod row;

use self::fire::{Fire, url_of};
use self::row::{Row, code};
use crate::mongods::ReplicaSet;
use crate::write_test::running::run;
use mongodb::bson::{Bson, doc};
use nix::sys::signal::Signal;

/// Codes with which a server refuses a statement before it runs, or after it has been undone.
const REFUSALS: [i32; 5] = [10107, 13435, 10058, 13436, 112];

/// Codes that may also come after the write has been stored, while the server waits for others.
const DOUBTS: [i32; 15] = [
    11602, 11600, 91, 189, 11601, 50, 262, 24, 46, 6, 7, 89, 9001, 1, 18,
];

/// Codes of a write concern that was not met.
const CONCERNS: [i32; 8] = [64, 79, 100, 189, 11600, 11602, 91, 10107];

#[test]
fn a_statement_by_what_the_server_says_of_it() {
    run(async {
        let set = ReplicaSet::single(&[]).await;
        let options = ["--workload", "set", "--timeout", "1"];
        let mut fire = Fire::start(&set, &options).await;
        for refusal in REFUSALS {
            let row = Row::new("insert", code(refusal)).stored(false);
            fire.answers(row.fails("command", refusal)).await;
        }
        for doubt in DOUBTS {
            // This time it was not stored; the code alone does not say so.
            let row = Row::new("insert", code(doubt)).stored(false);
            fire.answers(row.in_doubt("command", doubt)).await;
        }
        for concern in CONCERNS {
            let why = doc! {"writeConcernError": {"code": concern, "errmsg": "told to say so"}};
            let row = Row::new("insert", why).stored(true);
            fire.answers(row.in_doubt("applied-not-majority", concern))
                .await;
        }
        let broken = Row::new("insert", doc! {"closeConnection": true}).stored(false);
        fire.answers(broken.in_doubt("io", None)).await;
        // The tester waits for two seconds, and the statement is carried out after that.
        let late = doc! {"blockConnection": true, "blockTimeMS": 3500};
        let late = Row::new("insert", late).stored(true);
        fire.answers(late.in_doubt("timeout", None)).await;
        fire.end().await.is_valid();
    });
}

#[test]
fn a_statement_that_the_server_refuses_for_what_is_in_it() {
    run(async {
        let set = ReplicaSet::single(&[]).await;
        let mut fire = Fire::start(&set, &["--workload", "set"]).await;
        let collection = fire.collection();
        let nothing_passes = doc! {"collMod": &collection, "validator": {"never": true}};
        fire.run(nothing_passes).await;
        fire.sees(&Row::seen().fails("write-error", 121)).await;
        fire.run(doc! {"collMod": &collection, "validator": {}})
            .await;
        fire.goes_on().await;
        // Of all documents from here on one can be stored: in all of them the same is missing.
        let from = doc! {"_id": {"$gte": fire.newest() + 100}};
        let only_one = doc! {
            "key": {"none has it": 1}, "name": "one", "unique": true, "partialFilterExpression": from,
        };
        fire.run(doc! {"createIndexes": &collection, "indexes": [only_one]})
            .await;
        fire.sees(&Row::seen().fails("write-error", 11000)).await;
        fire.run(doc! {"dropIndexes": &collection, "index": "one"})
            .await;
        fire.goes_on().await;
        fire.end().await.is_valid();
    });
}

#[test]
fn a_statement_for_which_there_is_no_server() {
    run(async {
        let mut set = ReplicaSet::single(&[]).await;
        let options = ["--workload", "set", "--timeout", "1"];
        let mut fire = Fire::start(&set, &options).await;
        // Nobody is primary for three seconds.
        fire.run_on_admin(doc! {"replSetStepDown": 3, "force": true})
            .await;
        fire.sees(&Row::seen().fails("server-selection", None).sent(0))
            .await;
        fire.goes_on().await;
        // It is frozen in the midst of a statement, and the driver's monitor gives it up before the tester does.
        set.members[0].signal(Signal::SIGSTOP);
        fire.sees(&Row::seen().in_doubt("pool-cleared-in-flight", None).sent(1))
            .await;
        set.members[0].signal(Signal::SIGCONT);
        fire.goes_on().await;
        // It dies in the midst of a statement, and then nothing listens.
        let blocked = doc! {"blockConnection": true, "blockTimeMS": 1500};
        fire.fails_by(Bson::from("alwaysOn"), "insert", &blocked)
            .await;
        fire.is_under_way();
        set.members[0].kill();
        fire.sees(&Row::seen().in_doubt("io", None).sent(1)).await;
        fire.sees(&Row::seen().fails("server-selection", None).sent(0))
            .await;
        set.members[0].restart();
        fire.goes_on().await;
        fire.end().await.is_valid();
    });
}

#[test]
fn a_connection_that_cannot_be_made() {
    run(async {
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), "only for this test").unwrap();
        let file = key.path().display().to_string();
        let set = ReplicaSet::single(&["--keyFile", &file]).await;
        let user = doc! {"createUser": "me", "pwd": "pw", "roles": ["root"]};
        set.members[0].run(user).await.unwrap();
        let url = url_of(&set, "me:pw@");
        // Four clients share one of the driver's, which makes two connections at a time.
        let options = ["--workload", "set", "--clients", "128", "--rate", "500"];
        let mut fire = Fire::start_at(&url, &options).await;
        let login = |data| {
            Row::new("insert", data)
                .and("saslContinue")
                .how_often(Bson::from("alwaysOn"))
        };
        // Only a connection that is new logs in, and there is none before the old one is broken.
        let broken = login(doc! {"closeConnection": true});
        fire.answers(broken.fails("nothing-sent", None).sent(0))
            .await;
        let refused = login(doc! {"errorCode": 18, "blockConnection": true, "blockTimeMS": 300});
        fire.answers(refused.clone().fails("authentication", None).sent(0))
            .await;
        fire.answers(refused.fails("pool-cleared-at-checkout", None).sent(0))
            .await;
        fire.end().await.is_valid();
    });
}

#[test]
fn a_statement_that_the_driver_tries_twice() {
    run(async {
        let set = ReplicaSet::single(&[]).await;
        let options = ["--workload", "set", "--timeout", "1", "--retry-writes"];
        let mut fire = Fire::start(&set, &options).await;
        let broken = || Row::new("insert", doc! {"closeConnection": true});
        fire.answers(broken().goes_well().sent(2).stored(true))
            .await;
        fire.answers(
            Row::new("insert", code(91))
                .goes_well()
                .sent(2)
                .stored(true),
        )
        .await;
        let twice = |row: Row| row.how_often(doc! {"times": 2}.into()).sent(2);
        let refused = Row::new("insert", code(10107)).stored(false);
        fire.answers(twice(refused).fails("command", 10107)).await;
        fire.answers(twice(broken().stored(false)).in_doubt("io", None))
            .await;
        // The first attempt is stored, and its answer lost; the second is refused. That one refusal says nothing.
        let refused = Row::new("insert", code(10107)).how_often(doc! {"skip": 1}.into());
        let refused = refused.in_doubt("command", 10107).sent(2).stored(true);
        fire.loses_answers(refused).await;
        fire.end().await.is_valid();
    });
}

#[test]
fn a_statement_that_finds_nothing_to_change() {
    run(async {
        let set = ReplicaSet::single(&[]).await;
        let mut fire = Fire::start(&set, &["--retry-writes"]).await;
        let collection = fire.collection();
        let gone = doc! {"delete": &collection, "deletes": [{"q": {}, "limit": 0}]};
        fire.run(gone).await;
        fire.sees(&Row::seen().fails("not-matched", None).sent(1))
            .await;
        // The first attempt may yet be carried out, where what it needs has come by then.
        let broken = Row::new("update", doc! {"closeConnection": true});
        fire.answers_and_stays(broken.in_doubt("not-matched", None).sent(2))
            .await;
        let refused = Row::new("update", code(10107));
        fire.answers_and_stays(refused.fails("not-matched", None).sent(2))
            .await;
        fire.end().await;
    });
}

#[test]
fn a_transaction_by_how_its_commit_ended() {
    run(async {
        // A transaction whose commit does not arrive stays open so many seconds, and all that it has written with it.
        let limit = ["--setParameter", "transactionLifetimeLimitSeconds=3"];
        let set = ReplicaSet::single(&limit).await;
        let options = ["--workload", "txn-append", "--timeout", "1"];
        let mut fire = Fire::start(&set, &options).await;
        let labelled = |code: i32, labels: &[&str]| {
            let data = doc! {"errorCode": code, "errorLabels": labels};
            Row::new("commitTransaction", data)
        };
        let twice = |row: Row| row.how_often(doc! {"times": 2}.into());
        let transient = "TransientTransactionError";
        for refusal in [251, 112] {
            let row = labelled(refusal, &[transient]).stored(false);
            fire.answers(row.fails("command", refusal)).await;
        }
        // The driver sends it again, and a second answer does not speak of the first.
        let again = twice(labelled(251, &[transient, "RetryableWriteError"])).stored(false);
        fire.answers(again.in_doubt("command", 251)).await;
        for doubt in [50, 24] {
            let unknown = labelled(doubt, &["UnknownTransactionCommitResult"]).stored(false);
            fire.answers(unknown.in_doubt("command", doubt)).await;
        }
        let concern = doc! {"writeConcernError": {"code": 64, "errmsg": "told to say so"}};
        let concern = Row::new("commitTransaction", concern).stored(true);
        fire.answers(concern.in_doubt("applied-not-majority", 64))
            .await;
        let broken = Row::new("commitTransaction", doc! {"closeConnection": true});
        fire.answers(twice(broken.stored(false)).in_doubt("io", None))
            .await;
        // Before its commit nothing of it is there, whatever happened.
        let broken = Row::new("update", doc! {"closeConnection": true}).stored(false);
        fire.answers(broken.fails("io", None)).await;
        let conflict = doc! {"errorCode": 112, "errorLabels": [transient]};
        let conflict = Row::new("update", conflict).stored(false);
        fire.answers(conflict.fails("command", 112)).await;
        fire.end().await.is_valid();
    });
}

#[test]
fn transactions_that_are_in_each_others_way() {
    run(async {
        let set = ReplicaSet::single(&[]).await;
        let options = ["--workload", "txn-append", "--clients", "8", "--keys", "1"];
        let mut fire = Fire::start(&set, &options).await;
        fire.sees(&Row::seen().fails("command", 112)).await;
        fire.end().await.is_valid();
    });
}

/// Nothing is told to lie here: the others take nothing over any more, and in the end the primary gives up.
#[test]
fn a_statement_that_waits_for_others() {
    run(async {
        let set = ReplicaSet::start().await;
        let mut fire = Fire::start(&set, &["--workload", "set", "--timeout", "4"]).await;
        let primary = set.primary().await;
        let others: Vec<usize> = (0..3).filter(|position| *position != primary).collect();
        let producers = async |mode: &str| {
            for other in &others {
                let stop = doc! {"configureFailPoint": "stopReplProducer", "mode": mode};
                set.members[*other].run(stop).await.unwrap();
            }
        };
        producers("alwaysOn").await;
        fire.sees(&Row::seen().in_doubt("applied-not-majority", 64).sent(1))
            .await;
        fire.is_under_way();
        fire.run_on_admin(doc! {"replSetStepDown": 5, "force": true})
            .await;
        // Which code it is depends on what the server was at; where it stands does not.
        fire.sees(&Row::seen().in_doubt("applied-not-majority", None).sent(1))
            .await;
        producers("off").await;
        fire.goes_on().await;
        fire.end().await.is_valid();
    });
}
