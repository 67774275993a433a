//! The numbers of EDN.

use crate::consistency::file::Value;

const WRONG: &str = "this begins as a number, but is none";

/// The number that a word is.
pub(super) fn number(word: &str) -> Result<Value, &'static str> {
    let (negative, digits) = match word.as_bytes().first() {
        Some(b'-') => (true, word.get(1..).unwrap_or_default()),
        Some(b'+') => (false, word.get(1..).unwrap_or_default()),
        _ => (false, word),
    };
    if let Some(hexadecimal) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        return whole_hexadecimal(word, negative, hexadecimal);
    }
    let whole = digits.strip_suffix('N').unwrap_or(digits);
    if all_digits(whole) {
        if whole.len() > 1 && whole.starts_with('0') {
            return Err("a number that begins with 0");
        }
        return Ok(word
            .trim_end_matches('N')
            .parse()
            .map_or_else(|_| exact(word), Value::Integer));
    }
    if let Some((numerator, denominator)) = digits.split_once('/') {
        let good = all_digits(numerator)
            && all_digits(denominator)
            && denominator.bytes().any(|byte| byte != b'0');
        return if good { Ok(exact(word)) } else { Err(WRONG) };
    }
    let point = digits.strip_suffix('M').unwrap_or(digits);
    match point
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        true => match point.parse::<f64>() {
            Ok(_) if point.len() < digits.len() => Ok(exact(word)),
            Ok(number) => Ok(Value::Float(if negative { -number } else { number })),
            Err(_) => Err(WRONG),
        },
        false => Err(WRONG),
    }
}

/// What stands behind `##`.
pub(super) fn symbolic(word: &str) -> Option<Value> {
    match word {
        "Inf" => Some(Value::Float(f64::INFINITY)),
        "-Inf" => Some(Value::Float(f64::NEG_INFINITY)),
        "NaN" => Some(Value::Float(f64::NAN)),
        _ => None,
    }
}

fn exact(word: &str) -> Value {
    Value::Exact(word.trim_start_matches('+').into())
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn whole_hexadecimal(word: &str, negative: bool, digits: &str) -> Result<Value, &'static str> {
    // Addresses of objects are such numbers; a sign has no place within them.
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(WRONG);
    }
    Ok(match i64::from_str_radix(digits, 16) {
        Ok(number) => Value::Integer(if negative { -number } else { number }),
        // It need not fit to be compared.
        Err(_) => exact(word),
    })
}
