//! What a person types: the lab as `juju`, other Jujus, charms that cannot be, two labs, and the charm's own commands.

use super::support::{Lab, QUICK, checkout, said, text, units_of};
use serde_json::Value;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn two_labs_stand_for_two_jujus_side_by_side() {
    let Some(lab) = Lab::new() else { return };
    let other = lab.another();
    let packed = lab.home().join("mongo-rs.charm").display().to_string();
    lab.lab(&["pack", &checkout().display().to_string(), &packed]);
    let refused = lab.run(&[
        "deploy",
        &checkout().display().to_string(),
        "--profile",
        "4.0",
    ]);
    assert!(
        !refused.status.success() && said(&refused).contains("packed"),
        "{}",
        said(&refused)
    );
    assert!(!lab.folder().exists(), "a refused lab is left behind");
    lab.deploy_from(&packed, "1", &[QUICK, &["--profile", "4.0"]].concat());
    // What is refused later leaves the lab as it is.
    let again = lab.run(&["deploy", &packed, "--profile", "4.0"]);
    assert!(
        !again.status.success() && said(&again).contains("application already exists"),
        "{}",
        said(&again)
    );
    other.deploy("2", &[QUICK, &["--profile", "2.9"]].concat());
    lab.settled(1, 1);
    other.settled(2, 1);
    // As `juju`, in the words of 2.9 and of 3 and 4.
    let juju = lab.home().join("juju");
    symlink(env!("CARGO_BIN_EXE_lab"), &juju).unwrap();
    let as_juju = |home: &Lab, words: &[&str]| {
        let output = Command::new(&juju)
            .env("LAB_HOME", home.folder())
            .args(words)
            .output()
            .unwrap();
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        said(&output)
    };
    let new = as_juju(&lab, &["run", "mongo-rs/0", "primary"]);
    assert!(new.contains("primary: 10.61.0.10:27017"), "{new}");
    let old = as_juju(
        &other,
        &["run-action", "mongo-rs/0", "primary", "--wait=1m"],
    );
    assert!(
        old.contains("status: completed") && old.contains("primary: 10.61.0.1"),
        "{old}"
    );
    let queued = as_juju(&other, &["run-action", "mongo-rs/1", "heal"]);
    let id = queued.trim().strip_prefix("Action queued with id: ");
    let id = id.unwrap_or_else(|| panic!("{queued}")).trim_matches('"');
    other.until("the queued action has ended", 60, |_| {
        as_juju(&other, &["show-action-output", id]).contains("status: completed")
    });
    as_the_guide_for_2_9_types_it(&other, &as_juju);
    assert!(as_juju(&other, &["status"]).contains("mongo-rs/1"));
    let mut outside = lab.start(&["client", "--", "sleep", "3600"]);
    a_demo_leaves_a_lab_alone_that_is_there(&lab);
    lab.lab(&["destroy"]);
    let deadline = Instant::now() + Duration::from_secs(30);
    while outside.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "a client outlives its lab");
        std::thread::sleep(Duration::from_millis(100));
    }
    other.settled(2, 1);
    for _ in ["once", "again"] {
        let removed = as_juju(&other, &["remove-unit", "mongo-rs/1"]);
        assert_eq!(removed, "removing unit mongo-rs/1\n");
    }
}

fn as_the_guide_for_2_9_types_it(other: &Lab, as_juju: &dyn Fn(&Lab, &[&str]) -> String) {
    for (words, parts) in [
        (
            &["partition", "scope=unit", "delay=5"][..],
            &["outcome: installed", "heals-at: "][..],
        ),
        (&["heal"], &["was-in-place: "]),
        (
            &["write-test", "count=20"],
            &["verdict: valid", "actual-len: '20'"],
        ),
    ] {
        let words = [&["run-action", "mongo-rs/0"], words, &["--wait=2m"]].concat();
        let said = as_juju(other, &words);
        let all = parts.iter().all(|part| said.contains(part));
        assert!(all && said.contains("status: completed"), "{said}");
    }
    let why = other.run(&[
        "run-action",
        "mongo-rs/0",
        "partition",
        "delay=0",
        "--wait=1m",
    ]);
    assert!(
        !why.status.success() && said(&why).contains("delay"),
        "{}",
        said(&why)
    );
}

fn a_demo_leaves_a_lab_alone_that_is_there(lab: &Lab) {
    let charm = checkout().display().to_string();
    let demo = lab.run(&["demo", "--charm", &charm, "--resource", "mongod=/bin/true"]);
    let why = said(&demo);
    assert!(
        !demo.status.success() && why.contains("there is a lab at"),
        "{why}"
    );
    let missing = lab.run(&[
        "demo",
        "--charm",
        "/nonexistent",
        "--resource",
        "mongod=/bin/true",
    ]);
    assert!(!missing.status.success());
    assert!(!units_of(&lab.status()).is_empty(), "it is gone");
}

#[test]
fn a_command_that_the_lab_does_not_know_is_a_plugin_or_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let says = "#!/bin/sh\necho \"$0: $LAB_HOME: $*\"\nexit 7\n";
    for name in ["juju-hello", "juju-status"] {
        let script = folder.path().join(name);
        std::fs::write(&script, says).unwrap();
        std::fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    }
    let juju = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command.args(["--home", "/nonexistent/lab"]).args(words);
        command.env("PATH", folder.path()).output().unwrap()
    };
    // Its `juju` would be another one, or none: the orders are not for whatever that is.
    let elsewhere = juju(&["hello"]);
    assert_eq!(elsewhere.status.code(), Some(1), "{}", said(&elsewhere));
    assert!(
        said(&elsewhere).contains("there is none on PATH"),
        "{}",
        said(&elsewhere)
    );
    symlink(env!("CARGO_BIN_EXE_lab"), folder.path().join("juju")).unwrap();
    let hello = juju(&["hello", "--home", "x", "-n", "two words"]);
    let told = "juju-hello: /nonexistent/lab: --home x -n two words\n";
    assert!(said(&hello).ends_with(told), "{}", said(&hello));
    assert_eq!(hello.status.code(), Some(7));
    let own = juju(&["status"]);
    assert!(own.status.success(), "{}", said(&own));
    for words in [
        &["nonsense"][..],
        &["help", "hello"],
        &["--nonsense", "hello"],
    ] {
        let wrong = juju(words);
        assert_eq!(wrong.status.code(), Some(2), "{words:?}: {}", said(&wrong));
        assert!(said(&wrong).contains("error: un"), "{}", said(&wrong));
    }
}

#[test]
fn what_a_person_runs_on_a_unit_and_watches_from_outside() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("2", QUICK);
    lab.settled(2, 1);
    let program = "/var/lib/juju/agents/unit-mongo-rs-1/charm/bin/mongo-rs";
    let on = |words: &[&str]| lab.run(&[&["ssh", "mongo-rs/1", program], words].concat());
    let all_went_well = |words: &[&str], wanted: &str| {
        let output = on(words);
        assert!(
            output.status.success() && said(&output).contains(wanted),
            "{words:?}: {}",
            said(&output)
        );
    };
    let mut watching = lab.start(&[
        "client",
        "--",
        &checkout().join("bin/mongo-rs").display().to_string(),
        "primary",
        "--url",
        "10.61.0.11",
        "--watch",
    ]);
    all_went_well(&["faults"], "in place: nothing");
    all_went_well(&["partition", "--delay", "600"], "cut-off:  10.61.0.10");
    all_went_well(&["faults"], "10.61.0.10 cut off for 59");
    let again = on(&["partition"]);
    assert!(
        !again.status.success() && said(&again).contains("a partition is in place for 59"),
        "{}",
        said(&again)
    );
    all_went_well(&["heal"], "was in place: 10.61.0.10 cut off");
    all_went_well(&["heal"], "was in place: nothing");
    // What an action holds is told and ended, too.
    lab.action("mongo-rs/1", &["pause", "delay=600"]);
    all_went_well(&["faults"], "in place: pause for 59");
    all_went_well(&["heal"], "was in place: pause for 59");
    all_went_well(&["faults"], "in place: nothing");
    lab.action("mongo-rs/1", &["heal"]);
    let zero = on(&["partition", "--delay", "0"]);
    assert!(said(&zero).contains("--delay"), "{}", said(&zero));
    in_jupsens_words(&lab);
    what_would_be_done(&lab);
    what_clients_connect_to(&lab);
    // The primary's machine goes and comes: the watcher says both.
    let results = lab.action("mongo-rs/1", &["primary"]);
    let (unit, primary) = (
        results["unit"].as_str().unwrap(),
        results["primary"].as_str().unwrap(),
    );
    lab.lab(&["crash", unit]);
    lab.until("the primary is away", 60, |status| {
        units_of(status)[unit]["juju-status"]["current"] == "lost"
    });
    lab.lab(&["boot", unit]);
    lab.settled(2, 1);
    watching.kill().unwrap();
    let seen = said(&watching.wait_with_output().unwrap());
    let before = format!("primary {primary} (term 1)");
    for line in [&before[..], "no primary", "(term 2)"] {
        assert!(seen.contains(line), "{line} is not in:\n{seen}");
    }
}

/// Any unit writes down all that the leader goes by, and the plan of that is the leader's.
fn what_would_be_done(lab: &Lab) {
    let look = "./bin/mongo-rs observe --once";
    let text = lab.lab(&["exec", "--unit", "mongo-rs/1", "--", look]);
    let mut file: Value = serde_json::from_str(&text).unwrap();
    let unit = |address: &str| serde_json::json!({"address": address, "zone": "lab"});
    let units = serde_json::json!({
        "mongo-rs/0": unit("10.61.0.10:27017"), "mongo-rs/1": unit("10.61.0.11:27017"),
    });
    assert_eq!(file["units"], units, "{text}");
    assert_eq!(file["election-timeout-ms"], 2000, "{text}");
    assert_eq!(file["health"]["mongo-rs/0"]["up"], true, "{text}");
    let path = lab.home().join("situation.json");
    let plan = |file: &Value| {
        std::fs::write(&path, file.to_string()).unwrap();
        said(&lab.control_node(&["plan", &path.display().to_string()]))
    };
    assert_eq!(plan(&file), "nothing to do\n");
    // Both are to vote, and neither has only just come.
    file["two-voters"] = true.into();
    file["health"] = serde_json::json!({});
    let both = plan(&file);
    assert!(both.contains("a vote (config"), "{both}");
    // On the unit, but not started by Juju: the set tells what it can.
    let program = "/var/lib/juju/agents/unit-mongo-rs-1/charm/bin/mongo-rs";
    let alone = lab.lab(&["ssh", "mongo-rs/1", program, "observe", "--once"]);
    let alone: Value = serde_json::from_str(&alone).unwrap();
    let address = &alone["units"]["mongo-rs/1"]["address"];
    assert_eq!(*address, "10.61.0.11:27017", "{alone}");
    assert!(alone["units"]["mongo-rs/1"]["zone"].is_null(), "{alone}");
}

fn what_clients_connect_to(lab: &Lab) {
    let members = ["10.61.0.10:27017", "10.61.0.11:27017"];
    let url = |seeds: &str| format!("mongodb://{seeds}/?replicaSet=mongo-rs");
    let all = lab.action("mongo-rs/0", &["connection-url"]);
    let named = text(&all, "members");
    assert!(members.iter().all(|member| named.contains(member)), "{all}");
    assert_eq!(text(&all, "url"), url(named));
    assert!(members.contains(&text(&all, "seed")), "{all}");
    let any = lab.action("mongo-rs/1", &["connection-url", "any=true"]);
    assert_eq!(text(&any, "url"), url(text(&any, "seed")));
    let found = said(&lab.control_node(&["url", "--url", text(&any, "url")]));
    // The same, in whatever order.
    assert!(
        members.iter().all(|member| found.contains(member)),
        "{found}"
    );
    assert_eq!(found.len(), url(named).len() + 1, "{found}");
}

/// The plugin for Juju, with the lab in Juju's place.
fn in_jupsens_words(lab: &Lab) {
    let plugin = |words: &[&str]| lab.plugin(words, &[("DELAY", "120")]);
    let cut = plugin(&["part", "mongo-rs/1", "mongo-rs/0"]);
    assert!(
        cut.contains("outcome: installed") && cut.contains("links: '1'"),
        "{cut}"
    );
    let here = lab.lab(&["ssh", "mongo-rs/1", "nft", "list", "ruleset"]);
    assert!(
        here.contains("drop_in") && !here.contains("drop_out"),
        "{here}"
    );
    assert!(plugin(&["show"]).contains("(partition)"));
    plugin(&["heal", "mongo-rs/1", "mongo-rs/0"]);
    assert!(plugin(&["flaky", "mongo-rs/0"]).contains("loss: 20 %"));
    plugin(&["fix"]);
    // Not every kernel can do that.
    let slow = lab.try_plugin(&["slow", "mongo-rs/0"], &[]);
    let (well, said) = (slow.status.success(), said(&slow));
    let what = ["sch_netem", "outcome: installed"][usize::from(well)];
    assert!(
        said.contains("latency: 50 ms") && said.contains(what),
        "{said}"
    );
    plugin(&["fix"]);
    lab.settled(2, 1);
    assert_eq!(
        lab.lab(&["ssh", "mongo-rs/1", "nft", "list", "ruleset"]),
        ""
    );
}

#[test]
fn a_lab_keeps_nothing_of_what_its_caller_had_open() {
    let Some(lab) = Lab::new() else { return };
    let lock = lab.home().join("lock");
    let locked = |words: &[&std::ffi::OsStr]| {
        let mut command = Command::new("flock");
        command.arg("-n").arg(&lock).args(words);
        command.stdin(Stdio::null()).output().unwrap()
    };
    let folder = lab.folder();
    let program = env!("CARGO_BIN_EXE_lab").as_ref();
    let words = ["client", "--", "true"].map(std::ffi::OsStr::new);
    let started = locked(
        &[
            &[program, "--home".as_ref(), folder.as_os_str()],
            &words[..],
        ]
        .concat(),
    );
    assert!(started.status.success(), "{}", said(&started));
    let again = locked(&["true".as_ref()]);
    assert!(again.status.success(), "the lab holds its caller's lock");
}

#[test]
fn charms_that_cannot_be_are_refused_with_all_their_reasons() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let files = [
        (
            "metadata.yaml",
            "name: odd\nsummary: s\ndescription: d\npeers: {mates: {interface: i}}\n",
        ),
        (
            "dispatch",
            "#!/bin/sh\nresource-get mongod\nrelation-ids replicas\n",
        ),
        ("hooks/replicas-relation-joined", ""),
        ("actions/heal", ""),
    ];
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let output = Command::new("chmod")
        .arg("+x")
        .arg(directory.path().join("dispatch"))
        .stdout(Stdio::null())
        .status();
    assert!(output.unwrap().success());
    let refused = lab.run(&["deploy", &directory.path().display().to_string()]);
    let why = said(&refused);
    assert!(!refused.status.success(), "{why}");
    for reason in [
        r#"hooks/replicas-relation-joined: it is for the relation "replicas", which metadata.yaml does not declare"#,
        r#"actions/heal: it is for the action "heal", which actions.yaml does not declare"#,
        "dispatch: it calls `resource-get`, but metadata.yaml declares no resource",
    ] {
        assert!(why.contains(reason), "{reason} is not in:\n{why}");
    }
    // One that can be, asked for with what it does not have.
    std::fs::remove_dir_all(directory.path().join("hooks")).unwrap();
    std::fs::remove_dir_all(directory.path().join("actions")).unwrap();
    std::fs::write(directory.path().join("dispatch"), "#!/bin/sh\n").unwrap();
    let charm = directory.path().display().to_string();
    for (words, reason) in [
        (&["--config", "color=red"][..], r#"unknown option "color""#),
        (&["--storage", "data"], r#"has no storage called "data""#),
        (&["--resource", "x=/dev/null"], "there is no file /dev/null"),
        (
            &["--resource", "x=/etc/passwd"],
            r#"unrecognized resource "x""#,
        ),
        (&["No-Name"], "No-Name"),
    ] {
        let refused = lab.run(&[&["deploy", &charm], words].concat());
        assert!(!refused.status.success(), "{words:?}: {}", said(&refused));
        assert!(
            said(&refused).contains(reason),
            "{words:?}: {}",
            said(&refused)
        );
    }
    assert!(!lab.folder().exists(), "a refused lab is left behind");
    nothing_is_there(&lab);
    assert!(!lab.folder().exists(), "looking has made a lab");
}

/// A lab that was never made is shown as a model with nothing in it, and is not made by that.
fn nothing_is_there(lab: &Lab) {
    for (words, told) in [
        (&["status"][..], "Model \"lab\" is empty."),
        (&["status", "mongo-rs"], "Nothing matched specified filter."),
        (&["status", "--format", "json"], "Model \"lab\" is empty."),
    ] {
        let output = lab.run(words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        assert!(stderr.starts_with(told), "{words:?}: {}", said(&output));
    }
    assert_eq!(lab.status()["model"]["name"], "lab");
}
