//! Whole pages, of histories good and bad.

use super::operation::{NEVER, Outcome};
use super::sample::{self, Sample};
use super::wellformed::check;
use super::*;
use judgement::{Colour, judgement};
use std::collections::BTreeMap;

const HEADER: &str =
    r#"{"type":"header","workload":"list-append","clients":2,"write-concern":"1"}"#;

fn made_up(operations: u64, clients: u64, register: bool) -> String {
    let mut out = Vec::new();
    sample::write(
        Sample {
            operations,
            clients,
            register,
        },
        &mut out,
    )
    .unwrap();
    String::from_utf8(out).unwrap()
}

fn gathered(text: &str) -> Run {
    gather::gather(&mut text.as_bytes()).unwrap()
}

/// Every link into a page leads somewhere.
fn links(page: &str) {
    for link in page.split("href=\"#").skip(1) {
        let id = link.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
}

/// All files of a history, which must be well-formed and small.
fn pages(text: &str) -> BTreeMap<&'static str, String> {
    let files: BTreeMap<_, _> = files(&gathered(text)).into_iter().collect();
    for (name, text) in &files {
        match name.ends_with(".json") {
            true => drop(serde_json::from_str::<serde_json::Value>(text).unwrap()),
            false => check(text).unwrap_or_else(|why| panic!("{name}: {why}")),
        }
        assert!(text.len() < 3_000_000, "{name} has {} bytes", text.len());
        assert!(!text.contains("NaN") && !text.contains("inf\""), "{name}");
    }
    links(&files["index.html"]);
    files
}

fn history(lines: &[&str]) -> String {
    let mut text = HEADER.to_owned();
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    text + "\n"
}

#[test]
fn a_trial_that_lost_writes() {
    let text = made_up(12_600, 8, false);
    let run = gathered(&text);
    let evidence = Evidence::of(&run);
    assert_eq!(evidence.lost.len(), 200);
    assert!(
        evidence
            .lost
            .iter()
            .all(|number| (27..37).contains(&(run.operations[*number].completed / 1_000_000_000)))
    );
    let kinds: Vec<(&str, bool)> = run
        .faults
        .iter()
        .map(|fault| (fault.kind.as_str(), fault.bit()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("partition", true),
            ("kill", true),
            ("pause", true),
            ("slow", false),
            ("flaky", true)
        ]
    );
    assert_eq!(
        run.faults[3].installed,
        Err("the kernel has no tbf".to_owned())
    );
    assert_eq!(run.terms.len(), 4);
    let pages = pages(&text);
    let page = &pages["index.html"];
    for expected in [
        r#"<section class="verdict invalid""#,
        "200 of 12407 acknowledged appends are lost",
        "Clients were told that 200 writes were stored",
        "With write concern majority this must not happen",
        "200 lost writes",
        "while a partition that was asked of mongo-rs/0 was in place (25.000 s to 40.000 s)",
        "not in place: the kernel has no tbf",
        "5 faults were asked for, 4 in place, 4 felt; 3 elections were seen",
        "applied-not-majority",
        "10.61.0.12:27017",
        "lost 200",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    for outside in ["http://", "https://", "src=", "@import", "url("] {
        let page = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!page.contains(outside), "{outside}");
    }
    // Jepsen's colours.
    for colour in [
        "#81bffc", "#ffa400", "#ff1e90", "#e9dca0", "#e9a4a0", "#a0b1e9", "#d1e8a0", "#a0e9e3",
    ] {
        assert!(pages["latency.svg"].contains(colour), "{colour}");
    }
    assert!(pages["latency.svg"].contains(">primary in term 2</text>"));
    assert!(pages["results.json"].contains("\n  \"verdict\": \"invalid\""));
}

#[test]
fn a_witness_leads_to_its_operations() {
    let text = made_up(3000, 8, true);
    let run = gathered(&text);
    let evidence = Evidence::of(&run);
    assert_eq!(evidence.anomalies.len(), 1);
    assert_eq!(evidence.operations().len(), 3);
    let page = &pages(&text)["index.html"];
    for operation in evidence
        .operations()
        .iter()
        .map(|number| &run.operations[*number])
    {
        let place = operation.completion;
        for expected in [
            format!(r##"href="#t{place}""##),
            format!(r#"id="t{place}""#),
            format!(r#"id="i{place}""#),
        ] {
            assert!(page.contains(&expected), "{expected}");
        }
    }
    assert!(
        page.contains("client 3 read 17 of register 4 at 37.210 s, although client 1&#39;s write")
    );
}

#[test]
fn nothing_of_a_history_becomes_markup() {
    let evil = r#"</script><script>alert(1)</script>\"'&<!--]]>\u0000\u202e"#;
    let text = history(&[
        &format!(
            r#"{{"index":0,"time":1,"process":"nemesis","type":"info","f":"primary","value":{{"address":"{evil}","term":1}}}}"#
        ),
        &format!(
            r#"{{"index":1,"time":2,"process":"nemesis","type":"info","f":"{evil}","value":{{"unit":"{evil}","parameters":["{evil}"],"results":{{"outcome":"installed"}}}}}}"#
        ),
        &format!(
            r#"{{"index":2,"time":3,"process":0,"type":"invoke","f":"{evil}","value":"{evil}"}}"#
        ),
        &format!(
            r#"{{"index":3,"time":4,"process":0,"type":"info","f":"{evil}","value":"{evil}","error":{{"class":"{evil}"}}}}"#
        ),
        &format!(
            r#"{{"type":"result","verdict":"invalid","reason":"{evil}","id":"{evil}","seed":"{evil}","history":"{evil}","lost-range":"{evil}","finding":{{"anomalies":[{{"name":"{evil}","witness":"{evil}","operations":[3]}}],"counts":{{"{evil}":1}}}}}}"#
        ),
    ]);
    for (name, text) in pages(&text) {
        if !name.ends_with(".json") {
            assert!(!text.contains("<script>alert"), "{name}");
        }
        assert!(
            name.ends_with(".json") || !text.contains('\u{202e}'),
            "{name}"
        );
    }
}

#[test]
fn histories_that_are_not_whole() {
    for empty in ["", "\n", "   \n\n"] {
        assert!(
            matches!(
                gather::gather(&mut empty.as_bytes()),
                Err(PageError::Empty | PageError::History(_))
            ),
            "{empty:?}"
        );
    }
    for wrong in ["{", "{\"type\":", "\u{0}\u{1}", "[1,2]"] {
        assert!(gather::gather(&mut wrong.as_bytes()).is_err(), "{wrong:?}");
    }
    let invoke = r#"{"index":0,"time":5,"process":0,"type":"invoke","f":"append","value":1}"#;
    for (lines, note, operations) in [
        (&[][..], "there is no result at the end", 0),
        (&[invoke], "1 operations have no end", 1),
        (&[invoke, r#"{"index":1,"ti"#], "cannot be read further", 1),
        (&[invoke, "nonsense", invoke], "cannot be read further", 1),
    ] {
        let text = history(lines);
        let run = gathered(&text);
        assert!(
            run.notes.iter().any(|known| known.contains(note)),
            "{note}: {:?}",
            run.notes
        );
        assert_eq!(run.operations.len(), operations);
        let page = &pages(&text)["index.html"];
        assert!(page.contains("there is no result in the history"));
    }
}

#[test]
fn every_beginning_of_a_history_has_a_page() {
    let text = made_up(60, 3, true);
    for end in (HEADER.len() * 4..text.len()).step_by(397) {
        if let Ok(run) = gather::gather(&mut text.as_bytes().get(..end).unwrap()) {
            let page = html::page(&run, &Evidence::of(&run), &Selection::default());
            assert_eq!(check(&page), Ok(()), "the first {end} bytes");
        }
    }
}

#[test]
fn absurd_numbers_do_no_harm() {
    let most = u64::MAX;
    let text = history(&[
        &format!(
            r#"{{"index":0,"time":{most},"process":{most},"type":"invoke","f":"append","value":9223372036854775807}}"#
        ),
        r#"{"index":1,"time":0,"process":"nemesis","type":"info","f":"end","value":null}"#,
        r#"{"index":2,"time":7,"process":"nemesis","type":"info","f":"kill","value":{"unit":1,"results":7}}"#,
        &format!(
            r#"{{"index":3,"time":1,"process":{most},"type":"ok","f":"append","value":[[[[1]]]]}}"#
        ),
        r#"{"index":4,"process":0,"type":"ok","f":"","value":{}}"#,
        r#"{"index":5,"time":-1,"process":"reader","type":"ok","f":"read","value":{"list":[1,2]}}"#,
        r#"{"type":"result","verdict":17,"pass":-1,"duration":1e999,"finding":{"anomalies":[7,{"operations":[4294967296,-1,"x",0,0]}],"counts":[]},"lost-range":"-9223372036854775808-9223372036854775807"}"#,
    ]);
    let text = text.replace("1e999", "1e300");
    pages(&text);
}

#[test]
fn green_without_a_fault_that_bit_is_not_green() {
    let valid = r#"{"type":"result","verdict":"valid","reason":"all is there"}"#;
    let heal = r#"{"index":0,"time":9,"process":"nemesis","type":"info","f":"heal","value":null}"#;
    let kill = r#"{"index":0,"time":1,"process":"nemesis","type":"info","f":"kill","value":{"unit":"m/0","results":{"outcome":"installed"}}}"#;
    let late = r#"{"index":3,"time":5,"process":"nemesis","type":"info","f":"kill","value":{"unit":"m/0","results":{"outcome":"installed"}}}"#;
    let begin = r#"{"index":1,"time":2,"process":0,"type":"invoke","f":"append","value":1}"#;
    let fail = r#"{"index":2,"time":3,"process":0,"type":"fail","f":"append","value":1,"error":{"class":"io"}}"#;
    let refused = r#"{"index":2,"time":3,"process":0,"type":"fail","f":"cas","value":1,"error":{"class":"not-matched"}}"#;
    for (lines, colour) in [
        (vec![valid], Colour::Valid),
        (vec![heal, valid], Colour::Unknown),
        (vec![kill, begin, refused, heal, valid], Colour::Unknown),
        (vec![kill, begin, fail, heal, valid], Colour::Valid),
        (vec![begin, fail, late, heal, valid], Colour::Unknown),
    ] {
        assert_eq!(
            judgement(&gathered(&history(&lines))).colour,
            colour,
            "{lines:?}"
        );
    }
    assert_eq!(judgement(&Run::default()).colour, Colour::Unknown);
}

#[test]
fn a_process_goes_on_as_another_after_an_unknown_outcome() {
    let text = history(&[
        r#"{"index":0,"time":1000,"process":1,"type":"invoke","f":"append","value":1}"#,
        r#"{"index":1,"time":2000,"process":1,"type":"info","f":"append","value":1}"#,
        r#"{"index":2,"time":3000,"process":3,"type":"invoke","f":"append","value":2}"#,
        r#"{"index":3,"time":4000,"process":"reader","type":"ok","f":"read","value":{"list":[]}}"#,
    ]);
    let run = gathered(&text);
    let told: Vec<_> = run
        .operations
        .iter()
        .map(|one| (run.client(one.process), one.outcome, one.latency()))
        .collect();
    assert_eq!(
        told[..2],
        [(1, Outcome::Info, Some(1000)), (1, Outcome::Info, None)]
    );
    assert_eq!(run.operations[1].completed, NEVER);
    assert_eq!(run.client_name(told[2].0), "reader");
    assert_eq!(plot::rows(&run).len(), 2);
}

#[test]
fn other_histories_have_pages_too() {
    let edn = "{:index 0 :time 10 :type :invoke :process 0 :f :txn :value [[:append 1 2]]}\n{:index 1 :time 20 :type :ok :process 0 :f :txn :value [[:append 1 2]]}\n";
    let run = gathered(edn);
    assert_eq!(
        (run.operations.len(), run.operations[0].latency()),
        (1, Some(10))
    );
    assert!(pages(edn)["index.html"].contains("there is no result in the history"));
}

#[test]
fn a_long_history_makes_no_large_page() {
    let text = made_up(60_000, 400, false);
    let run = gathered(&text);
    let evidence = Evidence::of(&run);
    let selection = Selection::of(&run, &evidence, selection::MOST);
    assert!(
        run.operations.len() > 40_000 && selection.shown.len() <= selection::MOST,
        "{}",
        selection.shown.len()
    );
    assert!(selection.shown.windows(2).all(|pair| pair[0] < pair[1]));
    let lost = evidence
        .lost
        .iter()
        .filter(|number| selection.shown.binary_search(number).is_ok());
    assert_eq!(lost.count(), evidence.lost.len(), "what is lost is shown");
    assert!(pages(&text)["index.html"].contains("Only "));
}

#[test]
fn many_of_everything_is_bounded() {
    let mut lines = Vec::new();
    for number in 0..30_000u64 {
        let time = number * 1000;
        lines.push(match number % 3 {
            0 => format!(r#"{{"time":{time},"process":"nemesis","type":"info","f":"primary","value":{{"address":"h{number}:1","term":{number}}}}}"#),
            1 => format!(r#"{{"time":{time},"process":"nemesis","type":"info","f":"fault-{number}","value":{{"unit":"m/{number}","results":{{"outcome":"installed"}}}}}}"#),
            _ => format!(r#"{{"time":{time},"process":{number},"type":"info","f":"f{number}","value":"{}","error":{{"class":"c{number}"}}}}"#, "x".repeat(300)),
        });
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let text = history(&lines).replace(r#""clients":2,"#, "");
    let run = gathered(&text);
    assert!(run.functions.len() <= 12 && run.errors.len() <= 40);
    pages(&text);
}

#[test]
fn files_are_written_into_a_new_directory() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("a/b");
    let text = made_up(100, 4, false);
    let written = write(&mut text.as_bytes(), &target).unwrap();
    assert_eq!(written.page, target.join("index.html"));
    let names: Vec<_> = written
        .files
        .iter()
        .map(|(path, _)| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "index.html",
            "latency.svg",
            "quantiles.svg",
            "rate.svg",
            "timeline.svg",
            "results.json"
        ]
    );
    assert!(
        written
            .files
            .iter()
            .all(|(path, size)| path.metadata().unwrap().len() == *size)
    );
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = write(&mut text.as_bytes(), &file.join("x")).unwrap_err();
    assert!(
        refused.to_string().starts_with("failed to write"),
        "{refused}"
    );
}

#[test]
fn the_history_of_a_page_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    for page in ["run", "x", "y.z", "none", "many"] {
        std::fs::create_dir(at(page)).unwrap();
    }
    for file in [
        "run/history.jsonl",
        "run.jsonl",
        "x.jsonl",
        "y.z.log",
        "many.a",
        "many.jsonl",
        "y.jsonl",
    ] {
        std::fs::write(at(file), "").unwrap();
    }
    let found = |page: &str| {
        let found = history_of(&at(page)).map_err(|error| error.to_string())?;
        Ok::<_, String>(found.file_name().unwrap().to_str().unwrap().to_owned())
    };
    assert_eq!(found("run").unwrap(), "history.jsonl");
    assert_eq!(found("x").unwrap(), "x.jsonl");
    assert_eq!(found("x/").unwrap(), "x.jsonl");
    assert_eq!(found("y.z").unwrap(), "y.z.log");
    assert_eq!(found("many").unwrap(), "many.jsonl");
    let none = found("none").unwrap_err();
    assert!(none.contains("there is no history.jsonl in"), "{none}");
}

#[test]
fn what_was_rolled_back_is_named() {
    let rolled_back = r#""rolled-back":{"units":[{"unit":"m/1","documents":1,"files":"/r/<1>.bson","lost":3,"elements":"4-6"}],"in-no-file":"9","notes":["m/2 did not <tell>"]}"#;
    let last =
        format!(r#"{{"type":"result","verdict":"invalid","lost-range":"4-6,9",{rolled_back}}}"#);
    let files = pages(&history(&[&last]));
    let page = &files["index.html"];
    for words in [
        "What servers rolled back",
        "3 lost acknowledged writes are in one of them",
        "4-6",
        "/r/&lt;1&gt;.bson",
        "Lost, and in no file that was told of: 9.",
        "m/2 did not &lt;tell&gt;",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(files["results.json"].contains(r#""elements": "4-6""#));
    let nothing =
        r#"{"type":"result","verdict":"valid","rolled-back":{"units":[],"in-no-file":""}}"#;
    let page = &pages(&history(&[nothing]))["index.html"];
    assert!(!page.contains("rolled back"));
}
