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
}
