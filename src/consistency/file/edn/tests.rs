use super::super::{Format, read};
use super::one;

#[test]
fn values_are_read_as_they_are_written() {
    for (text, expected) in [
        ("nil", "nil"),
        ("true", "true"),
        ("[1 -2, +3 0 -0]", "[1 -2 3 0 0]"),
        ("9223372036854775807", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("12345678901234567890N", "12345678901234567890N"),
        ("5N", "5"),
        ("1.50M", "1.50M"),
        ("-2/3", "-2/3"),
        ("[1.5 -1e3 1E-2 2.]", "[1.5 -1000.0 0.01 2.0]"),
        ("[##Inf ##-Inf]", "[##Inf ##-Inf]"),
        ("0xff", "255"),
        (r#""a\"b\\c\n\t\u00e9\101""#, r#""a\"b\\c\n\téA""#),
        (r#""\ud83d\ude00""#, "\"😀\""),
        (
            r"[\a \newline \( \u0041 \\ \é]",
            r#"["a" "\n" "(" "A" "\\" "é"]"#,
        ),
        ("[:a :a/b-c? ::d]", "[:a :a/b-c? :d]"),
        ("(1 (2) [3 ()])", "[1 [2] [3 []]]"),
        ("#{1 2 #{3}}", "#{1 2 #{3}}"),
        ("{:a 1, \"b\" {2 nil}}", "{:a 1, \"b\" {2 nil}}"),
        ("#:x{:a 1 :y/b 2}", "{:x/a 1, :y/b 2}"),
        ("#inst \"2020\"", "#inst \"2020\""),
        (
            "#object[java.net.X 0x1f \"x\"]",
            "#object [java.net.X 31 \"x\"]",
        ),
        ("[1 #_2 #_ #_ 3 4 5 #_#a [6]]", "[1 5]"),
        ("{#_:a :b #_1 2}", "{:b 2}"),
        ("; before\n[1 ; within ] \n 2]", "[1 2]"),
        ("#\"a\"", "\"a\""),
        (r#"#"\d+\"x""#, r#""\\d+\\\"x""#),
        ("-", "-"),
    ] {
        let value = one(text, 1, 1).map(|value| value.to_string());
        assert_eq!(value, Ok(expected.to_owned()), "{text}");
        let again = one(expected, 1, 1).map(|value| value.to_string());
        assert_eq!(again, Ok(expected.to_owned()), "again {text}");
    }
}

#[test]
fn texts_of_equal_values_are_equal() {
    let text = |edn| one(edn, 1, 1).map(|value| value.text().into_owned());
    for (first, second) in [
        (":x", "\"x\""),
        ("x", "\\x"),
        ("7N", "7"),
        ("(1 2)", "[1 2]"),
        ("#{1 2 3}", "#{3 1 2}"),
        ("{:a 1 :b #{1 2}}", "{:b #{2 1}, :a 1}"),
        ("[1 #x {1 2 3 4}]", "[1 #x {3 4 1 2}]"),
    ] {
        assert_eq!(text(first), text(second), "{first} {second}");
    }
    for (first, second) in [
        ("nil", "\"nil\""),
        ("nil", ":nil"),
        ("7", "\"7\""),
        ("7", ":7"),
        ("\"7\"", ":7"),
        ("-7", "\"-7\""),
        ("true", "\"true\""),
        ("[1 2]", "\"[1 2]\""),
        ("7", "7.0"),
        ("[1]", "[2]"),
        ("\"\"", "nil"),
        ("[1]", "#{1}"),
        ("[1 2]", "[2 1]"),
        ("{1 2}", "{2 1}"),
    ] {
        assert_ne!(text(first), text(second), "{first} {second}");
    }
}

#[test]
fn errors_name_the_place() {
    for (text, line, column, message) in [
        ("{:type :ok", 1, 11, "ends within"),
        ("\n\n{:type\n \"abc", 4, 6, "within a string"),
        ("[{:process 0 :type :ok :f :r]", 1, 29, "does not close"),
        ("{:a}", 1, 4, "without a value"),
        ("{:a #b}", 1, 7, "tag without"),
        ("{:a [#_]}", 1, 8, "nothing for #_"),
        ("}", 1, 1, "none is open"),
        ("{:a 01}", 1, 7, "begins with 0"),
        ("{:a 1x}", 1, 7, "begins as a number"),
        ("{:a 1/0}", 1, 8, "begins as a number"),
        ("{:a \"\\q\"}", 1, 7, "backslash"),
        ("{:a \"\\ud800\"}", 1, 12, "half a character"),
        ("{:a \\nosuch}", 1, 12, "expected a character"),
        ("{: 1}", 1, 3, "after the colon"),
        ("{:a @b}", 1, 7, "not EDN"),
        ("[] {}", 1, 4, "nothing may follow"),
        ("[{:process 0 :type :ok :f :read}", 1, 33, "before the ]"),
        ("5", 1, 0, "expected the map"),
        ("{:f :read}", 1, 0, "expected a type"),
        ("{:type :yes}", 1, 0, "expected a type"),
        ("\n{:type :ok :process []}", 2, 0, "expected a process"),
        ("{:type :ok :process -1}", 1, 0, "expected a process"),
        ("{:type :ok :process 1 :f 3}", 1, 0, "expected f"),
        ("{:type :ok :process 1 :time :x}", 1, 0, "expected time"),
        ("{:type :ok :type :ok}", 1, 0, "twice"),
    ] {
        let error = read(text.as_bytes(), Some(Format::Edn)).expect_err(text);
        assert_eq!(
            (error.line, error.column),
            (line, column),
            "{text}: {error}"
        );
        assert!(error.message.contains(message), "{text}: {error}");
    }
}

#[test]
fn operations_stand_one_after_the_other_or_within_a_vector() {
    let operation =
        "{:index 3, :time 12, :type :ok, :process 4, :f :read, :value [1 nil], :node \"n1\"}";
    let nemesis = "#jepsen.history.Op{:type :info\n, :process :nemesis, :f :start, :error [:x]}";
    for text in [
        format!("{operation}\n{nemesis}\n"),
        format!("{operation}{nemesis}"),
        format!("; comment\r\n[{operation},\r\n #_{{:a 1}} {nemesis}]\r\n; end"),
        format!("({operation} {nemesis})"),
        format!("#history [{operation} {nemesis}]"),
        format!("#_ #_ 1 [] {operation} {nemesis} #_ {{}}"),
    ] {
        let lines = read(text.as_bytes(), None).expect(&text);
        let shown: Vec<_> = lines
            .iter()
            .map(|line| format!("{:?} {} {}", line.process, line.f, line.value))
            .collect();
        assert_eq!(
            shown,
            ["Client(4) read [1 nil]", "Other(\"nemesis\") start nil"],
            "{text}"
        );
        assert_eq!(
            lines.first().map(|line| (line.index, line.time)),
            Some((Some(3), Some(12)))
        );
    }
}
