//! Numbers for people.

/// `13,640`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 write`, `2 writes`.
pub fn many(number: u64, one: &str, more: &str) -> String {
    format!(
        "{} {}",
        thousands(number),
        if number == 1 { one } else { more }
    )
}

/// A moment, from nanoseconds since the start: `4.210 s`.
pub fn moment(nanoseconds: u64) -> String {
    format!("{:.3} s", nanoseconds as f64 / 1e9)
}

/// A length of time, from nanoseconds, with three digits that count: `1.23 ms`, `45.6 ms`, `2.10 s`.
pub fn length(nanoseconds: u64) -> String {
    let milliseconds = nanoseconds as f64 / 1e6;
    match milliseconds {
        0.0..1e3 => format!("{} ms", three(milliseconds)),
        1e3..1e5 => format!("{} s", three(milliseconds / 1e3)),
        _ => format!("{:.0} s", milliseconds / 1e3),
    }
}

fn three(number: f64) -> String {
    match number {
        0.0..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

/// A number at an axis: no zeros behind the point that say nothing, and `1e12` for what is far away.
pub fn tick(number: f64) -> String {
    if number != 0.0 && !(1e-4..1e9).contains(&number.abs()) {
        return format!("{number:e}");
    }
    let text = format!("{number:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text.split_once('.') {
        None if number >= 1e3 => thousands(number as u64),
        _ => text.to_owned(),
    }
}

/// A coordinate in a drawing: at most one digit behind the point.
pub fn coordinate(number: f64) -> String {
    let rounded = (number * 10.0).round() / 10.0;
    match rounded == rounded.trunc() {
        // Also -0.
        true => format!("{:.0}", rounded + 0.0),
        false => format!("{rounded:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        let table = [
            (thousands(0), "0"),
            (thousands(999), "999"),
            (thousands(13_640), "13,640"),
            (thousands(u64::MAX), "18,446,744,073,709,551,615"),
            (many(1, "write", "writes"), "1 write"),
            (many(2000, "write", "writes"), "2,000 writes"),
            (moment(4_210_400_000), "4.210 s"),
            (length(0), "0.00 ms"),
            (length(1_234_567), "1.23 ms"),
            (length(45_600_000), "45.6 ms"),
            (length(2_100_000_000), "2.10 s"),
            (length(200_000_000_000), "200 s"),
            (tick(0.0), "0"),
            (tick(0.05), "0.05"),
            (tick(20.0), "20"),
            (tick(1200.0), "1,200"),
            (tick(1e15), "1e15"),
            (coordinate(12.0), "12"),
            (coordinate(12.34), "12.3"),
            (coordinate(-0.01), "0"),
        ];
        for (got, expected) in table {
            assert_eq!(got, expected);
        }
    }
}
