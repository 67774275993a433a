//! Whatever the bytes are: an error that names a line, or a history.

use super::convert::{self, Options};
use super::{DEPTH, FileError, Format, LENGTH, Lines, read};
use proptest::prelude::*;
use std::io::{BufRead, BufReader, Read};

const FORMATS: [Option<Format>; 6] = [
    None,
    Some(Format::Edn),
    Some(Format::Json),
    Some(Format::Own),
    Some(Format::Log),
    Some(Format::Text),
];

const GOOD: [&str; 6] = [
    "[{:index 0, :type :invoke, :process 0, :f :txn, :value [[:append 3 2] [:r \"x\" nil]], :time 5}\n\
      #jepsen.history.Op{:type :ok, :process 0, :f :txn, :value [[:append 3 2] [:r \"x\" #{1 2}]]}]",
    "{:process 0, :type :invoke, :f :cas, :value [:k [1 2/3]]} ; comment\n#_{} {:process 0 :type :info :f :cas \
      :value :timed-out :error \"\\u00e9\\n\"}",
    "[{\"type\":\"invoke\",\"process\":1,\"f\":\"read\",\"value\":null},\n{\"type\":\"ok\",\"process\":1,\"f\":\"read\",\
      \"value\":{\"0\":97}}]",
    "{\"type\":\"header\"}\n{\"index\":0,\"time\":1,\"process\":0,\"type\":\"invoke\",\"f\":\"append\",\"value\":7}\n\
      {\"index\":1,\"time\":2,\"process\":\"reader\",\"type\":\"invoke\",\"f\":\"read\"}\n\
      {\"index\":2,\"process\":\"reader\",\"type\":\"ok\",\"f\":\"read\",\"value\":{\"list\":[7]}}\n{\"type\":\"result\"}\n",
    "INFO  jepsen.util - 0\t:invoke\t:write\t3\nINFO  jepsen.util - 0\t:fail\t:write\t3\t[:x \\a]\n",
    "0\t:invoke\t:add\t3\r\n0\t:ok\t:add\t3\r\n:nemesis\t:info\t:start\t{:a 1}\r\n",
];

type Model<'a> = &'a dyn Fn(&mut Lines<BufReader<&[u8]>>) -> Option<FileError>;

/// Reads the bytes in small pieces, as every model; an error must name a line that there is.
fn all(bytes: &[u8]) {
    let count = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let check = |error: Option<FileError>| {
        if let Some(error) = error {
            assert!((1..=count).contains(&error.line), "{error}");
            assert!(!error.message.is_empty());
        }
    };
    for format in FORMATS {
        check(read(bytes, format).err());
        let lines = || Lines::new(BufReader::with_capacity(3, bytes), format);
        let models: [Model<'_>; 9] = [
            &|lines| convert::register(lines, Options::default()).err(),
            &|lines| convert::kv(lines, Options::default()).err(),
            &|lines| convert::list_append(lines).err(),
            &|lines| convert::rw_register(lines).err(),
            &|lines| convert::set(lines).err(),
            &|lines| convert::set_full(lines).err(),
            &|lines| convert::counter(lines).err(),
            &|lines| convert::bank(lines, convert::Reads::Inside).err(),
            &|lines| lines.find_map(Result::err),
        ];
        for model in models {
            check(match lines() {
                Ok(mut lines) => model(&mut lines),
                Err(error) => Some(error),
            });
        }
        let in_pieces: Result<Vec<_>, _> = lines().and_then(Iterator::collect);
        assert_eq!(
            format!("{in_pieces:?}"),
            format!("{:?}", read(bytes, format))
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        all(&bytes);
    }

    #[test]
    fn arbitrary_tokens(tokens in proptest::collection::vec(proptest::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "#{", "#_", "#t ", "#:n", "\"", "\\", ":a ", "##Inf ", "1 ", "-2.5e3 ", "3N ", "4/5 ", "nil ",
        ":type :ok ", ":process 1 ", ":f :txn ", ":value ", "[:r 1 [2]] ", "[:append 1 2] ", ";", "\n", "\t", ",", ":", "\"type\":\"ok\"",
        "\"process\":1", "\"f\":\"read\"", "\"value\":", "0\t:invoke\t:read\tnil\n", "\u{feff}", "é", "null", "\"type\":\"header\"",
    ]), 0..60)) {
        all(tokens.concat().as_bytes());
    }

    #[test]
    fn mutated_histories(
        which in 0..GOOD.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut bytes = GOOD[which].as_bytes().to_vec();
        for (place, byte, change) in changes {
            let place = place.index(bytes.len().max(1));
            match change {
                0 if !bytes.is_empty() => bytes[place] = byte,
                1 if !bytes.is_empty() => drop(bytes.remove(place)),
                2 => bytes.insert(place, byte),
                _ => bytes.truncate(place),
            }
        }
        all(&bytes);
    }
}

#[test]
fn good_histories_are_good_however_their_lines_end() {
    for good in GOOD {
        let lines = read(good.as_bytes(), None).expect(good);
        for changed in [
            format!("\u{feff}{good}"),
            good.replace('\n', "\r\n").replace("\r\r", "\r"),
            format!("{good}\n\n"),
        ] {
            let again = read(changed.as_bytes(), None).expect(&changed);
            assert_eq!(lines, again, "{changed}");
        }
        all(good.as_bytes());
    }
}

#[test]
fn depth_has_an_end() {
    for open in ["[", "{1 ", "#{", "(", "#a ", "#_ ", "{:a ["] {
        let text = format!("{{:value {}", open.repeat(100_000));
        let error = read(text.as_bytes(), None).expect_err(open);
        assert!(error.message.contains("deeper"), "{open}: {error}");
    }
    let deep = |depth: usize| {
        format!(
            "{{:type :ok :process 1 :value {}{}}}",
            "[".repeat(depth),
            "]".repeat(depth)
        )
    };
    assert!(read(deep(DEPTH - 1).as_bytes(), None).is_ok());
    assert!(read(deep(DEPTH).as_bytes(), None).is_err());
    let json = format!("{{\"value\":{}", "[".repeat(100_000));
    assert!(read(json.as_bytes(), None).is_err());
    assert!(read(format!("{json}{}}}", "]".repeat(100_000)).as_bytes(), None).is_err());
}

/// Something that never ends, and has only so much in memory.
fn endless(begin: &'static str, again: &'static [u8]) -> impl BufRead {
    struct Again(&'static [u8], usize);
    impl Read for Again {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            for byte in into.iter_mut() {
                *byte = self.0[self.1 % self.0.len()];
                self.1 += 1;
            }
            Ok(into.len())
        }
    }
    BufReader::new(begin.as_bytes().chain(Again(again, 0)))
}

#[test]
fn length_has_an_end() {
    for (begin, again, format) in [
        ("{:value \"", &b"abcdefgh"[..], None),
        ("{:value :", b"abcdefgh", None),
        ("{:value \"", b"\\n\\u0041", None),
        ("{\"value\": \"", b"abcdefgh", None),
        ("{\"type\":\"header\"}\n{\"value\": \"", b"abcdefgh", None),
        ("INFO  jepsen.util - 0\t:ok\t:read\t\"", b"abcdefgh", None),
        ("0\t:ok\t:read\t\"", b"abcdefgh", None),
        ("", b"                ", Some(Format::Text)),
        ("{ :value", b" ,\n ; comment \n ", Some(Format::Edn)),
    ] {
        // Blanks within a form are only counted once something follows them.
        let again = if begin.ends_with(":value") {
            b" ,\n nil ; comment \n ".as_slice()
        } else {
            again
        };
        let error = Lines::new(endless(begin, again), format)
            .expect("it begins")
            .find_map(Result::err);
        let error = error.unwrap_or_else(|| panic!("{begin} ended"));
        assert!(
            error.message.contains("no history has such"),
            "{begin}: {error}"
        );
        assert!(error.message.contains(&LENGTH.to_string()));
        assert!(error.piece.len() < 400);
    }
}

#[test]
fn what_is_not_utf_8_is_an_error() {
    for (bytes, line) in [
        (&b"{:type :ok :process 1\n :f :\xff}"[..], 2),
        (b"{:type :ok :process 1\n :f \"\xc3\"}", 2),
        (b"{\"type\":\"ok\",\n\"f\":\"\xff\"}", 2),
        (b"0\t:ok\t:read\tnil\n0\t:ok\t:read\t\xff", 2),
        (b"\xff\xfe{\0", 1),
    ] {
        let error = read(bytes, None).expect_err("not UTF-8");
        assert_eq!(error.line, line, "{error}");
    }
}

#[test]
fn what_is_packed_says_so() {
    for (bytes, what) in [
        (&b"\x1f\x8b\x08\0\0"[..], "gzip"),
        (b"BZh91AY", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd\x24", "zstd"),
        (b"PK\x03\x04\x14", "zip"),
        (b"JEPSEN\0\0", "history.edn"),
    ] {
        for format in FORMATS {
            let error = read(bytes, format).expect_err(what);
            assert!(error.message.contains(what), "{error}");
            assert_eq!(error.line, 1);
        }
    }
}

#[test]
fn what_a_file_leaves_doubtful_is_noted() {
    let notes = |text: &str| {
        let mut lines = Lines::new(text.as_bytes(), None).expect(text);
        assert!(lines.by_ref().all(|line| line.is_ok()), "{text}");
        lines.notes().join("; ")
    };
    for text in [
        "; nothing",
        "[]",
        "{:process :nemesis :type :info :f :start}",
    ] {
        assert!(notes(text).contains("no operations of clients"), "{text}");
    }
    let line = |index| format!("{{:process 0 :type :invoke :f :read :index {index}}}\n");
    let text = [line(0), line(2), line(1), line(5), line(4)].concat();
    assert!(notes(&text).contains("index in line 3"), "{}", notes(&text));
    assert_eq!(notes(&[line(0), line(2)].concat()), "");
}
