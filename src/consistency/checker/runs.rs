//! Many elements in few words: `3-7`, `9`.

use super::operation::{Names, Symbol};

/// The texts of elements: whole numbers first, in their order and joined into runs where none is missing in between
/// (`3-7`), then all others by their texts. Numbers below nothing stand alone, because `-7--3` is hard to read.
pub fn runs(names: &Names, symbols: impl IntoIterator<Item = Symbol>) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut texts = Vec::new();
    for symbol in symbols {
        let text = names.text(symbol);
        match whole_number(&text) {
            Some(number) => numbers.push(number),
            None => texts.push(text.into_owned()),
        }
    }
    numbers.sort_unstable();
    texts.sort_unstable();
    let mut lines = Vec::new();
    let mut numbers = numbers.into_iter().peekable();
    while let Some(first) = numbers.next() {
        let mut last = first;
        while first >= 0
            && numbers
                .next_if(|next| last.checked_add(1) == Some(*next))
                .is_some()
        {
            last += 1;
        }
        lines.push(if last == first {
            first.to_string()
        } else {
            format!("{first}-{last}")
        });
    }
    lines.append(&mut texts);
    lines
}

/// A text's number, where the number is written as that text: `007` and `+7` are names.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let usual = !digits.starts_with(['0', '+']) || text == "0";
    if usual { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_told_as_runs() {
        let table: &[(&[&str], &str)] = &[
            (&[], ""),
            (&["9", "3", "5", "4", "7", "6"], "3-7,9"),
            (&["0", "1"], "0-1"),
            (&["b", "2", "a", "10"], "2,10,a,b"),
            (&["-2", "-1", "0", "1"], "-2,-1,0-1"),
            (&["007", "+8", "8", "-0", "", "-"], "8,,+8,-,-0,007"),
            (
                &[
                    "9223372036854775807",
                    "9223372036854775806",
                    "9223372036854775808",
                ],
                "9223372036854775806-9223372036854775807,9223372036854775808",
            ),
        ];
        for (elements, expected) in table {
            let mut names = Names::default();
            let symbols: Vec<Symbol> = elements.iter().map(|text| names.symbol(text)).collect();
            assert_eq!(&runs(&names, symbols).join(","), expected, "{elements:?}");
        }
    }
}
