//! Short texts by the million: one after the other in one string.

/// The most bytes of one text; a read of a long list is cut.
const LONGEST: usize = 96;

/// Texts by their numbers.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    all: String,
    /// Where each one ends.
    ends: Vec<u32>,
}

impl Texts {
    /// Keeps a text, cut where it is too long. What no longer fits is kept as nothing.
    pub fn put(&mut self, text: &std::fmt::Arguments<'_>) -> u32 {
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let before = self.all.len();
        let mut short = Short {
            all: &mut self.all,
            left: LONGEST,
        };
        // It ends with an error when there is enough of it.
        let whole = std::fmt::write(&mut short, *text).is_ok();
        if !whole {
            self.all.push('…');
        }
        match u32::try_from(self.all.len()) {
            Ok(end) => self.ends.push(end),
            Err(_) => {
                self.all.truncate(before);
                self.ends.push(u32::try_from(before).unwrap_or(u32::MAX));
            }
        }
        number
    }

    /// The text of a number; nothing for a number that has none.
    pub fn get(&self, number: u32) -> &str {
        let number = number as usize;
        let from = match number.checked_sub(1) {
            None => 0,
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
        };
        let Some(until) = self.ends.get(number) else {
            return "";
        };
        self.all
            .get(from as usize..*until as usize)
            .unwrap_or_default()
    }
}

struct Short<'a> {
    all: &'a mut String,
    left: usize,
}

impl std::fmt::Write for Short<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if text.len() <= self.left {
            self.all.push_str(text);
            self.left -= text.len();
            return Ok(());
        }
        let cut = cut(text, self.left);
        self.all.push_str(cut);
        self.left = 0;
        Err(std::fmt::Error)
    }
}

/// The beginning of a text, of at most so many bytes.
pub fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The same with a sign that something is missing.
pub fn shortened(text: &str, most: usize) -> String {
    match cut(text, most) {
        all if all.len() == text.len() => all.to_owned(),
        part => format!("{part}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_and_cut_between_characters() {
        let mut texts = Texts::default();
        let long = "ä".repeat(80);
        let numbers: Vec<u32> = ["a", "", &long, "z"]
            .iter()
            .map(|text| texts.put(&format_args!("{text}")))
            .collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
        assert_eq!(
            (texts.get(0), texts.get(1), texts.get(3), texts.get(9)),
            ("a", "", "z", "")
        );
        assert_eq!(texts.get(2), format!("{}…", "ä".repeat(48)));
        assert_eq!(texts.get(u32::MAX), "");
    }

    #[test]
    fn what_is_shortened_shows_it() {
        assert_eq!(shortened("abc", 3), "abc");
        assert_eq!(shortened("abcd", 3), "abc…");
        assert_eq!(shortened("€€", 4), "€…");
    }
}
