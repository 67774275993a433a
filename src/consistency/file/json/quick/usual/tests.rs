use super::super::super::odd::{ODD, line};
use super::super::super::parse;
use super::*;
use crate::consistency::file::line::Entries;
use proptest::prelude::*;

/// Whatever is read here is what would be read slowly.
fn same(line: &[u8]) {
    if let Some(found) = usual(line) {
        let text = String::from_utf8_lossy(line);
        let slowly = parse(line, 3, 1).and_then(|value| Entries::of(value).line(3));
        assert_eq!(Ok(found.line(3)), slowly, "{text}");
    }
}

#[test]
fn odd_lines_are_the_same_or_not_read_here() {
    ODD.iter().for_each(|line| same(line.as_bytes()));
}

#[test]
fn lines_of_clients_are_read_here() {
    for text in [
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":1,"time":20,"process":0,"type":"ok","f":"cas","value":[0,[null,-4]],"attempts":1}"#,
        r#"{"index":2,"time":30,"process":3,"type":"fail","f":"write","value":7,"attempts":2}"#,
        r#"{"index":3,"time":40,"process":3,"type":"info","f":"","value":[null,0]}"#,
    ] {
        assert!(usual(text.as_bytes()).is_some(), "{text}");
        same(text.as_bytes());
    }
}

#[test]
fn others_are_not_read_here() {
    for text in [
        "",
        "{}",
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":null} "#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":null"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":null}}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":1,"value":2}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":1,"error":null}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":[1,2,3]}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read","value":[[1,2],3]}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"unheard of","value":1}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"read"}"#,
        r#"{"index":0,"time":10,"process":3,"type":"invokes","f":"read","value":null}"#,
        r#"{"index":0,"time":10,"process":"3","type":"invoke","f":"read","value":null}"#,
        r#"{"index":-1,"time":10,"process":3,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":0,"time":1.5,"process":3,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":01,"time":1,"process":3,"type":"invoke","f":"read","value":null}"#,
        r#"{"index":0,"time":1,"process":3,"type":"invoke","f":null,"value":null}"#,
    ] {
        assert!(usual(text.as_bytes()).is_none(), "{text}");
    }
}

/// Lines in the order of our tester's, each entry with a value that it may have or may not.
fn ordered() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "0",
        "7",
        "-1",
        "-0",
        "00",
        "1.0",
        "null",
        "\"ok\"",
        "\"fail\"",
        "\"invoke\"",
        "\"read\"",
        "\"\\u0061\"",
        "\"x y\"",
        "[0,1]",
        "[0,[1,null]]",
        "[0,[1,null]",
        "[0,1,2]",
        "[[0,1],2]",
        "[null,nul]",
        "{\"class\":\"not-matched\"}",
        "99999999999999999999",
        "123456789012345678",
        "1234567890123456789",
        "",
    ]);
    let usual = ["0", "1", "2", "\"ok\"", "\"read\"", "[0,7]", "1", "null"];
    let names = [
        "index", "time", "process", "type", "f", "value", "attempts", "error",
    ];
    let entry = (any::<prop::sample::Index>(), value);
    (prop::collection::vec(entry, 0..3), 5..=8_usize).prop_map(move |(odd, count)| {
        let mut values = usual;
        for (place, value) in odd {
            values[place.index(8)] = value;
        }
        let entries = names.iter().zip(values).take(count);
        let entries: Vec<_> = entries
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", entries.join(","))
    })
}

proptest! {
    #[test]
    fn lines_are_the_same_or_not_read_here(
        text in prop_oneof![ordered(), line()],
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
