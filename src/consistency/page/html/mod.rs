//! The page: one file, which needs nothing else. Pure: from a run to a text.

mod element;
mod faults;
mod figures;
mod rolled_back;
mod timeline;
mod verdict;
mod witnesses;

use super::escape::text;
use super::evidence::Evidence;
use super::judgement::judgement;
use super::number::tick;
use super::plot::{self, Size, Svg};
use super::run::Run;
use super::selection::Selection;
use super::texts::shortened;
use super::windows::window;
use element::{heading, note};

const STYLE: &str = include_str!("../page.css");
const SCRIPT: &str = include_str!("../page.js");

/// The page of a run.
pub fn page(run: &Run, evidence: &Evidence, selection: &Selection) -> String {
    let judgement = judgement(run);
    let name = name(run);
    let mut html = String::with_capacity(1 << 20);
    html += r#"<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/><meta name="color-scheme" content="light dark"/>"#;
    // Nothing is fetched from anywhere, whatever a history may hold.
    html += r#"<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>"#;
    html += &format!(
        "<title>{}: {}</title>",
        text(judgement.colour.name()),
        text(&name)
    );
    html += &format!(
        "<style>{}{STYLE}{}</style></head><body>",
        plot::THEME,
        plot::STYLE
    );
    html += r##"<a class="skip" href="#latency">To the plots</a><main>"##;
    html += &format!("<h1><b>mongo-rs</b> {}</h1>", text(&name));
    html += &verdict::verdict(&judgement);
    html += &figures::figures(run);
    for words in run.notes.iter().take(20) {
        html += &note(&format!("Of the file: {}", shortened(words, 600)));
    }
    html += &witnesses::witnesses(run, evidence);
    html += &rolled_back::rolled_back(run);
    html += &plots(run, evidence);
    html += &timeline::timeline(run, evidence, selection);
    html += &faults::faults(run);
    html += &figures::counts(run);
    html += &heading("settings", "How it was run");
    html += &figures::settings(run);
    html += &footer(run);
    html += &format!("</main><script>{SCRIPT}</script></body></html>\n");
    html
}

/// The run in a few words, for titles.
pub fn name(run: &Run) -> String {
    let what = run.word("workload").unwrap_or_else(|| "history".to_owned());
    let id = run.word("id").map(|id| format!(" {id}"));
    let set = run.word("set-name").map(|set| format!(" on {set}"));
    shortened(
        &format!(
            "{what}{}{}",
            id.unwrap_or_default(),
            set.unwrap_or_default()
        ),
        120,
    )
}

type Draw = fn(&Run, &Evidence, Size) -> Svg;

fn plots(run: &Run, evidence: &Evidence) -> String {
    let window = tick(window(run.end as f64 / 1e9));
    let primary = match run.terms.is_empty() {
        true => String::new(),
        false => " Below: who was primary, from when it was first seen until another was; a primary that was cut off may have gone on for a while.".to_owned(),
    };
    let lost = match evidence.lost.is_empty() {
        true => "",
        false => " Wedges mark when writes that were lost later were acknowledged.",
    };
    let parts: [(&str, &str, Draw, String); 3] = [
        (
            "latency",
            "Latency of every operation",
            plot::latency,
            format!(
                "Each operation at its invocation. Those within the same point are one mark, in a stronger colour the more there are; where there would be too many marks, the points are larger. Shaded: faults in place.{lost}{primary}"
            ),
        ),
        (
            "quantiles",
            "Latency quantiles",
            plot::quantiles,
            format!(
                "Of all operations that ended, by their invocation, in windows of {window} s: half were faster than the line 0.5, all but one in a hundred faster than the line 0.99."
            ),
        ),
        (
            "rate",
            "Rate",
            plot::rates,
            format!("Operations a second by their completion, in windows of {window} s."),
        ),
    ];
    let mut html = String::new();
    for (id, title, draw, caption) in parts {
        html += &heading(id, title);
        let drawings: String = [Size::Wide, Size::Narrow]
            .iter()
            .map(|size| draw(run, evidence, *size).inline())
            .collect();
        html += &format!(
            "<figure>{drawings}<figcaption>{}</figcaption></figure>",
            text(&caption)
        );
    }
    html
}

fn footer(run: &Run) -> String {
    let history = run
        .word("history")
        .map(|path| format!("History: <code>{}</code>. ", text(&shortened(&path, 300))));
    format!(
        r#"<footer><p>{}Beside this page: <a href="results.json">results.json</a>, <a href="latency.svg">latency.svg</a>, <a href="quantiles.svg">quantiles.svg</a>, <a href="rate.svg">rate.svg</a>, <a href="timeline.svg">timeline.svg</a>. This page fetches nothing.</p></footer>"#,
        history.unwrap_or_default()
    )
}
