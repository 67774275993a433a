//! Traffic between machines, and how much of it comes through.

use super::super::support::{Lab, said};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout};

const PROGRAM: &str = include_str!("traffic.py");
/// A port that nothing else uses.
const PORT: u16 = 9999;

/// Where traffic comes from or goes to.
#[derive(Clone, Copy)]
pub enum Place {
    Unit(usize),
    /// Outside the set, on its network.
    Client,
}

impl Place {
    fn address(self) -> String {
        match self {
            Self::Unit(n) => format!("10.61.0.1{n}"),
            Self::Client => "10.61.0.1".to_owned(),
        }
    }

    /// Starts a program there, which is handed over with its words.
    pub fn start(self, lab: &Lab, program: &str, words: &str) -> Child {
        let line = format!("python3 - {words} <<'PYTHON'\n{program}\nPYTHON");
        match self {
            Self::Unit(n) => lab.start(&["ssh", &super::unit(n), &line]),
            Self::Client => lab.start(&["client", "--", "bash", "-c", &line]),
        }
    }

    fn run(self, lab: &Lab, words: &str) -> Value {
        let output = self.start(lab, PROGRAM, words).wait_with_output().unwrap();
        let answer = serde_json::from_slice(&output.stdout);
        answer.unwrap_or_else(|error| panic!("{words}: {error}: {}", said(&output)))
    }
}

/// Counts what arrives somewhere.
struct Receiver {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Receiver {
    fn start(lab: &Lab, at: Place, kind: &str) -> Self {
        let mut child = at.start(lab, PROGRAM, &format!("receive-{kind} {PORT}"));
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        lines.read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "{ready}");
        Self { child, lines }
    }

    fn counted(mut self) -> Value {
        let mut text = String::new();
        self.lines.read_to_string(&mut text).unwrap();
        self.child.wait().unwrap();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// Percent of three thousand datagrams, one a millisecond, that do not arrive.
pub fn datagrams_lost(lab: &Lab, from: Place, to: Place) -> f64 {
    let receiver = Receiver::start(lab, to, "udp");
    from.run(lab, &format!("send-udp {PORT} 0 3000 1 {}", to.address()));
    let arrived = receiver.counted()["count"].as_f64().unwrap();
    (3000.0 - arrived) / 30.0
}

/// Kilobytes of datagrams a second that arrive, at all together, when a thousand are sent to them in turn for some
/// seconds, after a first one.
pub fn datagrams_through(lab: &Lab, from: Place, to: &[Place]) -> f64 {
    let receivers: Vec<Receiver> = to
        .iter()
        .map(|to| Receiver::start(lab, *to, "udp"))
        .collect();
    let addresses: Vec<String> = to.iter().map(|to| to.address()).collect();
    let words = format!("send-udp {PORT} 1000 4000 1 {}", addresses.join(" "));
    let sent = from.run(lab, &words);
    let bytes: f64 = receivers
        .into_iter()
        .map(|receiver| receiver.counted()["bytes"].as_f64().unwrap())
        .sum();
    bytes / 1024.0 / sent["seconds"].as_f64().unwrap()
}

/// Kilobytes a second that come through one connection.
pub fn through_a_connection(lab: &Lab, from: usize, to: usize) -> f64 {
    let to = Place::Unit(to);
    let receiver = Receiver::start(lab, to, "tcp");
    Place::Unit(from).run(lab, &format!("send-tcp {PORT} 4 {}", to.address()));
    let got = receiver.counted();
    got["bytes"].as_f64().unwrap() / 1024.0 / got["seconds"].as_f64().unwrap()
}

/// Of four hundred connections to a unit's server: percent that are not there within half a second, and the median of the
/// milliseconds that the others took. A connection that fails has lost its first packet, or the answer to it.
pub fn connections(lab: &Lab, from: Place, to: usize) -> (f64, f64) {
    let words = format!("connect 27017 400 {}", Place::Unit(to).address());
    let got = from.run(lab, &words);
    let failed = got["failed"].as_f64().unwrap();
    let median = got["median_ms"].as_f64().unwrap_or(f64::INFINITY);
    (failed / 4.0, median)
}
