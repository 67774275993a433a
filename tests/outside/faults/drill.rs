//! The drill of jupsen's guide, in its words.

use super::super::support::{Lab, checkout, said, text};
use serde_json::Value;
use std::time::{Duration, Instant};

/// `PRIMARY=… DELAY=… part`, the primary looked for by hand while the cut is on, healed before its time.
pub fn a_drill_as_in_jupsens_guide(lab: &Lab) {
    lab.settled(5, 5);
    let before = lab.action("mongo-rs/leader", &["primary"]);
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let url = text(&before, "url");
    let watch = ["client", "--", &program, "primary", "--watch", "--url", url];
    let mut watching = lab.start(&watch);
    let environment = [("PRIMARY", text(&before, "unit")), ("DELAY", "600")];
    let cut = lab.plugin(&["part"], &environment);
    assert!(
        cut.contains("outcome: installed") && cut.contains("links: '12'"),
        "{cut}"
    );
    let deadline = Instant::now() + Duration::from_secs(60);
    let new = loop {
        let words = [
            "client", "--", &program, "primary", "--format", "json", "--url",
        ];
        let output = lab.run(&[&words[..], &[url]].concat());
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if seen["primary"].is_string() && seen["primary"] != before["primary"] {
            break text(&seen, "primary").to_owned();
        }
        assert!(Instant::now() < deadline, "no other primary: {seen}");
    };
    let show = lab.plugin(&["show", text(&before, "unit")], &[]);
    assert!(
        show.contains("(partition)") && show.contains("cut off"),
        "{show}"
    );
    lab.plugin(&["heal"], &[]);
    lab.settled(5, 5);
    // Whoever watched from outside, where both sides are heard, has seen each, with its term.
    watching.kill().unwrap();
    let watched = said(&watching.wait_with_output().unwrap());
    for primary in [text(&before, "primary"), &new] {
        assert!(watched.contains(&format!("{primary} (term ")), "{watched}");
    }
}
