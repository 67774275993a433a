//! Histories of a number in files: `revise` and `read`, as our workload `gridfs` writes them.

use super::pairing::pair;
use crate::consistency::checker::operation::{History, Names};
use crate::consistency::checker::revisions::Revision;
use crate::consistency::file::{FileError, Lines};
use std::io::BufRead;

/// Reads a history of a number that is raised.
///
/// `f` is `revise`, acknowledged with what was read and what was stored (`[3 4]`), or `read`, acknowledged with a number.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn revisions<R: BufRead>(lines: &mut Lines<R>) -> Result<History<Revision>, FileError> {
    let paired = pair(lines, |pair| {
        let answered = pair.answered().filter(|value| !value.is_nil());
        let action = match (&*pair.f, answered) {
            ("revise", None) => Revision::Raised(None),
            ("read", None) => Revision::Read(None),
            ("revise", Some(value)) => match value.elements() {
                Some([read, stored]) => Revision::Raised(read.integer().zip(stored.integer())),
                _ => {
                    return Err(
                        pair.wrong("expected what was read and what was stored, as in [3 4]")
                    );
                }
            },
            ("read", Some(value)) => Revision::Read(Some(
                value
                    .integer()
                    .ok_or_else(|| pair.wrong("expected a whole number"))?,
            )),
            (other, _) => {
                return Err(pair.wrong(format!("expected f to be revise or read, not {other:?}")));
            }
        };
        Ok(Some(action))
    })?;
    Ok(History {
        operations: paired.operations,
        names: Names::default(),
        times: paired.times,
    })
}
