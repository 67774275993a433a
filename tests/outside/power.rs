//! Machines that lose their power at each step of coming and of going, while a client writes: one right set at the end.

use super::client::{client, stop};
use super::support::{Lab, QUICK, charm_started_by, text, units_of};
use serde_json::json;
use std::io::{BufRead as _, BufReader};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A `dispatch` that holds the agent for a second when it names something new, so that the power goes before that is
/// done. It is told with `juju-log`, because what a wake-up prints comes into the log at its end only. The last hook
/// names nothing but its status before it cleans up.
const HOLDER: &str = r#"#!/bin/bash
[ -n "$JUJU_ACTION_NAME" ] && exec ./bin/mongo-rs
log=/var/tmp/held; touch $log
lines=$(mktemp -u); mkfifo $lines
./bin/mongo-rs 2>$lines & agent=$!
while IFS= read -r line; do
    kill -STOP $agent
    echo "$line" >&2
    step=${line#* INFO }
    [ "$JUJU_DISPATCH_PATH" = hooks/remove ] && step="clean up: $step"
    case $step in waiting:*|active:*|maintenance:*|blocked:*) new= ;; *) new=yes ;; esac
    if [ $new ] && ! grep -qxF -- "$step" $log; then
        echo "$step" >>$log
        juju-log "held at $step"
        sleep 1
    fi
    kill -CONT $agent
done <$lines
rm -f $lines
wait $agent
"#;

/// Who is to lose its power at a step.
#[derive(Clone, Copy, Debug)]
enum Victim {
    /// Who takes the step.
    Doer,
    /// The first unit that it names.
    Named,
}
use Victim::{Doer, Named};

#[test]
fn power_lost_at_each_step_of_coming_and_going_makes_one_set_and_loses_nothing() {
    let Some(lab) = Lab::new() else { return };
    let directory = tempfile::tempdir().unwrap();
    let charm = charm_started_by(HOLDER, directory.path());
    lab.deploy_from(&charm, "1", QUICK);
    lab.settled(1, 1);
    let history = lab.home().join("history.jsonl");
    let writing = client(&lab, &history, &[]);

    let joining = [
        ("install mongod", Doer),
        ("write mongod.conf", Doer),
        ("start mongod", Doer),
        ("start the observer", Doer),
        ("add mongo-rs/", Named),
        // Once who gets it, and once the leader, which is in the set.
        ("a vote (config", Named),
        ("a vote (config", Doer),
    ];
    struck(&lab, &["add-unit", "mongo-rs", "-n", "2"], &joining, (3, 3));

    let (primary, leader) = (primary(&lab), lab.lab(&["leader"]).trim().to_owned());
    let units = units_of(&lab.status());
    let mut secondaries = units.keys().filter(|unit| **unit != primary);
    let secondary = secondaries.find(|unit| **unit != leader).unwrap();
    let leaving = [
        ("stop the observer", Doer),
        ("out (config", Doer),
        ("stop mongod", Doer),
        ("clean up", Doer),
        // Of the two that stay one goes on without.
        ("'s vote (config", Named),
    ];
    struck(&lab, &["remove-unit", secondary], &leaving, (2, 1));

    let passing_on = [
        ("a vote (config", Doer),
        ("hand over", Doer),
        ("out (config", Doer),
        ("stop mongod", Doer),
    ];
    let primary = self::primary(&lab);
    struck(&lab, &["remove-unit", &primary], &passing_on, (1, 1));

    let (code, report) = stop(writing);
    assert_eq!(
        (code, &report["verdict"], &report["lost"]),
        (Some(0), &json!("valid"), &json!(0)),
        "{report}"
    );
}

#[test]
fn power_that_is_lost_while_a_machine_boots_is_lost() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("1", QUICK);
    lab.settled(1, 1);
    let unit = "mongo-rs/0";
    let losses = || {
        let log = std::fs::read_to_string(lab.folder().join("debug.log")).unwrap();
        log.matches("machine 0 lost power").count()
    };
    for command in ["crash", "boot", "crash"] {
        lab.lab(&[command, unit]);
    }
    lab.until("it is off for the second time", 30, |_| losses() == 2);
    assert!(!lab.run(&["ssh", unit, "true"]).status.success());
    // And when it comes back before that boot has ended, there is one machine, not two.
    for command in ["boot", "crash", "boot"] {
        lab.lab(&[command, unit]);
    }
    lab.settled(1, 1);
    assert!(lab.run(&["ssh", unit, "true"]).status.success());
}

fn primary(lab: &Lab) -> String {
    text(&lab.action("mongo-rs/leader", &["primary"]), "unit").to_owned()
}

/// Runs a command, takes the power away at the first sight of each of these steps, and waits until the set has so many units
/// and votes.
fn struck(
    lab: &Lab,
    command: &[&str],
    steps: &[(&'static str, Victim)],
    (units, votes): (usize, usize),
) {
    let begun = Instant::now();
    let mut log = BufReader::new(std::fs::File::open(lab.folder().join("debug.log")).unwrap());
    std::io::copy(&mut log, &mut std::io::sink()).unwrap();
    lab.lab(command);
    let (mut left, mut line) = (steps.to_vec(), String::new());
    let one_by_one = &Mutex::new(());
    std::thread::scope(|scope| {
        let mut cuts = Vec::new();
        let mut looked = begun;
        loop {
            while log.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                if let Some((step, unit)) = due(&line, &mut left) {
                    println!("{:5.1} s {unit} at {step:?}", begun.elapsed().as_secs_f64());
                    cuts.push(scope.spawn(move || {
                        let _turn = one_by_one.lock().unwrap();
                        lab.lab(&["crash", &unit]);
                        lab.lab(&["boot", &unit]);
                    }));
                }
                line.clear();
            }
            std::thread::sleep(Duration::from_millis(10));
            if looked.elapsed() < Duration::from_millis(500)
                || !cuts.iter().all(|it| it.is_finished())
            {
                continue;
            }
            let status = lab.status();
            // A person who resolves each error at once, so that nothing waits for Juju's next try.
            for (name, unit) in units_of(&status) {
                if unit["workload-status"]["current"] == "error" {
                    lab.run(&["resolve", &name]);
                }
            }
            if Lab::is_settled(&status, units, votes) {
                break;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(150),
                "{command:?} does not end; left to strike: {left:?}\n{}\n{}",
                lab.lab(&["status"]),
                lab.lab(&["debug-log", "-n", "150"])
            );
            looked = Instant::now();
        }
    });
    println!(
        "{:5.1} s {command:?} is done",
        begun.elapsed().as_secs_f64()
    );
    assert!(left.is_empty(), "no power was lost at {left:?}");
}

/// At which step, of those that are left, what unit is to lose its power at what a line of the log tells.
fn due(line: &str, left: &mut Vec<(&'static str, Victim)>) -> Option<(&'static str, String)> {
    let (before, told) = line.split_once("held at ")?;
    let place = left.iter().position(|(step, _)| told.contains(step))?;
    let (step, victim) = left.remove(place);
    let text = match victim {
        Doer => before,
        Named => told,
    };
    let (_, rest) = text.split_once("mongo-rs/")?;
    let digits = rest.find(|it: char| !it.is_ascii_digit())?;
    Some((step, format!("mongo-rs/{}", &rest[..digits])))
}
