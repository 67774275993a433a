//! Options as they are typed, and as documents and `actions.yaml` show them.

use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Line {
    #[command(flatten)]
    args: WriteTestArgs,
}

fn parse(arguments: &[&str]) -> Result<WriteTestArgs, clap::Error> {
    let line = ["mongo-rs", "--url", "a:1,b:2"].iter().chain(arguments);
    Line::try_parse_from(line).map(|line| line.args)
}

#[test]
fn majority_is_a_flag_with_an_optional_value() {
    assert!(parse(&[]).unwrap().majority);
    assert!(parse(&["--majority"]).unwrap().majority);
    assert!(parse(&["--majority=true"]).unwrap().majority);
    assert!(!parse(&["--majority=false"]).unwrap().majority);
    assert!(parse(&["--majority=perhaps"]).is_err());
}

#[test]
fn bad_values_are_refused_before_anything_is_done() {
    let table = [
        ["--keys", "0"],
        ["--write-concern", "0"],
        ["--count", "0"],
        ["--count", "1000001"],
        ["--clients", "0"],
        ["--clients", "1001"],
        ["--timeout", "-1"],
        ["--duration", "soon"],
        ["--count", "-5"],
        ["--seed", "-1"],
        ["--keys", "-1"],
        ["--settle", "-0.5"],
        ["--write-concern", "-1"],
    ];
    for arguments in table {
        let error = parse(&arguments).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{arguments:?}");
        // It is the value that is wrong, and which one: not an argument that nobody knows.
        let (text, [name, value]) = (error.to_string(), arguments);
        assert!(text.contains(name) && text.contains(value), "{text}");
        assert!(!text.contains("unexpected"), "{text}");
    }
}

/// The options of the command, with their defaults and what is said of them, as the documents must show them.
fn table() -> Vec<(String, Option<String>, String)> {
    let command = WriteTestArgs::augment_args(clap::Command::new("write-test"));
    let arguments = command
        .get_arguments()
        .filter(|argument| argument.get_id() != "url");
    let row = |argument: &clap::Arg| {
        let name = argument.get_long().unwrap().to_owned();
        let default = argument.get_default_values().first();
        let default = default.map(|value| value.to_string_lossy().into_owned());
        let help = argument.get_help().unwrap().to_string() + ".";
        (name, default, help)
    };
    arguments.map(row).collect()
}

fn text_of(path: &str) -> String {
    std::fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_documents_show_every_option_as_it_is() {
    let shown = text_of("docs/consistency.md");
    for (name, default, help) in table() {
        let default = default.filter(|default| !default.is_empty());
        let default = default.map_or("none".to_owned(), |default| format!("`{default}`"));
        let line = format!("| `{name}` | {default} | {help} |");
        assert!(shown.contains(&line), "docs/consistency.md lacks: {line}");
    }
}

#[test]
fn the_action_has_the_same_options() {
    let actions: serde_yaml::Value = serde_yaml::from_str(&text_of("actions.yaml")).unwrap();
    let parameters = actions["write-test"]["params"].as_mapping().unwrap();
    let of_command = [
        "settle",
        "history",
        "overwrite",
        "format",
        "database",
        "keep",
    ];
    let table = table();
    let shared: Vec<_> = table
        .iter()
        .filter(|(name, ..)| !of_command.contains(&name.as_str()))
        .collect();
    assert_eq!(parameters.len(), shared.len());
    for (name, default, help) in shared {
        let parameter = &parameters[name.as_str()];
        assert_eq!(
            parameter["description"].as_str(),
            Some(help.as_str()),
            "{name}"
        );
        let there = match &parameter["default"] {
            serde_yaml::Value::Null => None,
            serde_yaml::Value::String(text) => Some(text.clone()),
            other => Some(serde_yaml::to_string(other).unwrap().trim().to_owned()),
        };
        assert_eq!(&there, default, "{name}");
    }
}

#[test]
fn parameters_are_taken_as_the_options_of_their_names() {
    let url: ConnectionUrl = "a:1,b:2".parse().unwrap();
    let of = |text: &str| {
        let parameters: BTreeMap<String, Value> = serde_json::from_str(text).unwrap();
        from_parameters(&url, &parameters)
    };
    let options = of(r#"{"count": 20.0, "majority": false, "workload": "register", "retry-writes": true, "seed": 7, "rate": 2.5, "read-concern": ""}"#).unwrap();
    assert_eq!(
        (options.count, options.written, options.seed),
        (20, Written::Members(1), Some(7))
    );
    assert_eq!(
        (options.workload, options.retry_writes, options.rate),
        (Workload::Register, true, 2.5)
    );
    assert_eq!(options.read, None);
    for (text, part) in [
        (r#"{"count": 0}"#, "--count"),
        (r#"{"count": 2.5}"#, "--count"),
        (r#"{"write-concern": "most"}"#, "write-concern is most"),
        (r#"{"workload": "chess"}"#, "chess"),
    ] {
        let why = of(text).unwrap_err();
        assert!(why.contains(part) && !why.contains('\n'), "{text}: {why}");
    }
}

#[test]
fn defaults_are_those_of_the_library() {
    let url: ConnectionUrl = "a:1,b:2".parse().unwrap();
    let from_line = options(parse(&[]).unwrap(), url.clone(), Stop::never());
    let from_library = WriteTestOptions::new(url);
    let without_stop = |options: &WriteTestOptions| {
        format!("{options:?}")
            .split("stop:")
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(without_stop(&from_line), without_stop(&from_library));
}
