use super::super::json::odd::line;
use super::*;
use proptest::prelude::*;

fn shown(at: u64, whole: bool, says: &Says, text: &[u8]) -> String {
    let says = match says {
        Says::Header => "header".to_owned(),
        Says::Result => "result".to_owned(),
        Says::Usual(usual) => format!("{:?}", Ok::<_, FileError>(usual.line(at))),
        Says::Operation(operation) => format!("{operation:?}"),
        Says::Nothing(error) => error.to_string(),
    };
    format!("{at} {whole} {says} {}", String::from_utf8_lossy(text))
}

/// The same, read and decoded line by line.
fn one_by_one(text: &[u8]) -> Vec<String> {
    let mut source = Source::new(text);
    let mut found = Vec::new();
    loop {
        let (at, mut line) = (source.line(), Vec::new());
        match source.whole_line(&mut line) {
            Ok(Some(_)) if line.iter().all(u8::is_ascii_whitespace) => {}
            Ok(Some(whole)) => found.push(shown(at, whole, &says(&line, at), &line)),
            Ok(None) => return found,
            Err(error) => {
                found.push(error.to_string());
                return found;
            }
        }
    }
}

/// Everything that comes out, and where it stood.
fn all(text: &[u8], threads: usize, size: usize) -> Vec<String> {
    let mut lines = Ahead::with(Source::new(text), threads, size);
    let mut found = Vec::new();
    loop {
        match lines.next() {
            Ok(Some(line)) => {
                let text = lines.text(line.at);
                found.push(shown(line.at, line.whole, &line.says, text));
            }
            Ok(None) => return found,
            Err(error) => {
                found.push(error.to_string());
                return found;
            }
        }
    }
}

proptest! {
    #[test]
    fn threads_change_nothing(
        lines in prop::collection::vec((line(), prop::sample::select(vec!["\n", "\r\n", "\n\n", "\n \t\r\n"])), 0..40),
        last in prop::option::of(line()),
        size in 1..2000_usize,
    ) {
        let mut text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        text.push_str(last.as_deref().unwrap_or_default());
        let alone = all(text.as_bytes(), 1, usize::MAX);
        prop_assert_eq!(&alone, &one_by_one(text.as_bytes()));
        prop_assert_eq!(&alone, &all(text.as_bytes(), 1, size));
        prop_assert_eq!(&alone, &all(text.as_bytes(), 3, size));
    }
}

#[test]
fn line_ends_are_no_part_of_lines() {
    let text = b"\r\n\n7\r\n \t \n8\r\r\n9\r";
    let found = all(text, 1, usize::MAX);
    let expected = ["3 true", "5 true", "6 false"];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    assert!(
        found[0].ends_with(" 7") && found[1].ends_with(" 8\r"),
        "{found:?}"
    );
}

/// Some lines, and then something that cannot be read.
struct Broken<'a>(&'a [u8]);

impl std::io::Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match std::io::Read::read(&mut self.0, into)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn what_keeps_a_file_from_being_read_comes_after_the_lines_before_it() {
    for size in [1, 3, 1000] {
        let reader = std::io::BufReader::new(Broken(b"{}\n[]\n{}\n{\"ty"));
        let mut lines = Ahead::with(Source::new(reader), 3, size);
        for at in 1..=3 {
            let line = lines.next().expect("it can be read so far");
            assert_eq!(line.map(|line| line.at), Some(at));
        }
        let error = lines.next().err().expect("the file is broken");
        assert!(
            error.line == 4 && error.message.contains("the disk is gone"),
            "{error}"
        );
        assert!(matches!(lines.next(), Ok(None)));
    }
}
