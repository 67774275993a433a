//! Pieces of HTML. Every text is escaped on its way in.

use crate::consistency::page::escape::text;
use std::fmt::Write;

/// A table of more columns than this is shown as cards on a narrow screen.
const CARDS: usize = 4;

/// One cell of a table.
pub enum Cell {
    /// Words, which may be long.
    Long(String),
    /// Words of one line.
    Word(String),
    /// A number, at the right.
    Number(String),
    /// HTML that was made here.
    Html(String),
}

/// A table in a box of its own, which scrolls on a narrow screen. `rows` have an id each, or none.
pub fn table(label: &str, heads: &[&str], rows: &[(Option<String>, Vec<Cell>)]) -> String {
    let mut html = format!(
        r#"<div class="scroll" tabindex="0" role="region" aria-label="{}"><table{}><thead><tr>"#,
        text(label),
        if heads.len() > CARDS {
            r#" class="cards""#
        } else {
            ""
        }
    );
    let numbers = |column: usize| {
        rows.first()
            .and_then(|(_, cells)| cells.get(column))
            .is_some_and(|cell| matches!(cell, Cell::Number(_)))
    };
    for (column, head) in heads.iter().enumerate() {
        let class = if numbers(column) { r#" class="r""# } else { "" };
        let _ = write!(html, r#"<th scope="col"{class}>{}</th>"#, text(head));
    }
    html.push_str("</tr></thead><tbody>");
    for (id, cells) in rows {
        match id {
            Some(id) => {
                let _ = write!(html, r#"<tr id="{}">"#, text(id));
            }
            None => html.push_str("<tr>"),
        }
        for (column, cell) in cells.iter().enumerate() {
            let (class, inside) = match cell {
                Cell::Long(words) => ("long", text(words)),
                Cell::Word(words) => ("w", text(words)),
                Cell::Number(words) => ("r", text(words)),
                Cell::Html(html) => ("w", html.as_str().into()),
            };
            let head = heads.get(column).copied().unwrap_or_default();
            let _ = write!(
                html,
                r#"<td class="{class}" data-head="{}">{inside}</td>"#,
                text(head)
            );
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    html
}

/// A paragraph.
pub fn paragraph(words: &str) -> String {
    format!("<p>{}</p>", text(words))
}

/// A paragraph in small print.
pub fn note(words: &str) -> String {
    format!(r#"<p class="note">{}</p>"#, text(words))
}

/// A heading with a place that links can lead to.
pub fn heading(id: &str, words: &str) -> String {
    format!(r#"<h2 id="{id}">{}</h2>"#, text(words))
}
