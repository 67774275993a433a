//! The newcomer's first minutes, with a shorter cut: what `make demo` runs.

use super::machines::assert_nothing_is_left;
use super::mongods::wait;
use super::support::{Lab, checkout, mongod, said, units_of};
use mongo_rs::lab::site::process;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::Path;

#[test]
fn a_newcomer_sees_both_verdicts_and_nothing_stays() {
    let Some(lab) = Lab::new() else { return };
    let reports = tempfile::tempdir().unwrap();
    interrupted_before_anything_is_there(&lab, reports.path());
    interrupted_half_way(&lab, reports.path());
    let output = demo(&lab, reports.path()).wait_with_output().unwrap();
    let all = said(&output);
    assert!(output.status.success(), "{all}");
    for part in [
        "one settled set after",
        "5 of 5 vote",
        "is the new primary, seen",
        "majority=true",
        "majority=false (w:1)",
        "$ lab destroy",
    ] {
        assert!(all.contains(part), "{part:?} is not in {all}");
    }
    for majority in [true, false] {
        let page = reports
            .path()
            .join(format!("majority-{majority}/index.html"));
        assert!(page.is_file(), "{} is missing", page.display());
    }
    assert_nothing_is_left(&lab.folder());
    assert!(!lab.folder().exists(), "the lab is still there");
    // Temporary files were beside the reports; also those of the deployment that was killed over them are gone.
    let there = std::fs::read_dir(reports.path()).unwrap().flatten();
    let mut there: Vec<_> = there.map(|entry| entry.file_name()).collect();
    there.sort();
    assert_eq!(there, ["majority-false", "majority-true"]);
}

fn demo(lab: &Lab, reports: &Path) -> std::process::Child {
    let words = [
        "demo",
        "--charm",
        &checkout().display().to_string(),
        "--resource",
        &format!("mongod={}", mongod().unwrap().display()),
        "--delay",
        "20",
        "--reports",
        &reports.display().to_string(),
    ];
    lab.start_with(&words, &[("TMPDIR", reports)])
}

/// By a key, while servers start: all that it had begun goes with it, and it can begin again.
fn interrupted_half_way(lab: &Lab, reports: &Path) {
    let demo = demo(lab, reports);
    lab.until("a server runs", 180, |status| {
        let active = |unit: &serde_json::Value| unit["workload-status"]["current"] == "active";
        units_of(status).values().any(active)
    });
    ends_at_once(lab, demo);
}

/// While its `lab deploy` looks at the charm.
fn interrupted_before_anything_is_there(lab: &Lab, reports: &Path) {
    let demo = demo(lab, reports);
    let folder = lab.folder().display().to_string();
    wait("the charm is looked at", || {
        let all = process::all().into_iter();
        let mut commands = all.map(|it| process::command_line(it.pid));
        commands.any(|it| it.contains(&folder) && it.contains(" deploy "))
    });
    ends_at_once(lab, demo);
}

fn ends_at_once(lab: &Lab, demo: std::process::Child) {
    kill(Pid::from_raw(demo.id().cast_signed()), Signal::SIGINT).unwrap();
    let output = demo.wait_with_output().unwrap();
    let all = said(&output);
    assert_eq!(output.status.code(), Some(1), "{all}");
    for part in ["interrupted by SIGINT", "$ lab destroy"] {
        assert!(all.contains(part), "{part:?} is not in {all}");
    }
    assert_nothing_is_left(&lab.folder());
    assert!(!lab.folder().exists(), "the lab is still there");
}
