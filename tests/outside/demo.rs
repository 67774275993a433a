//! The newcomer's first minutes, with a shorter cut: what `make demo` runs.

use super::support::{Lab, checkout, mongod, said};

#[test]
fn a_newcomer_sees_both_verdicts_and_nothing_stays() {
    let Some(lab) = Lab::new() else { return };
    let reports = tempfile::tempdir().unwrap();
    let output = lab.run(&[
        "demo",
        "--charm",
        &checkout().display().to_string(),
        "--resource",
        &format!("mongod={}", mongod().unwrap().display()),
        "--delay",
        "20",
        "--reports",
        &reports.path().display().to_string(),
    ]);
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
    assert!(!lab.folder().exists(), "the lab is still there");
}
