//! Numbers for a person: `1203-1411,1500`.

/// Writes numbers as runs, ascending, each once.
#[must_use]
pub fn ranges(numbers: &[i64]) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for number in sorted {
        match runs.last_mut() {
            Some((_, last)) if number.checked_sub(1) == Some(*last) => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let text = |(first, last): (i64, i64)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    runs.into_iter().map(text).collect::<Vec<_>>().join(",")
}

/// The same in at most so many bytes, and how many numbers had no place.
#[must_use]
pub fn within(numbers: &[i64], most: usize) -> (String, u64) {
    let mut text = ranges(numbers);
    let all = count(&read(&text));
    if text.len() > most {
        // What is cut is all ASCII.
        let kept = text[..=most].rfind(',').unwrap_or(0);
        text.truncate(kept);
    }
    let left_out = all - count(&read(&text));
    (text, left_out)
}

/// How many numbers are in runs that do not touch each other.
fn count(runs: &[(i64, i64)]) -> u64 {
    in_both(runs, &[(i64::MIN, i64::MAX)])
}

/// Reads runs; what is none is left out.
#[must_use]
pub fn read(text: &str) -> Vec<(i64, i64)> {
    let run = |part: &str| {
        let part = part.trim();
        if let Ok(number) = part.parse() {
            return Some((number, number));
        }
        // The first sign may be that of the first number.
        let between = part.get(1..)?.find('-')? + 1;
        Some((
            part[..between].parse().ok()?,
            part[between + 1..].parse().ok()?,
        ))
    };
    text.split(',').filter_map(run).collect()
}

/// How many numbers are in both; the runs of one text do not touch each other.
#[must_use]
pub fn in_both(one: &[(i64, i64)], other: &[(i64, i64)]) -> u64 {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let common = pairs.map(|(a, b)| {
        let (from, to) = (a.0.max(b.0), a.1.min(b.1));
        match from <= to {
            true => to.abs_diff(from).saturating_add(1),
            false => 0,
        }
    });
    common.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs() {
        let table: [(&[i64], &str); 6] = [
            (&[], ""),
            (&[5], "5"),
            (&[1, 2, 3], "1-3"),
            (&[9, 3, 2, 2, 7], "2-3,7,9"),
            (&[-2, -1, 0, 5], "-2-0,5"),
            (
                &[i64::MIN, i64::MAX],
                "-9223372036854775808,9223372036854775807",
            ),
        ];
        for (numbers, expected) in table {
            assert_eq!(ranges(numbers), expected);
        }
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let numbers = [1, 2, 3, 7, 9, 20, 21];
        let table = [
            (99, "1-3,7,9,20-21", 0),
            (13, "1-3,7,9,20-21", 0),
            (12, "1-3,7,9", 2),
            (7, "1-3,7,9", 2),
            (6, "1-3,7", 3),
            (3, "1-3", 4),
            (2, "", 7),
            (0, "", 7),
        ];
        for (most, expected, left_out) in table {
            assert_eq!(
                within(&numbers, most),
                (expected.to_owned(), left_out),
                "{most}"
            );
        }
        assert_eq!(within(&[], 0), (String::new(), 0));
    }

    #[test]
    fn what_is_in_both() {
        for numbers in [&[5][..], &[1, 2, 3], &[-2, -1, 0, 5], &[i64::MIN, i64::MAX]] {
            let runs = read(&ranges(numbers));
            assert_eq!(in_both(&runs, &runs), numbers.len() as u64, "{numbers:?}");
        }
        assert_eq!(read("none"), []);
        let table = [
            ("1-9", "3,5-6", 3),
            ("1-3", "4-9", 0),
            ("", "1", 0),
            ("-3-3", "-1-9", 5),
        ];
        for (one, other, count) in table {
            assert_eq!(in_both(&read(one), &read(other)), count, "{one} {other}");
        }
    }
}
