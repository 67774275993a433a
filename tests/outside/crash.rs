//! Power that is lost for a while: it comes back by itself, whoever asked for it and whatever became of the controller.

use super::support::{Lab, said};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn power_that_is_lost_for_a_while_comes_back_by_itself() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    lab.lab(&[
        "deploy",
        &charm_that_does_nothing(directory.path()),
        "-n",
        "3",
    ]);
    until(&lab, "three machines", &|lab| all(lab) == "111");
    // Whoever typed it has gone before the power is back.
    let begun = Instant::now();
    let told = told(&lab, &["crash", "quiet/0", "--delay", "5"]);
    let begins = "quiet/0: power is off and comes back at 20";
    assert!(told.starts_with(begins), "{told}");
    assert_eq!(all(&lab), "011");
    assert!(off(&lab, 0).starts_with("power comes back at 20"));
    until(&lab, "by itself", &|lab| all(lab) == "111");
    let after = begun.elapsed().as_secs_f64();
    println!("crash --delay 5: up again {after:.1} s after it was typed");
    assert!((5.0..40.0).contains(&after), "{after}");
    // With the controller everything loses its power; the next one knows what is to stay off, and until when.
    lab.lab(&["crash", "quiet/0", "--delay", "3600"]);
    assert_eq!(
        self::told(&lab, &["crash", "quiet/1"]),
        "quiet/1: power is off; `lab boot quiet/1` switches it on\n"
    );
    let begun = Instant::now();
    lab.lab(&["crash", "quiet/2", "--delay", "5"]);
    lab.kill_controller();
    std::thread::sleep(Duration::from_secs(6).saturating_sub(begun.elapsed()));
    until(&lab, "what is overdue", &|lab| all(lab) == "001");
    assert!(off(&lab, 0).starts_with("power comes back at 20"));
    assert_eq!(off(&lab, 1), "");
    // A person may be earlier, or want it off for good.
    assert_eq!(
        self::told(&lab, &["boot", "quiet/0"]),
        "quiet/0: power is on again, and its machine boots\n"
    );
    until(&lab, "by hand", &|lab| all(lab) == "101");
    assert_eq!(
        self::told(&lab, &["boot", "quiet/0"]),
        "quiet/0: power was on already; nothing was changed\n"
    );
    lab.lab(&["crash", "quiet/0", "--delay", "2"]);
    lab.lab(&["crash", "quiet/0"]);
    lab.lab(&["crash", "quiet/2", "--delay", "4"]);
    until(&lab, "the later one alone", &|lab| all(lab) == "001");
    lab.lab(&["boot", "quiet/0"]);
    lab.lab(&["boot", "quiet/1"]);
    until(&lab, "all", &|lab| all(lab) == "111");
    for words in [&["--delay", "0"][..], &["--delay", "-1"]] {
        let refused = lab.run(&[&["crash", "quiet/0"], words].concat());
        assert!(!refused.status.success(), "{}", said(&refused));
    }
    assert_eq!(all(&lab), "111");
    removed_more_than_once(&lab);
}

/// A unit without power goes for as long as nobody forces it: asking again is no error.
fn removed_more_than_once(lab: &Lab) {
    lab.lab(&["crash", "quiet/0"]);
    for units in [&["quiet/0"][..], &["quiet/0"], &["quiet/0", "quiet/0"]] {
        let told = lab.lab(&[&["remove-unit"], units].concat());
        assert_eq!(told, "will remove unit quiet/0\n".repeat(units.len()));
    }
    let status = lab.status();
    let unit = &status["applications"]["quiet"]["units"]["quiet/0"];
    assert_eq!(unit["juju-status"]["life"], "dying", "{status}");
    let forced = [
        "remove-unit",
        "--force",
        "--wait",
        "30",
        "quiet/0",
        "quiet/1",
    ];
    let told = lab.lab(&forced);
    assert_eq!(told, "will remove unit quiet/0\nwill remove unit quiet/1\n");
    let gone = lab.run(&["remove-unit", "quiet/0"]);
    assert!(
        !gone.status.success() && said(&gone).contains("not found; there is quiet/2"),
        "{}",
        said(&gone)
    );
    // And an application of which no unit is left goes at once.
    lab.lab(&["remove-unit", "--force", "--wait", "30", "quiet/2"]);
    let told = lab.lab(&["remove-application", "quiet"]);
    assert_eq!(told, "will remove application quiet\n");
    assert_eq!(lab.status()["applications"], serde_json::json!({}));
}

/// What a command says about itself when it goes well.
fn told(lab: &Lab, words: &[&str]) -> String {
    let output = lab.run(words);
    assert!(output.status.success(), "{words:?}: {}", said(&output));
    String::from_utf8(output.stderr).unwrap()
}

fn charm_that_does_nothing(directory: &Path) -> String {
    let metadata = "name: quiet\nsummary: s\ndescription: d\n";
    std::fs::write(directory.join("metadata.yaml"), metadata).unwrap();
    let dispatch = directory.join("dispatch");
    std::fs::write(&dispatch, "#!/bin/sh\nstatus-set active\n").unwrap();
    std::fs::set_permissions(&dispatch, std::fs::Permissions::from_mode(0o755)).unwrap();
    directory.display().to_string()
}

fn machine(status: &Value, n: usize) -> &Value {
    &status["machines"][n.to_string()]
}

/// `011`: which machines are on.
fn all(lab: &Lab) -> String {
    let status = lab.status();
    let on = |n| machine(&status, n)["juju-status"]["current"] == "started";
    (0..3).map(|n| if on(n) { '1' } else { '0' }).collect()
}

/// What is said of a machine that is off.
fn off(lab: &Lab, n: usize) -> String {
    let status = lab.status();
    let message = &machine(&status, n)["machine-status"]["message"];
    message.as_str().unwrap_or_default().to_owned()
}

fn until(lab: &Lab, what: &str, holds: &dyn Fn(&Lab) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds(lab) {
        assert!(Instant::now() < deadline, "{what}: {}", all(lab));
        std::thread::sleep(Duration::from_millis(100));
    }
}
