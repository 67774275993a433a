//! The first thing that one sees: the verdict, and what it means.

use super::element::paragraph;
use crate::consistency::page::escape::text;
use crate::consistency::page::judgement::{Colour, Judgement};

/// The banner. The colour is said by a word and a shape too.
pub fn verdict(judgement: &Judgement) -> String {
    let shape = match judgement.colour {
        Colour::Valid => r#"<path d="M4 13l5 5L20 6"/>"#,
        Colour::Invalid => r#"<path d="M5 5l14 14M19 5L5 19"/>"#,
        Colour::Unknown => {
            r#"<path d="M8 8.5a4 4 0 1 1 5.6 3.7c-1.1.5-1.6 1.2-1.6 2.6M12 19v.5"/>"#
        }
    };
    let name = judgement.colour.name();
    let reason = match judgement.reason.as_str() {
        "" => String::new(),
        reason => format!(
            r#": <span class="reason">{}</span>"#,
            text(&sentence(reason))
        ),
    };
    let meaning: String = judgement
        .meaning
        .iter()
        .map(|words| paragraph(words))
        .collect();
    format!(
        r#"<section class="verdict {name}" aria-label="Verdict"><p class="line"><svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round">{shape}</svg><em>{}</em>{reason}</p>{meaning}</section>"#,
        capital(name)
    )
}

/// With a full stop.
fn sentence(words: &str) -> String {
    match words.ends_with(['.', '!', '?', '…']) {
        true => words.to_owned(),
        false => format!("{words}."),
    }
}

fn capital(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
