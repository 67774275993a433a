//! Percent-encoding as RFC 3986 has it: bytes in, text out, and back.

/// Replaces `%XX` by the byte it names; none if a `%` has no two digits or the bytes are not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = hexadecimal(rest.next()?)?;
            let low = hexadecimal(rest.next()?)?;
            bytes.push(high << 4 | low);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Writes everything as `%XX` that is not unreserved; `:` and `,` stay, because the driver splits
/// some options at them.
pub(super) fn encode_value(text: &str) -> String {
    encode_except(text, b":,")
}

/// Writes everything as `%XX` that is not unreserved.
pub(super) fn encode(text: &str) -> String {
    encode_except(text, b"")
}

fn encode_except(text: &str, kept: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || kept.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn hexadecimal(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}
