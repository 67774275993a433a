//! Numbers of JSON that 64 bits do not hold: JSON sets them no limit, and a history may have them for its values.

use std::io::Write;

/// What stands before such a number in the quotes that it is given; no history has that.
pub(super) const MARK: &str = "\u{fdd0}number\u{fdd1}";

/// The same text with such numbers in quotes, as they were written; none where there is none, or where a text has the
/// mark.
pub(super) fn quoted(bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes
        .windows(MARK.len())
        .any(|window| window == MARK.as_bytes())
    {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let (mut at, mut found) = (0, false);
    while let Some(byte) = bytes.get(at) {
        let length = match byte {
            b'"' => string(&bytes[at..]),
            b'-' | b'0'..=b'9' => number(&bytes[at..]),
            _ => 1,
        };
        let token = &bytes[at..(at + length).min(bytes.len())];
        match huge(token) {
            Some(number) => {
                found = true;
                // A vector takes whatever is written.
                let _ = write!(out, "\"{MARK}{number}\"");
            }
            None => out.extend_from_slice(token),
        }
        at += length;
    }
    found.then_some(out)
}

/// How long the string is that begins here.
fn string(bytes: &[u8]) -> usize {
    let mut escaped = false;
    let end = bytes.iter().skip(1).position(|byte| {
        let end = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        end
    });
    end.map_or(bytes.len(), |end| end + 2)
}

/// How long the number is that begins here.
fn number(bytes: &[u8]) -> usize {
    let part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
    bytes
        .iter()
        .position(|byte| !part(byte))
        .unwrap_or(bytes.len())
}

/// A number as JSON has them that is too great.
fn huge(token: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(token).ok()?;
    if !text.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let malformed = padded || digits.starts_with('+') || digits.ends_with('.');
    let number: f64 = text.parse().ok()?;
    (!malformed && number.abs() >= 9.2e18 && text.parse::<i64>().is_err()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_not_fit_is_quoted() {
        for (text, expected) in [
            ("[1, 2.5, -3e4]", None),
            (r#"["99999999999999999999", "\\", 1]"#, None),
            ("[9223372036854775807]", None),
            ("[099999999999999999999]", None),
            ("[99999999999999999999]", Some("[Q99999999999999999999\"]")),
            (
                r#"{"a\"9":-99999999999999999999,"b":1e30}"#,
                Some(r#"{"a\"9":Q-99999999999999999999","b":Q1e30"}"#),
            ),
        ] {
            let found = quoted(text.as_bytes()).map(|found| String::from_utf8(found).unwrap());
            let expected = expected.map(|text| text.replace('Q', &format!("\"{MARK}")));
            assert_eq!(found, expected, "{text}");
        }
    }
}
