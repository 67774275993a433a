//! Operations that are one transaction: lists as Elle's, and money.
//!
//! The driver's own `and_run` tries again for two minutes; here each is tried once, so that what an error says of it
//! stays known.

use super::execute::{Done, Statements, Trouble, balances, number_of};
use super::operation::Step;
use crate::consistency::facts::ErrorClass;
use mongodb::ClientSession;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{FindOneOptions, UpdateOptions};
use serde_json::Value;

/// Reads and appends.
pub(super) async fn steps(on: &Statements<'_>, steps: &[Step]) -> Done {
    let mut session = begin(on).await?;
    let done = all_steps(on, steps, &mut session).await;
    end(session, done).await
}

async fn all_steps(
    on: &Statements<'_>,
    steps: &[Step],
    session: &mut ClientSession,
) -> Result<Value, Trouble> {
    let mut values = Vec::with_capacity(steps.len());
    for step in steps {
        let list = match step {
            Step::Append(key, value) => {
                let push = doc! {"$push": {"value": value}};
                update(on, *key, push, true, session).await?;
                None
            }
            Step::Read(key) => {
                let found = find(on, *key, session).await?;
                Some(found.map_or_else(Vec::new, |document| list_of(&document)))
            }
        };
        values.push(step.value(list.as_deref()));
    }
    Ok(Value::Array(values))
}

/// Moves money, if there is enough.
pub(super) async fn transfer(
    on: &Statements<'_>,
    from: u32,
    to: u32,
    amount: i64,
) -> Result<(), Trouble> {
    let mut session = begin(on).await?;
    let done = move_money(on, from, to, amount, &mut session).await;
    end(session, done).await
}

/// Reads both balances and writes both, as a program would that knows nothing of `$inc`: a store that lets two such
/// transactions pass each other makes or loses money.
async fn move_money(
    on: &Statements<'_>,
    from: u32,
    to: u32,
    amount: i64,
    session: &mut ClientSession,
) -> Result<(), Trouble> {
    let mut read = [0, 0];
    for (balance, account) in read.iter_mut().zip([from, to]) {
        let found = find(on, account, session).await?;
        let found = number_of(found.as_ref(), "balance");
        *balance = found.ok_or(Trouble::Refused(ErrorClass::NotMatched))?;
    }
    if read[0] < amount {
        return Err(Trouble::Refused(ErrorClass::NotMatched));
    }
    let after = [(from, read[0] - amount), (to, read[1] + amount)];
    for (account, balance) in after {
        let set = doc! {"$set": {"balance": balance}};
        update(on, account, set, false, session).await?;
    }
    Ok(())
}

/// Reads all balances.
pub(super) async fn read_bank(on: &Statements<'_>) -> Done {
    let mut session = begin(on).await?;
    let done = on.find_all_in(&mut session).await;
    let done = done.map_err(Trouble::Statement);
    end(session, done.map(|all| balances(&all))).await
}

async fn begin(on: &Statements<'_>) -> Result<ClientSession, Trouble> {
    let mut session = on
        .client
        .start_session()
        .await
        .map_err(Trouble::BeforeCommit)?;
    let options = on.settings.transaction();
    let started = session.start_transaction().with_options(options).await;
    started.map_err(Trouble::BeforeCommit)?;
    Ok(session)
}

/// Commits, or aborts after an error. A transaction that is not committed is never there, whether or not it could be
/// told so.
async fn end<T>(mut session: ClientSession, done: Result<T, Trouble>) -> Result<T, Trouble> {
    match done {
        Ok(value) => match session.commit_transaction().await {
            Ok(()) => Ok(value),
            Err(error) => Err(Trouble::Commit(error)),
        },
        Err(trouble) => {
            let _ = session.abort_transaction().await;
            Err(match trouble {
                Trouble::Statement(error) => Trouble::BeforeCommit(error),
                other => other,
            })
        }
    }
}

async fn find(
    on: &Statements<'_>,
    key: u32,
    session: &mut ClientSession,
) -> Result<Option<Document>, Trouble> {
    let options = FindOneOptions::builder().comment(on.comment()).build();
    let documents = on.settings.documents(on.client);
    let finding = documents.find_one(doc! {"_id": key}).with_options(options);
    Ok(finding.session(session).await?)
}

async fn update(
    on: &Statements<'_>,
    key: u32,
    change: Document,
    upsert: bool,
    session: &mut ClientSession,
) -> Result<(), Trouble> {
    let options = UpdateOptions::builder()
        .comment(on.comment())
        .upsert(upsert)
        .build();
    let documents = on.settings.documents(on.client);
    let updating = documents.update_one(doc! {"_id": key}, change);
    updating.with_options(options).session(session).await?;
    Ok(())
}

/// What is no number cannot have been appended; as -1 it is found by the checker.
fn list_of(document: &Document) -> Vec<i64> {
    let Ok(elements) = document.get_array("value") else {
        return vec![-1];
    };
    let numbers = elements.iter().map(|element| match element {
        Bson::Int32(number) => i64::from(*number),
        Bson::Int64(number) => *number,
        _ => -1,
    });
    numbers.collect()
}
