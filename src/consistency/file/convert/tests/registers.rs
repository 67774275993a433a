use super::*;

#[test]
fn processes_are_paired() {
    let text = edn(&[
        ("invoke", 1, "write", "5"),
        ("invoke", 2, "read", "nil"),
        ("invoke", 3, "write", "6"),
        ("ok", 2, "read", "5"),
        ("info", 1, "write", ":timed-out"),
        ("fail", 3, "write", "6"),
        ("invoke", 3, "cas", "[5 6]"),
        ("invoke", 1, "write", "7"),
    ]);
    let expected = [
        "1 0-open Info nil write 5",
        "2 1-3 Ok nil read 5",
        "3 2-5 Fail nil write 6",
    ];
    let more = ["3 6-open Info nil cas 5 6", "1 7-open Info nil write 7"];
    assert_eq!(
        registers(&text, Options::default()),
        Ok([&expected[..], &more[..]]
            .concat()
            .iter()
            .map(|s| s.to_string())
            .collect())
    );
    let mut lines = lines(&text);
    assert!(register(&mut lines, Options::default()).is_ok());
    assert_eq!(
        lines.notes().len(),
        1,
        "process 1 went on after :info: {:?}",
        lines.notes()
    );
}

#[test]
fn wrong_pairs_are_errors_that_name_the_line() {
    for (wrong, message) in [
        (
            edn(&[("invoke", 1, "read", "nil"), ("invoke", 1, "read", "nil")]),
            "before it ended",
        ),
        (
            edn(&[("invoke", 1, "read", "nil"), ("ok", 2, "read", "nil")]),
            "did not begin",
        ),
        (
            edn(&[("invoke", 1, "read", "nil"), ("ok", 1, "write", "1")]),
            "but began",
        ),
        (
            edn(&[("invoke", 1, "write", "2"), ("ok", 1, "write", "1")]),
            "another value",
        ),
        (
            edn(&[("ok", 1, "read", "nil"), ("invoke", 1, "read", "nil")]),
            "nothing began",
        ),
        (
            edn(&[("ok", 1, "read", "nil"), ("ok", 1, "push", "nil")]),
            "expected f",
        ),
        (
            edn(&[("ok", 1, "read", "nil"), ("ok", 1, "cas", "5")]),
            "[from to]",
        ),
        (
            edn(&[("ok", 1, "write", "5"), ("ok", 1, "cas", "[1 [2 3]]")]),
            "tuple",
        ),
    ] {
        let error = registers(&wrong, Options::default()).expect_err(&wrong);
        assert_eq!(error.line, 2, "{wrong}: {error}");
        assert!(error.message.contains(message), "{wrong}: {error}");
    }
}

#[test]
fn lines_without_a_process_are_those_of_one_client() {
    let line = |kind: &str, rest: &str| format!("{{:type :{kind} {rest}}}\n");
    let write = |kind, process: &str| line(kind, &format!("{process} :f :write :value 1"));
    let read = |kind, value: &str| line(kind, &format!(":f :read :value {value}"));
    let text = [
        write("invoke", ""),
        write("ok", ":process nil"),
        read("invoke", "nil"),
        read("ok", "1"),
    ]
    .concat();
    let mut lines = lines(&text);
    let history = register(&mut lines, Options::default()).expect("one client");
    let places: Vec<_> = history
        .operations
        .iter()
        .map(|it| (it.invoked, it.completed, it.outcome))
        .collect();
    assert_eq!(places, [(0, 1, OutcomeType::Ok), (2, 3, OutcomeType::Ok)]);
    assert_eq!(lines.notes().len(), 1, "{:?}", lines.notes());
    assert!(lines.notes()[0].starts_with("4 lines name no process"));
    // Two at once cannot be told apart.
    let both = [write("invoke", ""), read("invoke", "nil")].concat();
    let error = registers(&both, Options::default()).expect_err("both");
    assert_eq!(error.line, 2);
    assert!(error.message.contains("without a process"), "{error}");
}

#[test]
fn completions_alone_are_not_known_to_follow_each_other() {
    let text = edn(&[
        ("ok", 0, "write", "1"),
        ("fail", 0, "write", "2"),
        ("info", 0, "write", "3"),
        ("ok", 0, "read", "1"),
    ]);
    let expected = [
        "0 0-0 Ok nil write 1",
        "0 0-1 Fail nil write 2",
        "0 0-open Info nil write 3",
        "0 0-3 Ok nil read 1",
    ];
    assert_eq!(
        registers(&text, Options::default()),
        Ok(expected.map(str::to_owned).to_vec())
    );
}

#[test]
fn tuples_are_told_by_the_whole_file() {
    let tuples = edn(&[
        ("invoke", 0, "write", "[:x 1]"),
        ("ok", 0, "write", "[:x 1]"),
        ("invoke", 0, "cas", "[:x [1 2]]"),
        ("info", 0, "cas", ":timed-out"),
        ("invoke", 1, "read", "[:y nil]"),
        ("ok", 1, "read", "[:y 3]"),
    ]);
    let expected = [
        "0 0-1 Ok x write 1",
        "0 2-open Info x cas 1 2",
        "1 4-5 Ok y read 3",
    ];
    assert_eq!(
        registers(&tuples, Options::default()),
        Ok(expected.map(str::to_owned).to_vec())
    );
    let plain = edn(&[
        ("invoke", 0, "write", "[:x 1]"),
        ("ok", 0, "write", "[:x 1]"),
        ("invoke", 1, "read", "nil"),
    ]);
    let expected = ["0 0-1 Ok nil write [:x 1]", "1 2-open Info nil read"];
    assert_eq!(
        registers(&plain, Options::default()),
        Ok(expected.map(str::to_owned).to_vec())
    );
    let keys = "{:type :invoke :process 1 :f :read :key \"k\" :value nil}{:type :ok :process 1 :f :read :value 4}";
    assert_eq!(
        registers(keys, Options::default()),
        Ok(vec!["1 0-1 Ok k read 4".to_owned()])
    );
}

#[test]
fn nil_and_failed_cas_mean_what_the_format_or_the_option_says() {
    let header = "{\"type\":\"header\"}\n";
    let json = |rest: &str| {
        let invoke = rest
            .replace("\"fail\"", "\"invoke\"")
            .replace("\"ok\"", "\"invoke\"");
        let invoke = invoke
            .split(",\"error\"")
            .next()
            .unwrap_or_default()
            .trim_end_matches('}')
            .to_owned()
            + "}";
        format!("{invoke}\n{rest}\n")
    };
    let read = json(r#"{"process":1,"type":"ok","f":"read","value":null}"#);
    let not_matched = json(
        r#"{"process":1,"type":"fail","f":"cas","value":[1,2],"error":{"class":"not-matched","code":null}}"#,
    );
    let refused =
        json(r#"{"process":1,"type":"fail","f":"cas","value":[1,2],"error":{"class":"refused"}}"#);
    let log = "1\t:invoke\t:cas\t[1 2]\n1\t:fail\t:cas\t[1 2]";
    let only = |failed_cas| Options {
        failed_cas: Some(failed_cas),
        ..Options::default()
    };
    let unknown = Options {
        nil_read: Some(NilRead::Unknown),
        ..Options::default()
    };
    let initial = Options {
        nil_read: Some(NilRead::Initial),
        ..Options::default()
    };
    let by_default = Options::default();
    for (text, options, expected) in [
        (read.clone(), by_default, "1 0-1 Ok nil read"),
        (read.clone(), initial, "1 0-1 Ok nil read nil"),
        (
            format!("{header}{read}"),
            by_default,
            "1 0-1 Ok nil read nil",
        ),
        (format!("{header}{read}"), unknown, "1 0-1 Ok nil read"),
        (
            format!("{header}{not_matched}"),
            by_default,
            "1 0-1 Fail nil cas 1 2",
        ),
        (format!("{header}{refused}"), by_default, ""),
        (
            refused.clone(),
            only(FailedCas::Compared),
            "1 0-1 Fail nil cas 1 2",
        ),
        (not_matched, only(FailedCas::Ignored), ""),
        (
            edn(&[("invoke", 1, "cas", "[1 2]"), ("fail", 1, "cas", "[1 2]")]),
            by_default,
            "",
        ),
        (log.to_owned(), by_default, "1 0-1 Fail nil cas 1 2"),
        (
            format!("{log}\t:not-matched"),
            by_default,
            "1 0-1 Fail nil cas 1 2",
        ),
        (format!("{log}\t:refused"), by_default, ""),
        (log.to_owned(), only(FailedCas::WhereSaid), ""),
        (
            "1\t:invoke\t:read\tnil\n1\t:ok\t:read\tnil".to_owned(),
            by_default,
            "1 0-1 Ok nil read nil",
        ),
    ] {
        assert_eq!(
            registers(&text, options).expect(&text).join("\n"),
            expected,
            "{text}"
        );
    }
}

#[test]
fn who_is_no_client_is_passed_over_and_told_of() {
    let text = "{:type :info :process :nemesis :f :x} {:type :invoke :process \"3\" :f :write :value 1}
        {:type :ok :process \"3\" :f :write :value 1} {:type :invoke :process :writer :f :write :value 2}";
    let mut lines = lines(text);
    let history = register(&mut lines, Options::default()).expect(text);
    let places: Vec<_> = history
        .operations
        .iter()
        .map(|one| (one.process, one.invoked, one.completed))
        .collect();
    assert_eq!(places, [(3, 1, 2)]);
    assert!(
        lines.notes().len() == 1 && lines.notes()[0].contains("\"writer\""),
        "{:?}",
        lines.notes()
    );
}

#[test]
fn a_line_without_a_time_has_that_of_the_line_before() {
    let times = |all: [&str; 4]| {
        let line = |(process, time): (usize, &&str)| {
            format!("{{:type :invoke :process {process} :f :read{time}}}")
        };
        let text: String = all.iter().enumerate().map(line).collect();
        register(&mut lines(&text), Options::default())
            .expect(&text)
            .times
    };
    assert_eq!(times(["", "", "", ""]), Vec::<u64>::new());
    assert_eq!(times(["", " :time 5", "", " :time 7"]), [0, 5, 5, 7]);
    assert_eq!(
        times([" :time nil", " :time -1", " :time 3", ""]),
        [0, 0, 3, 3]
    );
}

#[test]
fn values_that_all_look_like_tuples_are_tuples() {
    let text = edn(&[("ok", 0, "write", "[0 5]"), ("ok", 1, "read", "[0 5]")]);
    let expected = ["0 0-0 Ok 0 write 5", "1 0-1 Ok 0 read 5"];
    assert_eq!(
        registers(&text, Options::default()),
        Ok(expected.map(str::to_owned).to_vec())
    );
    let text = edn(&[("ok", 0, "write", "[0 5]"), ("ok", 1, "read", "7")]);
    let expected = ["0 0-0 Ok nil write [0 5]", "1 0-1 Ok nil read 7"];
    assert_eq!(
        registers(&text, Options::default()),
        Ok(expected.map(str::to_owned).to_vec())
    );
}
