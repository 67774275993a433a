//! A fault that was asked for beside a write test, noted in its history, so that its page shows it. Pure.

use serde_json::{Value, json};

/// A partition, and when it was in place: nanoseconds since the start of the test.
pub struct Cut<'a> {
    /// Of which unit it was asked.
    pub unit: &'a str,
    /// What was given to the action.
    pub parameters: &'a [&'a str],
    /// What it answered.
    pub results: &'a Value,
    /// When it began.
    pub from: u64,
    /// When the kernel healed it.
    pub until: u64,
}

/// The history with the cut in it, where it belongs by time.
pub fn noted(history: &str, cut: &Cut<'_>) -> String {
    let line = |time: u64, f: &str, value: Value| json!({"time": time, "process": "nemesis", "type": "info", "f": f, "value": value});
    let begin = json!({"unit": cut.unit, "parameters": cut.parameters, "results": cut.results});
    let end = json!({"fault": "partition", "unit": cut.unit});
    let mut waiting = [
        line(cut.from, "partition", begin),
        line(cut.until, "end", end),
    ]
    .into_iter()
    .peekable();
    let mut text = String::new();
    for known in history.lines() {
        // The last line, which has no time, is the result.
        let fields: Value = serde_json::from_str(known).unwrap_or_default();
        let time = match (fields["time"].as_u64(), fields["type"] == "result") {
            (None, true) => u64::MAX,
            (time, _) => time.unwrap_or(0),
        };
        while let Some(line) = waiting.next_if(|line| line["time"].as_u64() < Some(time)) {
            text += &format!("{line}\n");
        }
        text += known;
        text.push('\n');
    }
    text
}

/// When the test began: milliseconds since 1970.
pub fn started(history: &str) -> Option<u64> {
    let header: Value = serde_json::from_str(history.lines().next()?).ok()?;
    header["started-unix-ms"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_stands_where_it_belongs_and_the_page_shows_it() {
        let history = concat!(
            r#"{"type":"header","format":1,"started-unix-ms":1000}"#,
            "\n",
            r#"{"index":0,"time":5,"process":0,"type":"invoke","f":"append","value":1}"#,
            "\n",
            r#"{"index":1,"time":20,"process":0,"type":"ok","f":"append","value":1}"#,
            "\n",
            r#"{"type":"result","verdict":"valid"}"#,
            "\n",
        );
        assert_eq!(started(history), Some(1000));
        let results = json!({"outcome": "installed"});
        let cut = Cut {
            unit: "m/0",
            parameters: &["delay=15"],
            results: &results,
            from: 10,
            until: 30,
        };
        let with = noted(history, &cut);
        let order: Vec<Value> = with
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let names: Vec<_> = order
            .iter()
            .map(|line| line["f"].as_str().unwrap_or("-"))
            .collect();
        assert_eq!(names, ["-", "append", "partition", "append", "end", "-"]);
        assert_eq!(order[2]["value"]["results"], results);
        assert_eq!(order[4]["value"]["unit"], "m/0");
    }
}
