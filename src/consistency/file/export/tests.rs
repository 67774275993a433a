use super::*;
use crate::consistency::checker::actions::OnRegister;
use crate::consistency::checker::operation::History;
use crate::consistency::file::convert::{self, NilRead, Options};
use proptest::prelude::*;
use std::fmt::Write as _;

/// A random history of our own: for each operation a process, an action, an outcome and whether its end is there.
type Plan = Vec<(u64, u8, u8, u8)>;

fn plan() -> impl Strategy<Value = Plan> {
    proptest::collection::vec((0..6_u64, 0..4_u8, 0..8_u8, 0..5_u8), 0..40)
}

/// Writes the history: each process runs alone or, if the next of another comes, at the same time.
fn history(plan: &Plan, action: impl Fn(usize, u8, u8, bool) -> (String, String)) -> String {
    let mut text = "{\"type\":\"header\",\"seed\":1}\n".to_owned();
    let mut open: std::collections::BTreeMap<u64, (usize, u8, u8)> = Default::default();
    let mut index = 0;
    let mut line = |process: u64, kind: &str, rest: &str| {
        let _ = writeln!(
            text,
            "{{\"index\":{index},\"time\":{},\"process\":{process},\"type\":\"{kind}\",{rest}}}",
            index * 7
        );
        index += 1;
    };
    let end = |line: &mut dyn FnMut(u64, &str, &str),
               process,
               (number, which, outcome): (usize, u8, u8)| {
        let (kind, error) = match outcome {
            0..=4 => ("ok", ""),
            5 => (
                "fail",
                ",\"error\":{\"class\":\"not-matched\",\"code\":null}",
            ),
            6 => (
                "fail",
                ",\"error\":{\"class\":\"refused\",\"code\":\"10107\"}",
            ),
            _ => (
                "info",
                ",\"error\":{\"class\":\"time-out\",\"code\":50},\"attempts\":2",
            ),
        };
        line(
            process,
            kind,
            &format!("{}{error}", action(number, which, outcome, kind == "ok").1),
        );
        kind == "info"
    };
    let mut crashed = 0;
    for (number, (process, which, outcome, gap)) in plan.iter().enumerate() {
        if let Some(before) = open.remove(process)
            && end(&mut line, *process + crashed, before)
        {
            crashed += 100;
            for (process, before) in std::mem::take(&mut open) {
                end(&mut line, process + crashed - 100, before);
            }
        }
        line(
            *process + crashed,
            "invoke",
            &action(number, *which, *outcome, false).0,
        );
        open.insert(*process, (number, *which, *outcome));
        if *gap == 0 {
            line(0, "nothing", "");
        }
    }
    text.lines()
        .filter(|line| !line.contains("nothing"))
        .fold(String::new(), |text, line| text + line + "\n")
}

fn registers(text: &str, key: Option<&str>) -> History<OnRegister> {
    let options = Options {
        nil_read: Some(NilRead::Initial),
        ..Options::default()
    };
    let mut history = convert::register(
        &mut Lines::new(text.as_bytes(), None).expect("it begins"),
        options,
    )
    .expect(text);
    if let Some(key) = key {
        history
            .operations
            .retain(|operation| history.names.text(operation.action.key) == key);
    }
    history
}

/// What a checker would see, with names and without places: the order of invocations and completions by rank.
fn seen(history: &History<OnRegister>) -> Vec<String> {
    use crate::consistency::checker::actions::Register::{CompareAndSet, Read, Write};
    let mut places: Vec<u32> = history
        .operations
        .iter()
        .flat_map(|one| [one.invoked, one.completed])
        .collect();
    places.sort_unstable();
    places.dedup();
    let rank = |place| places.iter().position(|other| *other == place);
    let name = |symbol| history.names.text(symbol);
    let action = |one: &OnRegister| match one.action {
        Read(read) => format!("read {:?}", read.map(name)),
        Write(value) => format!("write {}", name(value)),
        CompareAndSet(from, to) => format!("cas {} {}", name(from), name(to)),
    };
    let line = |one: &crate::consistency::checker::operation::Operation<OnRegister>| {
        let (from, to) = (rank(one.invoked), rank(one.completed));
        format!(
            "{} {from:?} {to:?} {:?} {}",
            one.process,
            one.outcome,
            action(&one.action)
        )
    };
    history.operations.iter().map(line).collect()
}

fn exported(text: &str, export: Export<'_>) -> [String; 3] {
    let lines = || Lines::new(text.as_bytes(), None).expect("it begins");
    let mut out = [Vec::new(), Vec::new(), Vec::new()];
    edn(&mut lines(), export, &mut out[0]).expect("edn");
    txt(&mut lines(), export, &mut out[1]).expect("txt");
    elle_json(&mut lines(), export, &mut out[2]).expect("json");
    out.map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
}

fn register_action(number: usize, which: u8, outcome: u8, done: bool) -> (String, String) {
    let key = format!("\"key\":\"k{}\",", outcome % 2);
    // A completion may leave it out.
    let again = if number.is_multiple_of(2) {
        key.as_str()
    } else {
        ""
    };
    let (f, asked) = match which {
        0 | 1 => ("read", "null".to_owned()),
        2 => ("write", number.to_string()),
        _ => ("cas", format!("[{outcome},{number}]")),
    };
    let answered = match f {
        "read" if done && number.is_multiple_of(3) => "null".to_owned(),
        "read" if done => format!("\"v {number}\\n\\\"\""),
        _ => asked.clone(),
    };
    (
        format!("{key}\"f\":\"{f}\",\"value\":{asked}"),
        format!("{again}\"f\":\"{f}\",\"value\":{answered}"),
    )
}

proptest! {
    #[test]
    fn registers_come_back(plan in plan()) {
        let text = history(&plan, register_action);
        for key in ["k0", "k1"] {
            let ours = seen(&registers(&text, Some(key)));
            for exported in exported(&text, Export { key: Some(key), ..Export::default() }) {
                prop_assert_eq!(&ours, &seen(&registers(&exported, None)), "{}", exported);
            }
        }
    }

    #[test]
    fn lists_come_back(plan in plan()) {
        let text = history(&plan, |number, which, _, done| match which {
            0 if done => (String::new(), format!("\"f\":\"read\",\"value\":{{\"list\":[{number},-1]}}")),
            0 => ("\"f\":\"read\",\"value\":null".to_owned(), "\"f\":\"read\"".to_owned()),
            _ => (format!("\"f\":\"append\",\"value\":{number}"), "\"f\":\"append\"".to_owned()),
        });
        let text = text.replace(",}", ",\"f\":\"read\"}");
        let list = |text: &str| convert::list_append(&mut Lines::new(text.as_bytes(), None).expect("it begins")).expect(text);
        let ours = list(&text);
        for (number, exported) in exported(&text, Export { workload: Workload::Lists, key: None }).iter().enumerate() {
            let mut theirs = list(exported);
            if number == 1 {
                // A history.txt has no times.
                prop_assert!(theirs.0.times.is_empty());
                theirs.0.times.clone_from(&ours.0.times);
            }
            prop_assert_eq!(&ours, &theirs, "{}", exported);
        }
    }
}

#[test]
fn exports_look_as_jepsen_writes_them() {
    let text = r#"{"type":"header"}
{"index":0,"time":10,"process":0,"type":"invoke","f":"append","value":7}
{"index":1,"time":20,"process":"nemesis","type":"info","f":"split","value":{"a":["n1"]}}
{"index":2,"time":30,"process":0,"type":"info","f":"append","error":{"class":"x","code":64}}
{"index":3,"time":40,"process":"reader","type":"invoke","f":"read"}
{"index":4,"time":50,"process":"reader","type":"ok","f":"read","value":{"list":[7]}}
{"type":"result"}
"#;
    let [edn, txt, json] = exported(
        text,
        Export {
            workload: Workload::Lists,
            key: None,
        },
    );
    let expected = r#"{:index 0, :time 10, :type :invoke, :process 0, :f :txn, :value [[:append "list" 7]]}
{:index 1, :time 20, :type :info, :process :nemesis, :f :split, :value {:a ["n1"]}}
{:index 2, :time 30, :type :info, :process 0, :f :txn, :value [[:append "list" 7]], :error {:class "x", :code 64}}
{:index 3, :time 40, :type :invoke, :process 1000000000, :f :txn, :value [[:r "list" nil]]}
{:index 4, :time 50, :type :ok, :process 1000000000, :f :txn, :value [[:r "list" [7]]]}
"#;
    assert_eq!(edn, expected);
    assert!(txt.contains("\n:nemesis\t:info\t:split\t{:a [\"n1\"]}\n0\t:info\t:txn\t[[:append \"list\" 7]]\t{:class \"x\", :code 64}\n"));
    let last = r#"{"index":4,"time":50,"type":"ok","process":1000000000,"f":"txn","value":[["r","list",[7]]]}"#;
    assert!(
        json.starts_with("[\n{\"index\":0") && json.ends_with(&format!("{last}\n]\n")),
        "{json}"
    );
}

#[test]
fn accounts_and_transactions_look_as_jepsen_writes_them() {
    let line = |f: &str, value: &str| {
        format!("{{\"process\":0,\"type\":\"ok\",\"f\":\"{f}\",\"value\":{value}}}\n")
    };
    let text = "{\"type\":\"header\"}\n".to_owned()
        + &line("read", "{\"0\":97,\"01\":1}")
        + &line("transfer", "{\"from\":0,\"to\":1,\"amount\":5}")
        + &line("txn", "[[\"append\",\"x\",1],[\"r\",3,[\"a\"]]]");
    let [edn, txt, json] = exported(&text, Export::default());
    for value in [
        ":value {0 97, \"01\" 1}}",
        "{:from 0, :to 1, :amount 5}",
        "[[:append \"x\" 1] [:r 3 [\"a\"]]]",
    ] {
        assert!(edn.contains(value), "{value} in {edn}");
    }
    assert!(txt.contains("0\t:ok\t:txn\t[[:append \"x\" 1]"), "{txt}");
    assert!(
        json.contains(r#""value":{"0":97,"01":1}}"#)
            && json.contains(r#"[["append","x",1],["r",3,["a"]]]"#),
        "{json}"
    );
}

#[test]
fn a_read_of_which_nothing_is_known_does_not_become_an_empty_list() {
    let text = "{\"type\":\"header\"}\n{\"process\":0,\"type\":\"invoke\",\"f\":\"read\"}\n\
        {\"process\":0,\"type\":\"ok\",\"f\":\"read\"}\n{\"process\":0,\"type\":\"ok\",\"f\":\"other\"}\n";
    let export = Export {
        workload: Workload::Lists,
        key: None,
    };
    for exported in exported(text, export) {
        assert!(
            !exported.contains("nil]]\n0\t:ok\t:txn\t[[") && exported.contains("other"),
            "{exported}"
        );
        let lines = crate::consistency::file::read(exported.as_bytes(), None).expect(&exported);
        assert_eq!(lines[1].value.to_string(), "[]", "{exported}");
    }
}
