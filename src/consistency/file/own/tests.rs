use super::super::{Format, Lines, read};

const HEADER: &str = r#"{"type":"header","seed":7}"#;
const FIRST: &str = r#"{"index":0,"time":10,"process":3,"type":"invoke","f":"append","value":7}"#;
const SECOND: &str = r#"{"index":1,"time":20,"process":3,"type":"info","f":"append","error":{"class":"x"},"attempts":2}"#;
const RESULT: &str = r#"{"type":"result","verdict":"valid"}"#;

#[test]
fn header_and_result_are_no_operations() {
    let text = format!("{HEADER}\n{FIRST}\r\n\n{SECOND}\n{RESULT}\n");
    let mut lines = Lines::new(text.as_bytes(), None).expect("it begins");
    assert_eq!(lines.format(), Format::Own);
    assert_eq!(lines.by_ref().filter(Result::is_ok).count(), 2);
    assert_eq!(lines.notes(), Vec::<String>::new());
    assert_eq!(
        lines
            .header()
            .and_then(|header| header.get("seed")?.integer()),
        Some(7)
    );
    assert_eq!(
        lines
            .result()
            .and_then(|result| result.get("verdict")?.name()),
        Some("valid")
    );
}

#[test]
fn half_a_line_at_the_end_is_noted_wherever_it_was_cut() {
    let whole = format!("{HEADER}\n{FIRST}\n");
    for length in 1..SECOND.len() {
        let text = format!("{whole}{}", &SECOND[..length]);
        let mut lines = Lines::new(text.as_bytes(), None).expect("it begins");
        let read: Vec<_> = lines.by_ref().collect();
        assert!(
            read.len() == 1 && read.iter().all(Result::is_ok),
            "{length}: {read:?}"
        );
        assert_eq!(lines.notes().len(), 2, "{length}: {:?}", lines.notes());
        assert!(
            lines.notes()[0].contains("line 3 was cut off"),
            "{:?}",
            lines.notes()
        );
    }
}

#[test]
fn half_a_line_elsewhere_is_an_error() {
    let half = &FIRST[..20];
    for (text, line) in [
        (format!("{HEADER}\n{half}\n{SECOND}\n"), 2),
        (format!("{HEADER}\n{FIRST}\n{half}\n"), 3),
        (format!("{HEADER}\n{half}{SECOND}\n"), 2),
        (format!("{FIRST}\n"), 1),
        ("{\"type\":\"head".to_owned(), 1),
        (format!("{HEADER}\n{HEADER}\n"), 2),
        (format!("{HEADER}\n{RESULT}\n{FIRST}\n"), 3),
        (format!("{HEADER}\n[1]\n"), 2),
    ] {
        let error = read(text.as_bytes(), Some(Format::Own)).expect_err(&text);
        assert_eq!(error.line, line, "{text}: {error}");
    }
}
