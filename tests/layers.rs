//! The borders between the rooms, read from the sources: which room uses which. Milliseconds, no root.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// The paths after `crate::` in a source file, comments left out.
fn uses(path: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let ends = |c: char| !(c.is_alphanumeric() || c == '_' || c == ':');
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.split(ends).next().unwrap().to_owned())
        .collect()
}

fn check(place: &str, allowed: &[&str]) {
    let place = root().join("src").join(place);
    let sources = if place.is_dir() {
        files(&place, ".rs")
    } else {
        vec![place]
    };
    assert!(!sources.is_empty());
    for source in sources
        .iter()
        .filter(|source| !source.to_string_lossy().contains("test"))
    {
        for used in uses(source) {
            let fits = allowed
                .iter()
                .any(|room| used == *room || used.starts_with(&format!("{room}::")));
            assert!(
                fits,
                "{} uses crate::{used}; it may use {allowed:?}",
                source.display()
            );
        }
    }
}

#[test]
fn each_room_uses_only_what_it_may() {
    check("model", &["model"]);
    check("host", &["model", "host"]);
    check("mongo", &["model", "mongo"]);
    check("juju", &["model", "juju", "host::program"]);
    check("fault", &["model", "host", "fault"]);
    check("consistency", &["model", "consistency"]);
    check("lab", &["model", "lab"]);
    check(
        "agent",
        &[
            "model",
            "juju",
            "mongo",
            "host",
            "fault",
            "consistency",
            "agent",
        ],
    );
}

#[test]
fn decisions_are_made_from_the_model_alone() {
    for place in [
        "validate.rs",
        "desire.rs",
        "config_file.rs",
        "lint.rs",
        "plan",
        "observer/glimpse.rs",
        "observer/pace.rs",
        "recover",
    ] {
        check(&format!("agent/{place}"), &["model"]);
    }
}

#[test]
fn what_only_the_lab_needs_is_not_in_the_charm() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let listed = manifest
        .split("# Only for `lab`.")
        .nth(1)
        .unwrap()
        .split("[dev-dependencies]")
        .next()
        .unwrap();
    let lines: Vec<&str> = listed.lines().filter(|line| line.contains(" = ")).collect();
    assert!(lines.len() > 5);
    for line in lines {
        assert!(line.contains("optional = true"), "{line}");
    }
}

/// The rows of a document's table whose first word begins like this, column by column.
fn rows(document: &str, letter: char) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let of_the_table = |line: &&str| {
        let number = line.strip_prefix(&format!("| {letter}"));
        number.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let cells = |line: &str| {
        let inner = line.trim().trim_start_matches("| ").trim_end_matches(" |");
        inner
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    text.lines().filter(of_the_table).map(cells).collect()
}

/// All names between backticks.
fn named(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_rule_has_its_source_and_a_test_that_exists() {
    let sources: Vec<PathBuf> = [
        files(&root().join("src"), ".rs"),
        files(&root().join("tests"), ".rs"),
    ]
    .concat();
    let code: String = sources
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    for (document, letter, columns, least, source) in [
        ("docs/safety.md", 'S', 4, 40, 2),
        ("docs/mongod-rules.md", 'M', 5, 25, 3),
    ] {
        let rows = rows(document, letter);
        assert!(rows.len() >= least, "{document}: {} rows", rows.len());
        for row in rows {
            assert_eq!(row.len(), columns, "{document}: {row:?}");
            assert!(
                row.iter().all(|cell| !cell.is_empty()),
                "{document}: {row:?}"
            );
            assert!(row[source].len() > 3, "{document}: {row:?} has no source");
            let test = &row[columns - 1];
            // A rule that nothing goes by needs no test, but says so.
            assert!(
                named(test).next().is_some() || test.starts_with("none, because "),
                "{document}: {row:?} names no test"
            );
            for name in named(test) {
                assert!(
                    code.contains(&format!("fn {name}(")),
                    "{document} names {name}, which is no test"
                );
            }
        }
    }
}
