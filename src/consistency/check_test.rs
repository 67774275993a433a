//! Tables of the checks of a run.

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
        let read = |kind: &str, value: &str| format!("{{:type :{kind} :f :read :value {value}}}");
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

/// Reads of nothing, and of less than all, in the histories of others.
#[test]
fn what_a_read_leaves_out_is_judged_as_jepsen_does() {
    let read = |value: &str| {
        format!(
            "{{:process 0 :type :invoke :f :read}} {{:process 0 :type :ok :f :read :value {value}}}"
        )
    };
    let add = "{:process 0 :type :invoke :f :add :value 1} {:process 0 :type :ok :f :add :value 1}";
    for (model, text, expected) in [
        (
            Model::Bank,
            [read("{0 20 1 0}"), read("{0 20}")],
            Verdict::Valid,
        ),
        (
            Model::Bank,
            [read("{0 20 1 0}"), read("{0 19}")],
            Verdict::Invalid,
        ),
        (
            Model::Bank,
            [read("{0 10 1 10}"), read("nil")],
            Verdict::Invalid,
        ),
        (Model::Set, [add.to_owned(), read("[1]")], Verdict::Valid),
        (
            Model::Set,
            [format!("{add} {}", read("[1]")), read("nil")],
            Verdict::Unknown,
        ),
        (
            Model::Set,
            [format!("{add} {}", read("nil")), read("[1]")],
            Verdict::Valid,
        ),
    ] {
        assert_eq!(
            verdict(&text.concat(), &Question::new(model)),
            expected,
            "{text:?}"
        );
    }
    let own = [
        r#"{"type":"header","format":"mongo-rs-history","version":1}"#,
        r#"{"index":0,"time":1,"process":0,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":1,"time":2,"process":0,"type":"ok","f":"read","value":{"0":20,"1":0}}"#,
        r#"{"index":2,"time":3,"process":0,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":3,"time":4,"process":0,"type":"ok","f":"read","value":{"0":20}}"#,
    ];
    let verdict = verdict(&own.join("\n"), &Question::new(Model::Bank));
    assert_eq!(
        verdict,
        Verdict::Invalid,
        "our own workload deletes no account"
    );
}

#[test]
fn a_file_without_any_client_is_true_only_if_none_could_be_meant() {
    let by = |process: &str| {
        format!(
            "{{:process {process} :type :invoke :f :read}} {{:process {process} :type :ok :f :read :value 7}}"
        )
    };
    for (process, expected) in [
        ("0", Verdict::Invalid),
        (":a", Verdict::Unknown),
        ("\"worker\"", Verdict::Unknown),
        (":nemesis", Verdict::Valid),
    ] {
        let found = verdict(&by(process), &Question::new(Model::CasRegister));
        assert_eq!(found, expected, "{process}");
    }
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
