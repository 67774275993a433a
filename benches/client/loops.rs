//! The tester's loop in this process, with its history or without, so that nothing else differs.

use super::Outcome;
use mongo_rs::consistency::attempts::AttemptLog;
use mongo_rs::consistency::client::{Connection, Connector, MOST_DRIVER_CLIENTS, Slot};
use mongo_rs::consistency::connect::discover;
use mongo_rs::consistency::driver;
use mongo_rs::consistency::history::History;
use mongo_rs::consistency::outcome::Outcome as Ended;
use mongo_rs::consistency::pace::Pace;
use mongo_rs::consistency::workload::settings::{Preference, ReadLevel, Written};
use mongo_rs::consistency::workload::{Operation, Settings, Workload, setup};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// The seconds that so many clients take for so many appends, and the seconds of processor time of this process.
pub async fn run(url: &str, clients: u32, count: u32, history: Option<&History>) -> Outcome<Took> {
    let url = url.parse()?;
    let cluster = discover(&url).await?;
    let settings = Arc::new(Settings {
        database: "mongo_rs_bench".to_owned(),
        collection: "lists".to_owned(),
        written: Written::Majority,
        journal: None,
        read: ReadLevel::Linearizable,
        preference: Some(Preference::Primary),
        timeout: Duration::from_secs(5),
    });
    let connector: Connector = Arc::new(move |_| {
        let limit = Duration::from_secs(1);
        let mut options = driver::whole_set(&url, &cluster.set_name, &cluster.members, limit)?;
        options.max_pool_size = Some(clients.div_ceil(MOST_DRIVER_CLIENTS) + 1);
        let attempts = AttemptLog::default();
        let client = driver::client(options, Some(&attempts))?;
        Ok(Connection {
            client,
            attempts,
            left: Box::new(|| false),
        })
    });
    let preparing = connector(0)?.client;
    let plain = Settings::clone(&settings);
    setup::create(preparing.clone(), plain.clone(), Workload::ListAppend, 1).await?;
    let slots = (0..clients.min(MOST_DRIVER_CLIENTS))
        .map(|number| Slot::open(number, &connector, &settings))
        .collect::<Result<Vec<_>, _>>()?;
    // The first append of each client finds the set and makes a connection.
    appends(&slots, clients, clients, None).await?;
    let (begun, used) = (Instant::now(), processor_time()?);
    appends(&slots, clients, count, history).await?;
    let took = Took {
        seconds: begun.elapsed().as_secs_f64(),
        processor: processor_time()? - used,
    };
    setup::drop(preparing, plain, Workload::ListAppend).await?;
    Ok(took)
}

/// Of one loop.
pub struct Took {
    /// On the clock.
    pub seconds: f64,
    /// Of this process's processor time.
    pub processor: f64,
}

async fn appends(
    slots: &[Arc<Slot>],
    clients: u32,
    count: u32,
    history: Option<&History>,
) -> Outcome<()> {
    let pace = Arc::new(Pace::new(count, 0.0, None));
    let (_halt, halted) = watch::channel(false);
    let mut working = JoinSet::new();
    for (process, slot) in (0..u64::from(clients)).zip(slots.iter().cycle()) {
        let (slot, pace, history) = (Arc::clone(slot), Arc::clone(&pace), history.cloned());
        let mut halted = halted.clone();
        working.spawn(async move {
            while let Some(number) = pace.next(&mut halted).await {
                let operation = Operation::Append(number);
                if let Some(history) = &history {
                    history.invoke(process, operation.f(), operation.value());
                }
                let performed = slot.perform(&operation, number).await;
                if let Some(history) = &history {
                    history.complete(process, operation.f(), &performed);
                }
                if performed.outcome != Ended::Ok {
                    return Err(format!("{:?}", performed.outcome));
                }
            }
            Ok(())
        });
    }
    while let Some(done) = working.join_next().await {
        done??;
    }
    Ok(())
}

fn processor_time() -> Outcome<f64> {
    use nix::sys::resource::{UsageWho, getrusage};
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let seconds =
        |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
