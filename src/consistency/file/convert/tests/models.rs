use super::*;

#[test]
fn strings() {
    let text = "{:process 0 :type :invoke :f :append :key \"7\" :value \"x\"} {:process 0 :type :ok :f :append :key \"7\" :value \"x\"}
        {:process 0 :type :invoke :f :get :key \"7\" :value nil} {:process 0 :type :ok :f :get :key \"7\" :value \"\"}
        {:process 0 :type :invoke :f :put :key 8 :value \"y\"}";
    let history = kv(&mut lines(text), Options::default()).expect(text);
    let name = |symbol| history.names.text(symbol);
    let shown = shown(&history, |action| match action.action {
        Text::Get(read) => format!("{} get {:?}", name(action.key), read.map(name)),
        Text::Put(value) => format!("{} put {}", name(action.key), name(value)),
        Text::Append(value) => format!("{} append {}", name(action.key), name(value)),
    });
    assert_eq!(
        shown,
        [
            "0 0-1 Ok \"7\" append x",
            "0 2-3 Ok \"7\" get Some(\"\")",
            "0 4-open Info 8 put y"
        ]
    );
    let tuples = edn(&[
        ("invoke", 1, "get", "[3 nil]"),
        ("ok", 1, "get", "[3 \"a\"]"),
        ("invoke", 1, "put", "[4 \"b\"]"),
    ]);
    let history = kv(&mut lines(&tuples), Options::default()).expect("tuples");
    let keys: Vec<_> = history
        .operations
        .iter()
        .map(|operation| history.names.text(operation.action.key))
        .collect();
    assert_eq!(keys, ["3", "4"]);
}

#[test]
fn lists() {
    let text = edn(&[
        ("invoke", 0, "txn", "[[:append :x 1] [:r 2 nil]]"),
        ("invoke", 1, "txn", "[[:append \"x\" 2] [:r :x nil]]"),
        ("invoke", 2, "txn", "[[:append 2 9]]"),
        ("ok", 0, "txn", "[[\"append\" :x 1] [:r 2 [9]]]"),
        ("ok", 1, "txn", "[[:append \"x\" 2] [:r :x nil]]"),
        ("info", 2, "txn", "[:timed-out]"),
        ("invoke", 3, "txn", "[[:r 2 nil]]"),
        ("fail", 3, "txn", "nil"),
    ]);
    let (history, transactions) = list_append(&mut lines(&text)).expect("lists");
    let name = |symbol| history.names.text(symbol).into_owned();
    let shown = shown(&history, |steps| {
        let steps = &transactions.steps[steps.0 as usize..steps.1 as usize];
        let step = |step: &ListStep| match *step {
            ListStep::Append(key, value) => format!("{}<{}", name(key), name(value)),
            ListStep::Read(key, None) => format!("{}?", name(key)),
            ListStep::Read(key, Some((from, to))) => {
                let list = &transactions.lists[from as usize..to as usize];
                format!(
                    "{}={:?}",
                    name(key),
                    list.iter().map(|value| name(*value)).collect::<Vec<_>>()
                )
            }
        };
        steps.iter().map(step).collect::<Vec<_>>().join(" ")
    });
    let expected = [
        "0 0-3 Ok x<1 2=[\"9\"]",
        "1 1-4 Ok x<2 x=[]",
        "2 2-open Info 2<9",
        "3 6-7 Fail 2?",
    ];
    assert_eq!(shown, expected);
    for wrong in [
        "nil",
        "5",
        "[5]",
        "[[:r 1]]",
        "[[:append 1 nil]]",
        "[[:w 1 2]]",
        "[[:r 1 5]]",
    ] {
        let text = edn(&[("invoke", 0, "txn", "[]"), ("ok", 0, "txn", wrong)]);
        assert_eq!(
            list_append(&mut lines(&text)).expect_err(wrong).line,
            2,
            "{wrong}"
        );
    }
}

#[test]
fn our_own_list_is_a_list_and_a_set() {
    let text = r#"{"type":"header"}
{"index":0,"time":1000,"process":0,"type":"invoke","f":"append","value":7}
{"index":1,"time":2000,"process":"nemesis","type":"info","f":"split"}
{"index":2,"time":3000,"process":0,"type":"ok","f":"append","attempts":1}
{"index":3,"time":4000,"process":"reader","type":"invoke","f":"read","value":null}
{"index":4,"time":5000,"process":"reader","type":"ok","f":"read","value":{"list":[9,7]}}
"#;
    let history = set(&mut lines(text)).expect("set");
    let expected_set = [
        "0 0-2 Ok add 7".to_owned(),
        format!("{READER} 3-4 Ok read [\"9\", \"7\"]"),
    ];
    let name = |symbol: &u32| history.names.text(*symbol).into_owned();
    let of_set = shown(&history, |action| match action {
        Set::Add(element) => format!("add {}", name(element)),
        Set::Read(None) => "read".to_owned(),
        Set::Read(Some(read)) => format!("read {:?}", read.iter().map(name).collect::<Vec<_>>()),
    });
    assert_eq!(of_set, expected_set);
    assert_eq!(history.times, [1000, 2000, 3000, 4000, 5000]);
    assert_eq!(history.moment(4), "at 0.000 s");
    let (history, transactions) = list_append(&mut lines(text)).expect("list");
    assert_eq!(history.operations.len(), 2);
    assert_eq!(transactions.lists.len(), 2);
    assert!(matches!(
        transactions.steps[1],
        ListStep::Read(_, Some((0, 2)))
    ));
}

#[test]
fn sets_with_keys() {
    let text = edn(&[
        ("invoke", 0, "add", "[0 5]"),
        ("ok", 0, "add", "[0 5]"),
        ("invoke", 1, "read", "[1 nil]"),
        ("invoke", 0, "read", "[0 nil]"),
        ("ok", 0, "read", "[0 #{5}]"),
    ]);
    let keys = set_full(&mut lines(&text)).expect("keys");
    let shown: Vec<_> = keys
        .iter()
        .map(|of| {
            (
                of.key.as_deref(),
                of.history.operations.len(),
                of.places.clone(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [(Some("0"), 2, vec![0, 1, 3, 4]), (Some("1"), 1, vec![2])]
    );
    assert_eq!(keys[0].history.operations[1].invoked, 2);
    assert!(set(&mut lines(&text)).is_err());
    // Tuples in the adds only are elements, as elle-cli takes them.
    let text = edn(&[
        ("invoke", 0, "add", "[0 5]"),
        ("ok", 0, "add", "[0 5]"),
        ("invoke", 0, "read", "nil"),
        ("ok", 0, "read", "[5 6]"),
    ]);
    let keys = set_full(&mut lines(&text)).expect("one");
    assert_eq!(
        (keys.len(), keys[0].key.as_deref(), keys[0].places.len()),
        (1, None, 0)
    );
    assert_eq!(keys[0].history.names.text(1), "[0 5]");
}

#[test]
fn the_answer_tells_whether_a_read_was_asked_for_a_key() {
    let adds = [
        ("invoke", 0, "add", "[0 0]"),
        ("ok", 0, "add", "[0 0]"),
        ("invoke", 0, "add", "[0 1]"),
        ("ok", 0, "add", "[0 1]"),
    ];
    // A read of everything that was begun with a key and nothing, elle-cli's way.
    for (answer, keys) in [
        (Some("[0 1]"), vec![None]),
        (Some("[0 1 2]"), vec![None]),
        (Some("#{0 1}"), vec![None]),
        (Some("[0 #{0 1}]"), vec![Some("0")]),
        (Some("[0 nil]"), vec![Some("0")]),
        (None, vec![Some("0")]),
    ] {
        let mut all = adds.to_vec();
        all.push(("invoke", 0, "read", "[0 nil]"));
        all.extend(answer.map(|answer| ("ok", 0, "read", answer)));
        let found = set_full(&mut lines(&edn(&all))).expect("read");
        let found: Vec<_> = found.iter().map(|of| of.key.as_deref()).collect();
        assert_eq!(found, keys, "{answer:?}");
    }
    // Another read that was answered with a tuple does not go with it.
    let mut both = adds.to_vec();
    both.extend([
        ("invoke", 0, "read", "[0 nil]"),
        ("ok", 0, "read", "[0 nil]"),
        ("invoke", 0, "read", "[0 nil]"),
        ("ok", 0, "read", "[0 1 2]"),
    ]);
    assert_eq!(set_full(&mut lines(&edn(&both))).expect_err("both").line, 8);
}

#[test]
fn counters() {
    let text = edn(&[
        ("ok", 0, "add", "-3"),
        ("ok", 0, "inc", "nil"),
        ("ok", 0, "dec", "2"),
        ("ok", 0, "read", "-4"),
        ("info", 0, "read", ":x"),
    ]);
    let history = counter(&mut lines(&text)).expect("counter");
    let actions: Vec<_> = history
        .operations
        .iter()
        .map(|operation| operation.action)
        .collect();
    let expected = [
        Counter::Add(-3),
        Counter::Add(1),
        Counter::Add(-2),
        Counter::Read(Some(-4)),
        Counter::Read(None),
    ];
    assert_eq!(actions, expected);
    for wrong in ["[1 2]", "nil", ":x", "1.5", "99999999999999999999"] {
        assert!(
            counter(&mut lines(&edn(&[("ok", 0, "add", wrong)]))).is_err(),
            "{wrong}"
        );
    }
    let huge = edn(&[
        ("ok", 0, "add", "1"),
        ("ok", 0, "add", "9223372036854775808N"),
    ]);
    let error = counter(&mut lines(&huge)).expect_err("huge");
    assert_eq!(error.line, 2);
    assert!(error.message.contains("64 bits"), "{error}");
    assert!(
        counter(&mut lines(&edn(&[(
            "ok",
            0,
            "dec",
            "-9223372036854775808"
        )])))
        .is_err()
    );
}

#[test]
fn banks_in_edn_and_json_are_the_same() {
    let edn = edn(&[
        ("ok", 0, "transfer", "{:from 0 :to 1 :amount 5}"),
        ("ok", 0, "read", "{0 97, 1 nil}"),
        ("fail", 1, "read", "nil"),
    ]);
    let json = r#"[{"type":"ok","process":0,"f":"transfer","value":{"from":0,"to":1,"amount":5}},
        {"type":"ok","process":0,"f":"read","value":{"0":97,"1":null}},{"type":"fail","process":1,"f":"read"}]"#;
    let history = bank(&mut lines(&edn), Reads::Inside).expect("edn");
    assert_eq!(
        history,
        bank(&mut lines(json), Reads::Inside).expect("json")
    );
    assert_eq!(
        history.operations[1].action,
        Bank::Read(Some(vec![(1, Some(97)), (2, None)]))
    );
    assert_eq!(
        history.operations[0].action,
        Bank::Transfer {
            from: 1,
            to: 2,
            amount: 5
        }
    );
    for wrong in [
        "{:from 0 :to 1}",
        "[0 1 5]",
        "{:from nil :to 1 :amount 2}",
        "{:from 0 :to 1 :amount 1.5}",
    ] {
        let text = format!("{{:type :ok :process 1 :f :transfer :value {wrong}}}");
        assert!(bank(&mut lines(&text), Reads::Inside).is_err(), "{wrong}");
    }
    for wrong in ["[1 2]", "{0 :x}", "{0 1 0 2}", "{0 9223372036854775808N}"] {
        let text = format!("{{:type :ok :process 1 :f :read :value {wrong}}}");
        assert!(bank(&mut lines(&text), Reads::Inside).is_err(), "{wrong}");
    }
    // Only JSON has no other way to say it.
    let both = |format: &str| format!("{{{format}}}");
    let of = |text: &str| bank(&mut lines(text), Reads::Inside);
    let edn = both(":type :ok :process 1 :f :read :value {0 1 \"0\" 2}");
    assert_eq!(
        of(&edn).expect("two").operations[0].action,
        Bank::Read(Some(vec![(1, Some(1)), (2, Some(2))]))
    );
    let json = both(r#""type":"ok","process":1,"f":"read","value":{"0":1,"00":2,"a":3}"#);
    assert_eq!(of(&json).expect("three").operations.len(), 1);
}

#[test]
fn transactions_on_registers() {
    let text = edn(&[
        ("invoke", 0, "write", "[[:w 1 2]]"),
        ("ok", 0, "write", "[[\"w\" 1 2]]"),
        ("invoke", 0, "read", "[[:r 1 nil] [:read 2 nil]]"),
        ("invoke", 1, "txn", "[[:r 1 nil]]"),
        ("ok", 0, "read", "[[:r 1 2] [:read 2 nil]]"),
    ]);
    let (history, steps) = long_fork(&mut lines(&text)).expect("long-fork");
    let outcomes: Vec<_> = history
        .operations
        .iter()
        .map(|operation| operation.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [OutcomeType::Ok, OutcomeType::Ok, OutcomeType::Info]
    );
    // Symbols are numbered as they come: 1 is "1", 2 is "2".
    let expected = [
        RegisterStep::Write(1, 2),
        RegisterStep::Read(1, Some(2)),
        RegisterStep::Read(2, Some(NIL)),
        RegisterStep::Read(1, None),
    ];
    assert_eq!(steps, expected);
    assert!(rw_register(&mut lines(&edn(&[("ok", 0, "txn", "[[:append 1 2]]")]))).is_err());
    assert_eq!(lines(&text).format(), Format::Edn);
}
