//! `members`: what each unit is, has and wants in the set, and why.

use super::membership::look;
use super::{Answer, Situation};
use crate::agent::plan::members::plan;
use crate::agent::plan::outlook::{Place, Row, outlook};

/// The action.
pub fn run(situation: &Situation) -> Answer {
    let (view, goal) = match look(situation) {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let rows = outlook(view, &goal);
    // Rows are plain strings and numbers.
    let json = serde_json::to_string(&rows).unwrap_or_default();
    Answer::default()
        .with("table", table(&rows).trim_end())
        .with("members", json)
        .with(
            "policy",
            serde_json::to_string(&goal.policy).unwrap_or_default(),
        )
        .with("steps", plan(view, &goal).to_string().trim_end())
}

fn place(place: Place) -> &'static str {
    match place {
        Place::None => "-",
        Place::Standby => "standby",
        Place::Voter => "vote",
    }
}

/// Columns as wide as their longest word.
fn table(rows: &[Row]) -> String {
    let head = [
        "UNIT", "MEMBER", "STATE", "HAS", "WANTS", "PRIORITY", "LAG", "ZONE", "WHY",
    ];
    let dash = || "-".to_owned();
    let mut lines = vec![head.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        [
            row.unit.as_ref().map_or_else(dash, ToString::to_string),
            row.host.as_ref().map_or_else(dash, ToString::to_string),
            row.state.clone(),
            place(row.has).to_owned(),
            place(row.wants).to_owned(),
            match row.hidden {
                true => format!("{} hidden", row.priority),
                false => row.priority.to_string(),
            },
            row.lag.map_or_else(dash, |lag| format!("{lag} s")),
            row.zone.clone().unwrap_or_else(dash),
            row.why.clone(),
        ]
    }));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> = (0..head.len())
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text += cells.join("  ").trim_end();
        text.push('\n');
    }
    text
}
