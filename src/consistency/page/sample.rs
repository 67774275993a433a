//! Histories that are made up: like those of trials, but of any length, and the same for the same seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use std::io::{self, Write};

/// What is made up.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Operations to begin.
    pub operations: u64,
    /// Clients at the same time.
    pub clients: u64,
    /// `register` with an anomaly, instead of `list-append` that loses writes.
    pub register: bool,
}

const SECOND: u64 = 1_000_000_000;
/// Over how long everything is spread: nanoseconds.
const LENGTH: u64 = 130 * SECOND;
/// Acknowledged by a primary that was cut off: all of them are lost.
const LOST: u64 = 200;

/// Events of the nemesis: when, its function and its value.
fn events() -> Vec<(u64, &'static str, Value)> {
    let at = |tenths: u64| tenths * SECOND / 10;
    let installed = |unit: &str, parameters: &[&str]| json!({"unit": unit, "parameters": parameters, "results": {"outcome": "installed", "return-code": "0"}});
    let primary = |address: &str, term: u64| json!({"address": address, "term": term});
    let end = |fault: &str, unit: &str| json!({"fault": fault, "unit": unit});
    vec![
        (at(1), "primary", primary("10.61.0.10:27017", 1)),
        (
            at(250),
            "partition",
            installed("mongo-rs/0", &["shape=primary-alone", "delay=15"]),
        ),
        (at(361), "primary", primary("10.61.0.12:27017", 2)),
        (at(400), "end", end("partition", "mongo-rs/0")),
        (
            at(450),
            "no-target",
            json!({"fault": "kill", "error": "nobody is primary now"}),
        ),
        (
            at(552),
            "kill",
            installed("mongo-rs/2", &["restart-after=8"]),
        ),
        (at(634), "end", end("kill", "mongo-rs/2")),
        (at(661), "primary", primary("10.61.0.11:27017", 3)),
        (at(740), "pause", installed("mongo-rs/1", &["delay=12"])),
        (at(852), "primary", primary("10.61.0.10:27017", 4)),
        (at(860), "end", end("pause", "mongo-rs/1")),
        (
            at(905),
            "slow",
            json!({"unit": "mongo-rs/0", "parameters": ["rate=50"], "error": "the kernel has no tbf"}),
        ),
        (at(906), "end", end("slow", "mongo-rs/0")),
        (
            at(1010),
            "flaky",
            installed("mongo-rs/0", &["loss=40", "delay=14"]),
        ),
        (at(1150), "end", end("flaky", "mongo-rs/0")),
        (at(1299), "heal", json!({"Ok": {"outcome": "healed"}})),
    ]
}

struct Line {
    time: u64,
    order: u64,
    line: Value,
}

/// Writes the history.
///
/// # Errors
/// Those of the writer.
pub fn write(sample: Sample, out: &mut impl Write) -> io::Result<()> {
    let mut chance = StdRng::seed_from_u64(7);
    let Sample {
        operations,
        clients,
        register,
    } = sample;
    let members: Vec<String> = (10..15)
        .map(|last| format!("10.61.0.{last}:27017"))
        .collect();
    let workload = if register { "register" } else { "list-append" };
    let concern = if register { "majority" } else { "1" };
    let header = json!({"type": "header", "format": 1, "id": "5a3b1c0d", "seed": 7, "started-unix-ms": 1_795_265_238_802u64,
        "version": "0.1.0", "workload": workload, "set-name": "mongo-rs", "members": members,
        "namespace": format!("mongo_rs_test.{workload}"), "write-concern": concern, "read-concern": "linearizable",
        "read-preference": "primary", "journal": null, "mode": "pinned", "count": operations, "clients": clients,
        "keys": 10, "rate": 300.0, "duration-seconds": 120.0, "timeout-seconds": 5.0, "retry-writes": false});
    writeln!(out, "{header}")?;
    let mut lines: Vec<Line> = Vec::new();
    let mut order = 0;
    let mut put = |time: u64, line: Value| {
        order += 1;
        lines.push(Line { time, order, line });
    };
    for (time, f, value) in events() {
        put(
            time,
            json!({"process": "nemesis", "type": "info", "f": f, "value": value}),
        );
    }
    let mut lost = Vec::new();
    let mut counts = [0u64; 3];
    let mut processes: Vec<u64> = (0..clients).collect();
    let pace = (LENGTH - 4 * SECOND) / (operations / clients.max(1)).max(1);
    let mut free: Vec<u64> = (0..clients)
        .map(|client| SECOND / 5 + client * 1_000_000)
        .collect();
    for number in 0..operations {
        let client = (number % clients) as usize;
        let due = SECOND / 5 + (number / clients) * pace + chance.random_range(0..=pace / 3);
        let begun = due.max(free[client]);
        if begun > LENGTH - 2 * SECOND {
            continue;
        }
        let (kind, latency, error) = outcome(begun, client, &mut chance, lost.len() as u64);
        let (f, value) = match (register, number % 3) {
            (false, _) => ("append", json!(number)),
            (true, 0) => ("write", json!([number % 10, number])),
            (true, 1) => ("read", json!([number % 10, null])),
            _ => ("cas", json!([number % 10, [number - 1, number]])),
        };
        let ended = begun + latency;
        free[client] = ended + 50_000;
        put(
            begun,
            json!({"process": processes[client], "type": "invoke", "f": f, "value": value}),
        );
        let mut line = json!({"process": processes[client], "type": kind, "f": f, "value": value, "attempts": 1});
        if let Some((class, code)) = error {
            line["error"] = json!({"class": class, "code": code});
        }
        if kind == "info" {
            processes[client] += clients;
        }
        counts[["ok", "fail", "info"]
            .iter()
            .position(|name| *name == kind)
            .unwrap_or(0)] += 1;
        if kind == "ok"
            && (27 * SECOND..35 * SECOND).contains(&begun)
            && client < clients.div_ceil(2) as usize
            && (lost.len() as u64) < LOST
            && !register
        {
            lost.push(number);
        }
        put(ended, line);
    }
    lines.sort_by_key(|line| (line.time, line.order));
    let mut proof = Vec::new();
    for (index, Line { time, mut line, .. }) in lines.into_iter().enumerate() {
        line["index"] = json!(index);
        line["time"] = json!(time);
        if time > 37 * SECOND && proof.len() < 3 && line["type"] == "ok" {
            proof.push(index);
        }
        writeln!(out, "{line}")?;
    }
    writeln!(
        out,
        "{}",
        result(workload, concern, clients, &lost, counts, &proof)
    )
}

fn outcome(
    begun: u64,
    client: usize,
    chance: &mut StdRng,
    lost: u64,
) -> (&'static str, u64, Option<(&'static str, i32)>) {
    let ms = 1_000_000;
    let usual = (ms as f64
        * 1.6
        * (1.0 + chance.random::<f64>().powi(9) * 60.0)
        * (0.6 + chance.random::<f64>())) as u64;
    let tenth = begun * 10 / SECOND;
    let (leaderless, cut) = match tenth {
        250..=361 => (false, true),
        552..=661 | 740..=852 => (true, false),
        _ => (false, false),
    };
    let flaky = (1010..1150).contains(&tenth);
    let beside = client % 2 == 1;
    match () {
        () if cut && beside => ("fail", 1000 * ms + usual, Some(("server-selection", 0))),
        () if cut && lost >= LOST => ("info", 5000 * ms, Some(("timeout", 0))),
        () if leaderless && begun.is_multiple_of(7) => ("info", 5000 * ms, Some(("io", 0))),
        () if leaderless => ("fail", 1000 * ms + usual, Some(("command", 10107))),
        () if flaky && chance.random_ratio(1, 3) => {
            ("ok", usual + chance.random_range(200..1400) * ms, None)
        }
        () if flaky && chance.random_ratio(1, 60) => {
            ("info", 5000 * ms, Some(("applied-not-majority", 64)))
        }
        () => ("ok", usual, None),
    }
}

fn result(
    workload: &str,
    concern: &str,
    clients: u64,
    lost: &[u64],
    counts: [u64; 3],
    proof: &[usize],
) -> Value {
    let mut result = json!({"type": "result", "id": "5a3b1c0d", "verdict": "invalid", "workload": workload, "write-concern": concern,
        "clients": clients, "seed": 7, "pass": counts[0], "fail": counts[1], "info": counts[2], "applied-not-majority": 3,
        "members-agree": true, "primary": "10.61.0.10:27017",
        "primaries": ["10.61.0.10:27017", "10.61.0.12:27017", "10.61.0.11:27017", "10.61.0.10:27017"],
        "read-concern": "linearizable", "duration": 131.2, "history": "./mongo-rs-write-test-5a3b1c0d/history.jsonl"});
    if workload == "list-append" {
        let share = 100.0 * lost.len() as f64 / counts[0].max(1) as f64;
        result["reason"] = json!(format!(
            "{} of {} acknowledged appends are lost ({share:.1} %): write concern 1 acknowledges before a majority has the write, and a primary that is cut off or dies takes such writes with it",
            lost.len(),
            counts[0]
        ));
        let range: Vec<String> = lost.iter().map(u64::to_string).collect();
        for (name, value) in [
            ("expected-len", json!(counts[0])),
            ("actual-len", json!(counts[0] - lost.len() as u64 + 2)),
            ("lost", json!(lost.len())),
            ("lost-range", json!(range.join(","))),
            ("recovered", json!(2)),
            ("duplicated", json!(0)),
            ("unexpected", json!(0)),
            ("reordered", json!(0)),
        ] {
            result[name] = value;
        }
    } else {
        let witness = "client 3 read 17 of register 4 at 37.210 s, although client 1's write of 18 to it was acknowledged at 37.102 s, before that read began, and nobody wrote 17 again";
        result["reason"] = json!(
            "no order of the operations on register 4 exists that one register could have had"
        );
        result["finding"] = json!({"verdict": "invalid", "reason": result["reason"], "anomalies": [{"name": "nonlinearizable", "witness": witness, "operations": proof}],
            "counts": {"keys": 10, "invalid-keys": 1, "operations": counts[0] + counts[1] + counts[2]}});
    }
    result
}
