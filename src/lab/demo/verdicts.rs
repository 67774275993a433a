//! Both verdicts of the demo, side by side.

use crate::lab::cli::print;
use anyhow::{Result, ensure};
use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use serde_json::Value;

/// Prints the verdicts side by side; what was written with a majority must be there.
pub fn tell(verdicts: &[(bool, Value)]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    let name = |majority: bool| {
        if majority {
            "majority=true"
        } else {
            "majority=false (w:1)"
        }
    };
    let mut header = vec![String::new()];
    header.extend(
        verdicts
            .iter()
            .map(|(majority, _)| name(*majority).to_owned()),
    );
    table.set_header(header);
    let rows = [
        ("acknowledged", "expected-len"),
        ("there at the end", "actual-len"),
        ("acknowledged and lost", "lost"),
        ("not acknowledged, yet there", "recovered"),
        ("there twice", "duplicated"),
        ("failed", "fail"),
        ("of unknown outcome", "info"),
        ("primaries seen", "primaries"),
        ("verdict", "verdict"),
    ];
    for (label, key) in rows {
        let cell = |report: &Value| match &report[key] {
            Value::Array(list) => list.len().to_string(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let mut row = vec![label.to_owned()];
        row.extend(verdicts.iter().map(|(_, report)| cell(report)));
        table.add_row(row);
    }
    print(format!("{table}\n"));
    for (majority, report) in verdicts {
        print(format!(
            "{}: {}\n  {}\n",
            name(*majority),
            report["reason"].as_str().unwrap_or_default(),
            report["page"].as_str().unwrap_or_default()
        ));
    }
    let kept = verdicts
        .iter()
        .find(|(majority, _)| *majority)
        .map(|(_, report)| &report["verdict"]);
    ensure!(
        kept == Some(&Value::from("valid")),
        "a majority write test must keep everything that it acknowledged"
    );
    Ok(())
}
