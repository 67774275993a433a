//! What a broken store does wrong. Every lie is a true answer of the server, given at the wrong time.

use super::commands::{Asked, is_good, name, number, understood, value_of};
use super::frames::Frame;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What was overwritten must have been acknowledged so long before it is shown again: by then whoever wrote it knows.
const SINCE: Duration = Duration::from_millis(500);

/// So many true answers are kept for each register.
const KEPT: usize = 200;

/// How a store behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// As it should.
    Honest,
    /// One write in so many is acknowledged and thrown away.
    Lossy(u64),
    /// One read in so many shows what was overwritten before.
    Stale(u64),
}

/// Who is asked, over which connection, with which number.
pub type Question = (SocketAddr, u64, i32);

/// What is known of one register.
#[derive(Default)]
struct Register {
    /// True answers, and when they came by.
    shown: Vec<(Instant, Frame, i64)>,
    /// When writes came by, and when they had been acknowledged.
    written: Vec<(Instant, Instant)>,
}

/// What passed by, and what is to be made of it.
pub struct Deceit {
    conduct: Conduct,
    asked: HashMap<Question, (Asked, Instant)>,
    /// The last good answer to a write, by server and command.
    acknowledged: HashMap<(SocketAddr, String), Frame>,
    registers: HashMap<i32, Register>,
    count: u64,
    due: bool,
}

impl Deceit {
    /// Of which nothing is known yet.
    pub fn new(conduct: Conduct) -> Self {
        Self {
            conduct,
            asked: HashMap::new(),
            acknowledged: HashMap::new(),
            registers: HashMap::new(),
            count: 0,
            due: false,
        }
    }

    /// A message of a client passes by. A lie to answer it with in the server's place, and what the lie is about; none:
    /// the server may have it.
    pub fn question(&mut self, from: Question, frame: &Frame) -> Option<(Frame, Value)> {
        let command = frame.document()?;
        // The clients of the test number their operations; what is made ready before and read at the end is spared.
        command.get_i32("comment").ok().filter(|it| *it >= 0)?;
        let (asked, written) = understood(&command)?;
        let lie = match (self.conduct, &asked) {
            (Conduct::Lossy(every), Asked::Write(..)) => {
                self.count_to(every);
                let server = (from.0, name(&command).to_owned());
                let last = self.due.then(|| self.acknowledged.get(&server));
                last.flatten().map(|last| (last.clone(), json!(written)))
            }
            (Conduct::Stale(every), Asked::Read(key)) => {
                self.count_to(every);
                self.due.then(|| self.overwritten(*key)).flatten()
            }
            _ => None,
        };
        if let Some((answer, subject)) = lie {
            self.due = false;
            return Some((answer.as_answer_to(frame.id()), subject));
        }
        self.asked.insert(from, (asked, Instant::now()));
        None
    }

    /// One in so many is due; the first one early, so that a short run sees one, too.
    fn count_to(&mut self, every: u64) {
        self.count += 1;
        self.due |= self.count % every == every / 10;
    }

    /// The newest answer for a register that has been overwritten for a while.
    fn overwritten(&self, key: i32) -> Option<(Frame, Value)> {
        let register = self.registers.get(&key)?;
        let is_old = |shown: Instant| {
            let later =
                |(sent, known): &(Instant, Instant)| *sent > shown && known.elapsed() > SINCE;
            register.written.iter().any(later)
        };
        let mut newest_first = register.shown.iter().rev();
        let (_, answer, value) = newest_first.find(|(shown, ..)| is_old(*shown))?;
        Some((answer.clone(), json!([key, value])))
    }

    /// A message of a server passes by.
    pub fn answer(&mut self, to: Question, frame: &Frame) {
        let Some((asked, sent)) = self.asked.remove(&to) else {
            return;
        };
        let reply = frame.document().unwrap_or_default();
        let good = is_good(&reply);
        match asked {
            Asked::Write(command, key) if good && number(&reply, "n") == Some(1) => {
                self.acknowledged.insert((to.0, command), frame.clone());
                if let Some(key) = key {
                    let written = &mut self.registers.entry(key).or_default().written;
                    keep(written, (sent, Instant::now()));
                }
            }
            // A server that does not take writes any more would not lie about them either.
            Asked::Write(command, _) if !good => {
                self.acknowledged.remove(&(to.0, command));
            }
            Asked::Read(key) if good => {
                if let Some(value) = value_of(&reply) {
                    let shown = &mut self.registers.entry(key).or_default().shown;
                    keep(shown, (Instant::now(), frame.clone(), value));
                }
            }
            _ => {}
        }
    }
}

fn keep<T>(all: &mut Vec<T>, one: T) {
    if all.len() == KEPT {
        all.remove(0);
    }
    all.push(one);
}
