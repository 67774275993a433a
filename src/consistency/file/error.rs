//! What is wrong with a file.

use std::fmt;

/// How much of the text an error shows.
const PIECE: usize = 60;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The line, from 1.
    pub line: u64,
    /// The byte in that line, from 1; 0 where the whole line is meant.
    pub column: u64,
    /// What is wrong, and what was expected.
    pub message: String,
    /// A piece of the text there, with its control characters escaped.
    pub piece: String,
}

impl FileError {
    /// An error at a place, showing the beginning of a text.
    pub fn new(line: u64, column: u64, message: impl Into<String>, text: &str) -> Self {
        Self {
            line,
            column,
            message: message.into(),
            piece: piece(text),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if self.column > 0 {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.piece.is_empty() {
            write!(f, ": {}", self.piece)?;
        }
        Ok(())
    }
}

/// The beginning of a text in one line.
fn piece(text: &str) -> String {
    let mut piece: String = text.chars().take(PIECE).flat_map(visible).collect();
    if text.chars().nth(PIECE).is_some() {
        piece.push('…');
    }
    piece
}

fn visible(character: char) -> impl Iterator<Item = char> {
    let (shown, escaped) = match character.is_control() {
        true => (None, Some(character.escape_default())),
        false => (Some(character), None),
    };
    shown.into_iter().chain(escaped.into_iter().flatten())
}
