//! Checks a history from a file, ours or another's, against a model.

use super::checker::actions;
use super::checker::elle::{self, list_append::ListHistory};
use super::checker::finding::{Anomaly, Finding};
use super::checker::operation::History;
use super::checker::{
    bank, causal_reverse, counter, long_fork, register, revisions, sessions, set, set_full, text,
};
use super::file::convert::{self, Reads};
use super::file::{FileError, Format, Lines, NAMELESS, READER, Value};
use super::report::Verdict;
use std::io::BufRead;

/// What a history is a history of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Registers: read, write, cas. Linearizability.
    CasRegister,
    /// Strings by key: get, put, append. Linearizability.
    Kv,
    /// Transactions that append to and read lists (Elle).
    ListAppend,
    /// Transactions that write and read registers (Elle).
    RwRegister,
    /// A set that is read at the end.
    Set,
    /// A set that is read all the time.
    SetFull,
    /// A set: no read of a client misses what an earlier read of that client showed.
    MonotonicReads,
    /// A set: no read of a client misses what that client added before.
    ReadYourWrites,
    /// A set: no read shows an element without one that was acknowledged before that one was added.
    CausalReverse,
    /// A counter: add and read.
    Counter,
    /// Accounts: transfer and read.
    Bank,
    /// Writes that two readers saw in opposite orders.
    LongFork,
    /// A number in files that clients raise without protection: revise and read.
    Gridfs,
}

/// What is asked of a history.
#[derive(Clone, Debug)]
pub struct Question {
    /// What it is a history of.
    pub model: Model,
    /// For the models of Elle: what must hold. Empty: strict serializability.
    pub consistency_models: Vec<elle::Model>,
    /// For the models of Elle: what must not be, whatever the consistency models say.
    pub anomalies: Vec<String>,
    /// For `rw-register`: each key is known to be linearizable by itself, whatever the consistency model promises.
    pub linearizable_keys: bool,
    /// For `rw-register`: each key is known to be sequentially consistent by itself.
    pub sequential_keys: bool,
    /// For `set-full`: an element that a read misses after it was acknowledged makes the history invalid. For
    /// `monotonic-reads`: what any client was shown counts, not only what the same one was.
    pub linearizable: bool,
    /// What the file leaves open about registers.
    pub file: convert::Options,
    /// For `bank`: the money in all accounts together; none: what the first read shows.
    pub total: Option<i64>,
    /// For `bank`: accounts may be overdrawn.
    pub negative_balances: bool,
    /// For registers: what each of them holds at the beginning; none: nothing.
    pub initial: Option<String>,
    /// Which reads of a bank.
    pub reads: Reads,
    /// The format of the file; none: told by its content.
    pub format: Option<Format>,
}

impl Question {
    /// Whether the model holds, everything else as it is by default.
    #[must_use]
    pub fn new(model: Model) -> Self {
        Self {
            model,
            consistency_models: Vec::new(),
            anomalies: Vec::new(),
            linearizable_keys: false,
            sequential_keys: false,
            linearizable: false,
            file: convert::Options::default(),
            total: None,
            negative_balances: false,
            initial: None,
            reads: Reads::Inside,
            format: None,
        }
    }
}

/// What was found, and what must be said of the file though it is no error.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What was found.
    pub finding: Finding,
    /// Of the file.
    pub notes: Vec<String>,
}

/// Checks a history.
///
/// # Errors
/// What is wrong with the file, and in which line.
pub fn check<R: BufRead>(reader: R, question: &Question) -> Result<Checked, FileError> {
    let mut lines = Lines::new(reader, question.format)?;
    let mut finding = finding(&mut lines, question)?;
    // The numbers by which those without one go in here are in no file.
    let nobody = [
        (format!("client {READER}"), "the reader"),
        (format!("client {NAMELESS}"), "the client"),
    ];
    for text in [&mut finding.reason]
        .into_iter()
        .chain(finding.anomalies.iter_mut().map(|it| &mut it.witness))
    {
        for (number, name) in &nobody {
            *text = text.replace(number, name);
        }
    }
    let mut notes = lines.notes().to_vec();
    if question.model == Model::Counter && finding.counts.get("reads-count") == Some(&0) {
        // As Jepsen has it: true, for nothing contradicts it. But it should be known how little that is.
        notes.push(finding.reason.clone());
    }
    Ok(Checked { finding, notes })
}

fn finding<R: BufRead>(lines: &mut Lines<R>, question: &Question) -> Result<Finding, FileError> {
    Ok(match question.model {
        Model::CasRegister => {
            let mut history = convert::register(lines, question.file)?;
            let names = &mut history.names;
            let initial = question.initial.as_deref().map(|text| names.symbol(text));
            // The reader leaves those out that compared nothing.
            let failed_cas = register::FailedCas::Compared;
            register::check(
                &history,
                &register::Options {
                    failed_cas,
                    initial,
                    ..register::Options::default()
                },
            )
        }
        Model::Kv => text::check(&convert::kv(lines, question.file)?, text::BUDGET),
        Model::ListAppend => {
            let (history, transactions) = convert::list_append(lines)?;
            let history = ListHistory {
                history,
                transactions,
            };
            elle::list_append::check(&history, &of_elle(question))
        }
        Model::RwRegister => {
            let (history, steps) = convert::rw_register(lines)?;
            elle::rw_register::check(&history, &steps, &of_elle(question))
        }
        Model::Set => set::check(&convert::set(lines)?),
        Model::SetFull => {
            let linearizable = question.linearizable;
            let options = || set_full::Options { linearizable };
            of_each_set(lines, |history| set_full::check(history, options()))?
        }
        Model::MonotonicReads if question.linearizable => {
            of_each_set(lines, sessions::superset_chain)?
        }
        Model::MonotonicReads => of_each_set(lines, sessions::monotonic_reads)?,
        Model::ReadYourWrites => of_each_set(lines, sessions::read_your_writes)?,
        Model::CausalReverse => of_each_set(lines, causal_reverse::check)?,
        Model::Counter => counter::check(&convert::counter(lines)?),
        Model::Bank => {
            let history = convert::bank(lines, question.reads)?;
            let options = bank::Options {
                total: question.total.or_else(|| total(lines.header())),
                negative_allowed: question.negative_balances,
                ..bank::Options::default()
            };
            bank::check(&history, &options)
        }
        Model::LongFork => {
            let (history, steps) = convert::long_fork(lines)?;
            long_fork::check(&history, &steps)
        }
        Model::Gridfs => revisions::check(&convert::revisions(lines)?),
    })
}

fn of_each_set<R: BufRead>(
    lines: &mut Lines<R>,
    check: impl Fn(&History<actions::Set>) -> Finding,
) -> Result<Finding, FileError> {
    let keys = convert::set_full(lines)?.into_iter();
    let found = keys.map(|of_key| {
        let finding = check(&of_key.history);
        (of_key.key, placed(finding, &of_key.places))
    });
    Ok(all_of(found.collect()))
}

fn of_elle(question: &Question) -> elle::Options {
    let options = match question.consistency_models.is_empty() {
        true => elle::Options::default(),
        false => elle::Options::models(question.consistency_models.clone()),
    };
    elle::Options {
        anomalies: question.anomalies.clone(),
        linearizable_keys: question.linearizable_keys,
        sequential_keys: question.sequential_keys,
        ..options
    }
}

/// What all accounts hold together, as the header of our own history says.
fn total(header: Option<&Value>) -> Option<i64> {
    header?.get("total")?.integer()
}

/// Places among the lines of a key, as places in the file.
fn placed(mut finding: Finding, places: &[u32]) -> Finding {
    if !places.is_empty() {
        for place in finding
            .anomalies
            .iter_mut()
            .flat_map(|it| &mut it.operations)
        {
            *place = places.get(*place as usize).copied().unwrap_or(*place);
        }
    }
    finding
}

/// One finding of those of all keys: the worst decides, and figures are added up.
fn all_of(mut found: Vec<(Option<String>, Finding)>) -> Finding {
    if found.len() == 1 {
        return found.swap_remove(0).1;
    }
    let rank = |verdict| match verdict {
        Verdict::Invalid => 0,
        Verdict::Unknown => 1,
        Verdict::Valid => 2,
    };
    found.sort_by_key(|(_, finding)| rank(finding.verdict));
    let keys = found.len();
    let mut all = match found.first() {
        None => return Finding::unknown("there is nothing in the history"),
        Some((key, first)) => Finding {
            reason: format!(
                "of {keys} keys, {}: {}",
                key.as_deref().unwrap_or("nil"),
                first.reason
            ),
            anomalies: Vec::new(),
            counts: Default::default(),
            elements: Default::default(),
            ..first.clone()
        },
    };
    for (key, finding) in found {
        let key = key.as_deref().unwrap_or("nil");
        // Latencies of several keys cannot be added; they are in the findings of single keys.
        for (name, count) in finding
            .counts
            .into_iter()
            .filter(|(name, _)| !name.contains("latenc"))
        {
            *all.counts.entry(name).or_default() += count;
        }
        for (name, elements) in finding.elements {
            let named = elements
                .into_iter()
                .map(|element| format!("{key}: {element}"));
            all.elements.entry(name).or_default().extend(named);
        }
        all.anomalies
            .extend(finding.anomalies.into_iter().map(|it| Anomaly {
                witness: format!("key {key}: {}", it.witness),
                ..it
            }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str, question: &Question) -> Verdict {
        check(text.as_bytes(), question)
            .map(|checked| checked.finding.verdict)
            .unwrap()
    }

    fn read(value: &str) -> String {
        format!(
            "{{:process 0 :type :invoke :f :read}} {{:process 0 :type :ok :f :read :value {value}}}"
        )
    }

    #[test]
    fn a_register_may_begin_with_a_value() {
        let asked = |initial: Option<&str>| Question {
            initial: initial.map(str::to_owned),
            ..Question::new(Model::CasRegister)
        };
        assert_eq!(verdict(&read("0"), &asked(None)), Verdict::Invalid);
        assert_eq!(verdict(&read("0"), &asked(Some("0"))), Verdict::Valid);
        assert_eq!(verdict(&read("1"), &asked(Some("0"))), Verdict::Invalid);
    }

    #[test]
    fn two_reads_without_a_process_fork() {
        let of = |one: &str, two: &str| {
            let read =
                |kind: &str, value: &str| format!("{{:type :{kind} :f :read :value {value}}}");
            let write = |key: u8| {
                let what = format!(":f :write :value [[:w {key} 1]]");
                format!("{{:type :invoke {what}}} {{:type :ok {what}}}")
            };
            let unread = "[[:r 0 nil] [:r 1 nil]]";
            [
                write(0),
                write(1),
                read("invoke", unread),
                read("ok", one),
                read("invoke", unread),
                read("ok", two),
            ]
            .concat()
        };
        let asked = Question::new(Model::LongFork);
        let forked = of("[[:r 0 1] [:r 1 nil]]", "[[:r 1 1] [:r 0 nil]]");
        assert_eq!(verdict(&forked, &asked), Verdict::Invalid);
        let straight = of("[[:r 0 1] [:r 1 nil]]", "[[:r 1 1] [:r 0 1]]");
        assert_eq!(verdict(&straight, &asked), Verdict::Valid);
        let checked = check(straight.as_bytes(), &asked).unwrap();
        assert_eq!(checked.notes.len(), 1, "{:?}", checked.notes);
    }

    #[test]
    fn a_set_whose_adds_are_pairs_and_whose_read_is_numbers_has_lost_all() {
        let add = |n: u8| {
            format!(
                "{{:process 0 :type :invoke :f :add :value [0 {n}]}} {{:process 0 :type :ok :f :add :value [0 {n}]}}"
            )
        };
        let text = [
            add(0),
            add(1),
            add(2),
            "{:process 0 :type :invoke :f :read :value [0 nil]} {:process 0 :type :ok :f :read :value [0 1 2]}".to_owned(),
        ];
        let checked = check(text.concat().as_bytes(), &Question::new(Model::SetFull)).unwrap();
        assert_eq!(checked.finding.verdict, Verdict::Invalid);
        assert_eq!(
            checked.finding.counts.get("lost-count"),
            Some(&3),
            "{checked:?}"
        );
    }

    #[test]
    fn a_counter_that_nobody_read_is_true_and_says_so() {
        let text =
            "{:process 0 :type :invoke :f :add :value 1} {:process 0 :type :ok :f :add :value 1}";
        let checked = check(text.as_bytes(), &Question::new(Model::Counter)).unwrap();
        assert_eq!(checked.finding.verdict, Verdict::Valid);
        assert_eq!(checked.notes.len(), 1, "{checked:?}");
    }

    #[test]
    fn a_string_may_be_nil() {
        let step = |f: &str, asked: &str, got: &str| {
            format!(
                "{{:process 0 :type :invoke :f :{f} :key 0 :value {asked}}} {{:process 0 :type :ok :f :{f} :key 0 :value {got}}}"
            )
        };
        for (second, read, expected) in [
            ("\"a\"", "\"nila\"", Verdict::Valid),
            ("\"a\"", "\"\\\"nil\\\"a\"", Verdict::Invalid),
            ("\"7\"", "\"nil7\"", Verdict::Valid),
            ("7", "\"nil7\"", Verdict::Valid),
        ] {
            let text = [
                step("append", "\"nil\"", "\"nil\""),
                step("append", second, second),
                step("get", "nil", read),
            ];
            assert_eq!(
                verdict(&text.concat(), &Question::new(Model::Kv)),
                expected,
                "{read}"
            );
        }
    }

    #[test]
    fn a_number_is_not_the_text_of_it() {
        let asked = Question::new(Model::CasRegister);
        for (other, expected) in [
            ("\"1\"", Verdict::Valid),
            (":1", Verdict::Valid),
            ("1", Verdict::Invalid),
            ("1N", Verdict::Invalid),
        ] {
            let step = |f: &str, asked: &str, got: &str| {
                format!(
                    "{{:process 0 :type :invoke :f :{f} :value {asked}}} {{:process 0 :type :ok :f :{f} :value {got}}}"
                )
            };
            let other = format!("[{other} 6]");
            let text = [
                step("write", "[1 5]", "[1 5]"),
                step("write", &other, &other),
                step("read", "[1 nil]", "[1 5]"),
            ];
            assert_eq!(verdict(&text.concat(), &asked), expected, "{other}");
        }
    }

    #[test]
    fn numbers_of_any_size_are_values_like_others() {
        let (one, two) = ("123456789012345678901", "123456789012345678902");
        let json = |read: &str, time: &str| {
            format!(
                r#"[{{"type":"invoke","process":0,"f":"write","value":{one},"time":{time}}},{{"type":"ok","process":0,"f":"write","value":{one},"time":1.5}},
                {{"type":"invoke","process":0,"f":"read","value":null,"time":2}},{{"type":"ok","process":0,"f":"read","value":{read},"time":2.75}}]"#
            )
        };
        let asked = Question::new(Model::CasRegister);
        for time in ["0.5", "1e30", "99999999999999999999", "-1", "0"] {
            assert_eq!(verdict(&json(one, time), &asked), Verdict::Valid, "{time}");
            assert_eq!(
                verdict(&json(two, time), &asked),
                Verdict::Invalid,
                "{time}"
            );
        }
        let edn = read("9223372036854775808N");
        let initial = Some("9223372036854775808".to_owned());
        assert_eq!(
            verdict(&edn, &Question { initial, ..asked }),
            Verdict::Valid
        );
    }

    #[test]
    fn registers_of_transactions_are_read_late() {
        let step = |step: &str| {
            format!(
                "{{:process 0 :type :invoke :f :txn :value [{step}]}} {{:process 0 :type :ok :f :txn :value [{step}]}}"
            )
        };
        let stale: String = ["[:w :x 1]", "[:w :x 2]", "[:r :x 1]"].map(step).concat();
        let asked = |model: Option<&str>, linearizable_keys, sequential_keys| Question {
            consistency_models: model
                .map(|name| name.parse().unwrap())
                .into_iter()
                .collect(),
            linearizable_keys,
            sequential_keys,
            ..Question::new(Model::RwRegister)
        };
        for (model, linearizable_keys, sequential_keys, expected) in [
            (None, false, false, Verdict::Invalid),
            (
                Some("strong-snapshot-isolation"),
                false,
                false,
                Verdict::Invalid,
            ),
            (
                Some("strong-session-serializable"),
                false,
                false,
                Verdict::Invalid,
            ),
            (Some("serializable"), false, false, Verdict::Valid),
            (Some("serializable"), true, false, Verdict::Invalid),
            (Some("serializable"), false, true, Verdict::Invalid),
        ] {
            let asked = asked(model, linearizable_keys, sequential_keys);
            assert_eq!(verdict(&stale, &asked), expected, "{asked:?}");
        }
    }

    #[test]
    fn accounts_may_be_overdrawn_where_that_is_allowed() {
        let asked = |negative_balances| Question {
            negative_balances,
            ..Question::new(Model::Bank)
        };
        let text = read("{:a -1 :b 11}");
        assert_eq!(verdict(&text, &asked(false)), Verdict::Invalid);
        assert_eq!(verdict(&text, &asked(true)), Verdict::Valid);
    }
}
