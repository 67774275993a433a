//! What servers rolled back, and which lost writes are in their files.

use super::element::{Cell, heading, note, paragraph, table};
use crate::consistency::page::number::{many, thousands};
use crate::consistency::page::run::Run;
use crate::consistency::page::texts::shortened;
use crate::consistency::report::RolledBack;

/// So many rows the table has, and so many notes there are.
const ROWS: usize = 100;
/// The longest list of elements, in bytes; all of it is in results.json.
const LONGEST: usize = 4000;

/// The part of the page; nothing where nobody was asked, or nothing was found and nothing is open.
pub fn rolled_back(run: &Run) -> String {
    let told = run.result.get("rolled-back").cloned();
    let told: Option<RolledBack> = told.and_then(|told| serde_json::from_value(told).ok());
    let Some(told) = told else {
        return String::new();
    };
    let in_no_file = told.in_no_file.as_deref().filter(|it| !it.is_empty());
    if told.units.is_empty() && in_no_file.is_none() && told.notes.is_empty() {
        return String::new();
    }
    let mut html = heading("rolled-back", "What servers rolled back");
    let lost: u64 = told.units.iter().map(|it| it.lost).sum();
    html += &paragraph(&match told.units.is_empty() {
        true => "No server has files of documents that it took back.".to_owned(),
        false => format!(
            "Servers took back {} that another primary did not have, and kept them in files; {} of them.",
            many(told.documents(), "document", "documents"),
            many(
                lost,
                "lost acknowledged write is in one",
                "lost acknowledged writes are in one"
            )
        ),
    });
    let rows = told.units.iter().take(ROWS).map(|it| {
        let cells = vec![
            Cell::Word(it.unit.clone()),
            Cell::Number(thousands(it.documents)),
            Cell::Number(thousands(it.lost)),
            Cell::Long(shortened(&it.elements, LONGEST)),
            Cell::Long(shortened(&it.files, LONGEST)),
        ];
        (None, cells)
    });
    let rows: Vec<_> = rows.collect();
    if !rows.is_empty() {
        let heads = [
            "Unit",
            "Documents",
            "Lost writes",
            "Which",
            "Files on the unit",
        ];
        html += &table("Rollbacks", &heads, &rows);
    }
    if let Some(elements) = in_no_file {
        let elements = shortened(elements, LONGEST);
        html += &paragraph(&format!(
            "Lost, and in no file that was told of: {elements}."
        ));
    }
    for words in told.notes.iter().take(ROWS) {
        html += &note(&shortened(words, 600));
    }
    html
}
