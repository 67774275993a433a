use super::super::{Format, Lines, read};

fn shown(text: &str) -> Vec<String> {
    let lines = read(text.as_bytes(), None).expect(text);
    let error = |line: &super::Line| {
        line.error
            .as_ref()
            .map_or(String::new(), |error| format!(" ! {error}"))
    };
    lines
        .iter()
        .map(|line| {
            format!(
                "{:?} {:?} {} {}{}",
                line.process,
                line.kind,
                line.f,
                line.value,
                error(line)
            )
        })
        .collect()
}

#[test]
fn logs_old_and_new() {
    let text = "INFO  jepsen.util - 0\t:invoke\t:cas\t[3 0]\r\n\nINFO  jepsen.core - hello\n\
        INFO  jepsen.util - :nemesis\t:info\t:start\tCut off {:n1 #<x>}\n\
        2023-01-01 10:00:00,123{GMT}\tINFO\t[jepsen worker 3] jepsen.util: 0\t:info\t:cas\t:timed-out\n\
        INFO [2020-01-01 10:00:00,000] jepsen worker 1 - jepsen.util 1\t:invoke\t:read\tnil\n";
    let expected = [
        "Client(0) Invoke cas [3 0]",
        "Other(\"nemesis\") Info start \"Cut off {:n1 #<x>}\"",
        "Client(0) Info cas :timed-out",
        "Client(1) Invoke read nil",
    ];
    assert_eq!(shown(text), expected);
}

#[test]
fn history_txt_with_errors() {
    let text = "0\t:invoke\t:write\t3\n0\t:fail\t:write\t3\t[:not-matched 5]\n:nemesis\t:info\t:stop\tnil\n\
        1\t:invoke\t:read\n1\t:fail\t:read\tnil\tjava.net: Connection refused (x)";
    let expected = [
        "Client(0) Invoke write 3",
        "Client(0) Fail write 3 ! [:not-matched 5]",
        "Other(\"nemesis\") Info stop nil",
        "Client(1) Invoke read nil",
        "Client(1) Fail read nil ! \"java.net: Connection refused (x)\"",
    ];
    assert_eq!(shown(text), expected);
}

#[test]
fn errors_name_the_place() {
    let good = "0\t:invoke\t:read\tnil\n";
    for (text, line, column) in [
        (format!("{good}0\t:oops\t:read\tnil"), 2, 3),
        (format!("{good}0\t:ok\t:read\t[1"), 2, 15),
        (format!("{good}0\t:ok\t:read\t1 2"), 2, 16),
        (format!("{good}0\t:ok"), 2, 6),
        (format!("{good}0 0\t:ok\t:read\tnil"), 2, 1),
        (format!("{good}what is this"), 2, 1),
        ("hello\nworld\n".to_owned(), 3, 0),
    ] {
        let error = read(text.as_bytes(), None).expect_err(&text);
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text}: {error}"
        );
    }
    let error = read(b"INFO  jepsen.util - 0\t:ok\t:read\t\xff", None).expect_err("not UTF-8");
    assert_eq!((error.line, error.column), (1, 33), "{error}");
}

#[test]
fn an_empty_file_is_a_history_of_nothing() {
    for format in [
        None,
        Some(Format::Log),
        Some(Format::Text),
        Some(Format::Json),
        Some(Format::Edn),
    ] {
        let mut lines = Lines::new(&b""[..], format).expect("it begins");
        assert!(lines.next().is_none());
        assert_eq!(lines.notes(), ["the file is empty"]);
    }
}

#[test]
fn a_log_that_lost_its_tabs() {
    let text = "INFO  jepsen.util - 0    :invoke :cas   [3 0]\nINFO  jepsen.util - waiting for :ok\n\
        INFO  jepsen.util - 0  :fail  :cas  [3 0]  [:timeout \"a b\"]\n\
        INFO  jepsen.util - 1 :invoke :read\nINFO  jepsen.util - 1 :ok :read \"x y\"\n";
    let expected = [
        "Client(0) Invoke cas [3 0]",
        "Client(0) Fail cas [3 0] ! [:timeout \"a b\"]",
        "Client(1) Invoke read nil",
        "Client(1) Ok read \"x y\"",
    ];
    assert_eq!(shown(text), expected);
}

#[test]
fn a_last_line_without_an_end_is_noted() {
    for (text, count) in [("0\t:invoke\t:add\t1", 1), ("0\t:invoke\t:add\t1\n", 0)] {
        let mut lines = Lines::new(text.as_bytes(), None).expect(text);
        assert_eq!(lines.by_ref().filter(Result::is_ok).count(), 1);
        assert_eq!(lines.notes().len(), count, "{:?}", lines.notes());
    }
}
