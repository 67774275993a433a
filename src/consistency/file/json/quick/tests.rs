use super::super::odd::{ODD, line};
use super::super::parse;
use super::*;
use crate::consistency::file::{FileError, Line};
use proptest::prelude::*;

fn slowly(line: &[u8]) -> Result<Line, FileError> {
    parse(line, 3, 1).and_then(|value| Entries::of(value).line(3))
}

/// Whatever is read quickly is what would be read slowly.
fn same(line: &[u8]) {
    if let Some(quick) = entries(line) {
        let text = String::from_utf8_lossy(line);
        // Two numbers that are none are not equal.
        assert_eq!(
            format!("{:?}", quick.line(3)),
            format!("{:?}", slowly(line)),
            "{text}"
        );
    }
}

#[test]
fn odd_lines_are_the_same_or_not_read_here() {
    ODD.iter().for_each(|line| same(line.as_bytes()));
}

#[test]
fn usual_lines_are_read_here() {
    for text in [
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"append","value":7}"#,
        r#"{"index": 1, "time": 20, "process": 3, "type": "ok", "f": "read", "value": [0, [null, -4]], "attempts": 1}"#,
        r#"{"process":"nemesis","type":"info","f":"x y","value":{"a:1":[{}],"term":2,"b":true}, "error":[]}"#,
        "{}",
        "\t{ } \r",
    ] {
        let quick = entries(text.as_bytes()).map(|entries| entries.line(3));
        assert_eq!(quick, Some(slowly(text.as_bytes())), "{text}");
    }
}

#[test]
fn what_is_not_usual_is_not_read_here() {
    let deep = |depth: usize| format!("{{\"value\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert!(entries(deep(16).as_bytes()).is_some());
    for text in [
        "",
        "{",
        "[]",
        "{}}",
        "{}{}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{'a':1}",
        "{\"a\":[1,]}",
        "{\"a\":01}",
        "{\"a\":-0}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":1.0}",
        "{\"a\":1e2}",
        "{\"a\":1",
        "{\"a\":1234567890123456789}",
        "{\"a\":nul}",
        "{\"a\":nulll}",
        "{\"a\":\"\\n\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"é\"}",
        "{\"a\":\"",
        "{\"f\":1,\"f\":1}",
        &deep(17),
    ] {
        assert!(entries(text.as_bytes()).is_none(), "{text}");
    }
}

proptest! {
    #[test]
    fn lines_are_the_same_or_not_read_here(
        text in line(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), prop::sample::select(b"0123456789-.e,:[]{}\\\" tfn".to_vec())],
    ) {
        let mut line = text.into_bytes();
        same(&line);
        let place = place.index(line.len());
        same(&line[..place]);
        line[place] = byte;
        same(&line);
        line.insert(place, byte);
        same(&line);
    }
}
