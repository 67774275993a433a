use super::super::{Format, Lines, Value, read};

const FIRST: &str = r#"{"index":0,"type":"invoke","process":1,"f":"txn","value":[["r","x",null],["append",3,1.5]]}"#;
const SECOND: &str =
    r#"{"type":"info","process":"nemesis","f":"start \"{[","value":{"a":[true]},"time":5}"#;

#[test]
fn operations_stand_in_an_array_or_one_after_the_other() {
    for text in [
        format!("[{FIRST},{SECOND}]"),
        format!(" [\r\n {FIRST} ,\n{SECOND}\n] \n"),
        format!("{FIRST}\n{SECOND}\n"),
        format!("{FIRST}{SECOND}"),
    ] {
        let lines = read(text.as_bytes(), None).expect(&text);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| format!("{:?} {} {}", line.process, line.f, line.value))
            .collect();
        let expected = [
            "Client(1) txn [[\"r\" \"x\" nil] [\"append\" 3 1.5]]",
            "Other(\"nemesis\") start \"{[ {\"a\" [true]}",
        ];
        assert_eq!(shown, expected, "{text}");
    }
    assert_eq!(read(b"[]", None).map(|lines| lines.len()), Ok(0));
}

#[test]
fn errors_name_the_place() {
    let deep = format!("[{{\"value\":{}", "[".repeat(200));
    let deep = format!("{deep}{}}}]", "]".repeat(200));
    for (text, line, message) in [
        ("[", 1, "ends before the ]"),
        (
            "[{\"type\":\"ok\",\n\"process\":1,\"f\":\"r\"},",
            2,
            "expected the {",
        ),
        (
            "[{\"type\":\"ok\",\"process\":1,\"f\":\"r\"} {",
            1,
            "expected , or ]",
        ),
        ("[] []", 1, "nothing may follow"),
        ("[5]", 1, "expected the {"),
        ("{\"a\":1,\n\n\"b\":}", 3, "expected value"),
        ("{\"a\":1,\n\n\"b\":", 3, "ends within"),
        ("{\"a\":\"x\n\"}", 1, "within a string"),
        ("{\"a\":]}", 1, "expected value"),
        ("{\"a\":1e30}", 1, "expected a type"),
        ("{\"a\":123456789012345678901}", 1, "expected a type"),
        ("{\"a\":123456789012345678901,}", 1, "64 bits"),
        ("{}", 1, "expected a type"),
        (deep.as_str(), 1, "recursion limit"),
    ] {
        let error = read(text.as_bytes(), Some(Format::Json)).expect_err(text);
        assert_eq!(error.line, line, "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn big_numbers_stay_exact() {
    let text = r#"{"type":"ok","process":1,"f":"r","value":18446744073709551615}"#;
    let lines = read(text.as_bytes(), None).expect("it is read");
    assert_eq!(
        lines.first().map(|line| &line.value),
        Some(&Value::Exact("18446744073709551615".into()))
    );
}

#[test]
fn nothing_comes_after_an_error() {
    let text = format!("[{FIRST},5,{FIRST}]");
    let lines: Vec<_> = Lines::new(text.as_bytes(), None)
        .expect("it begins")
        .collect();
    assert_eq!(
        lines.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false]
    );
}
