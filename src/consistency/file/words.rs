//! The words that nearly every line of a history has, so that reading one of them takes no memory.

use std::borrow::Cow;

/// Gives back the words that it lists.
macro_rules! words {
    ($($word:literal)*) => {
        /// One of the usual words.
        pub(super) fn known(text: &str) -> Option<&'static str> {
            match text {
                $($word => Some($word),)*
                _ => None,
            }
        }
    };
}

words! {
    "index" "time" "process" "type" "f" "key" "value" "error" "attempts" "commits"
    "invoke" "ok" "fail" "info" "nemesis" "reader"
    "read" "r" "write" "w" "cas" "append" "txn" "add" "get" "put" "transfer" "read-outside" "revise"
    "class" "not-matched" "list" "read-concern" "from" "to" "amount" ""
}

/// A text of a history: one of the usual words, or a copy.
pub(super) fn word(text: &str) -> Cow<'static, str> {
    match known(text) {
        Some(word) => Cow::Borrowed(word),
        None => Cow::Owned(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_its_text() {
        for (text, borrowed) in [("index", true), ("", true), ("indexx", false), ("é", false)] {
            let word = word(text);
            assert_eq!(word, text);
            assert_eq!(matches!(word, Cow::Borrowed(_)), borrowed, "{text}");
        }
    }
}
