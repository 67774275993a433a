//! Operations are taken while the file is read; what comes out is as if all had been read before.

use super::*;

#[test]
fn symbols_are_given_in_the_order_of_invocations() {
    let text = edn(&[
        ("invoke", 1, "write", "7"),
        ("invoke", 2, "write", ":b"),
        ("invoke", 3, "write", ":c"),
        ("ok", 3, "write", ":c"),
        ("ok", 2, "write", ":b"),
        ("invoke", 2, "write", ":d"),
        ("ok", 2, "write", ":d"),
    ]);
    let history = register(&mut lines(&text), Options::default()).expect("it is right");
    let names: Vec<_> = (0..5).map(|symbol| history.names.text(symbol)).collect();
    assert_eq!(names, ["nil", "7", "b", "c", "d"]);
    let begun: Vec<_> = history
        .operations
        .iter()
        .map(|operation| operation.invoked)
        .collect();
    assert_eq!(begun, [0, 1, 2, 5]);
}

#[test]
fn the_first_wrong_operation_is_told_but_a_wrong_line_before_it() {
    let text = edn(&[
        ("invoke", 1, "frob", "1"),
        ("invoke", 2, "frub", "2"),
        ("ok", 2, "frub", "2"),
        ("invoke", 2, "read", "nil"),
        ("ok", 2, "read", "2"),
        ("ok", 1, "frob", "1"),
    ]);
    for (more, line, message) in [
        ("", 6, "not \"frob\""),
        ("{", 7, "ends within"),
        ("{:type :ok :process 2 :f :read}", 7, "did not begin"),
    ] {
        let text = format!("{text}{more}");
        let error = registers(&text, Options::default()).expect_err(more);
        assert_eq!(error.line, line, "{error}");
        assert!(error.message.contains(message), "{error}");
    }
}

#[test]
fn what_tuples_are_may_be_told_by_the_last_line() {
    let begin = [
        ("invoke", 1, "write", "[0 1]"),
        ("ok", 1, "write", "[0 1]"),
        ("invoke", 2, "write", "[0 2]"),
        ("ok", 2, "write", "[0 2]"),
    ];
    for (last, expected) in [
        (
            "[0 nil]",
            [
                "1 0-1 Ok 0 write 1",
                "2 2-3 Ok 0 write 2",
                "3 4-open Info 0 read",
            ],
        ),
        (
            "nil",
            [
                "1 0-1 Ok nil write [0 1]",
                "2 2-3 Ok nil write [0 2]",
                "3 4-open Info nil read",
            ],
        ),
    ] {
        let text = edn(&begin) + &edn(&[("invoke", 3, "read", last)]);
        let found = registers(&text, Options::default()).expect("it is right");
        assert_eq!(found, expected);
    }
}

#[test]
fn that_a_set_has_keys_is_told_before_what_is_wrong_with_an_operation() {
    let text = "{:type :invoke :process 1 :f :frob :value 1}\n{:type :ok :process 1 :f :frob :value 1}\n\
        {:type :invoke :process 1 :f :add :key 5 :value 1}\n{:type :ok :process 1 :f :add :key 5 :value 1}\n";
    let error = set(&mut lines(text)).expect_err("it has keys");
    assert!(
        error.line == 4 && error.message.contains("have keys"),
        "{error}"
    );
    let error = set_full(&mut lines(text)).expect_err("frob is nothing");
    assert!(error.line == 2 && error.message.contains("frob"), "{error}");
}
