//! Faults on five real units: each does what it says, nothing else, and is gone when its time is over.

use super::support::{Lab, QUICK, checkout, said, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const UNITS: usize = 5;

#[test]
fn every_fault_bites_spares_all_else_and_leaves_nothing() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    // Somebody else's firewall, by nft and by both kinds of iptables, which must stay as it is.
    let theirs = "set -e; nft add table inet theirs; nft 'add chain inet theirs input { type filter hook input priority 0; }'; \
                  nft add rule inet theirs input ip saddr 192.0.2.1 counter drop; \
                  iptables-nft -A INPUT -s 192.0.2.2 -j DROP; iptables-legacy -A INPUT -s 192.0.2.3 -j DROP";
    on(&lab, 2, theirs);
    // And on another unit a firewall as most people set one up.
    // Of an ordinary user it says that its files are somebody else's, and refuses.
    let ufw = nix::unistd::geteuid().is_root();
    let command = match ufw {
        true => "ufw default allow incoming && ufw deny from 192.0.2.4 && ufw --force enable",
        false => "true",
    };
    on(&lab, 1, command);
    let before = traces(&lab);
    every_shape_cuts_its_links_and_no_other(&lab);
    mongods_traffic_is_cut_and_other_traffic_passes(&lab);
    packets_are_lost_and_limited(&lab);
    servers_die_stand_still_and_stop(&lab);
    a_disk_is_filled_and_given_back(&lab);
    a_drill_as_in_jupsens_guide(&lab);
    until_nothing_is_left(&lab, &before);
    for (n, there) in [
        (2, "192.0.2.1 counter"),
        (2, "192.0.2.2 counter"),
        (2, "192.0.2.3/32 -j DROP"),
        (1, "192.0.2.4 counter"),
        (1, "Status: active"),
    ] {
        if n == 1 && !ufw {
            println!("skipped: ufw beside the faults, which only root can set up");
            continue;
        }
        assert!(before[n].contains(there), "{there}: {}", before[n]);
    }
}

#[test]
fn a_fault_that_is_refused_leaves_nothing() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("5", QUICK);
    lab.settled(5, 5);
    let before = traces(&lab);
    without_a_primary_there_is_nobody_to_cut_off(&lab);
    what_makes_no_sense_or_is_forbidden_changes_nothing(&lab);
    until_nothing_is_left(&lab, &before);
    a_clock_that_is_ahead_is_said(&lab);
    what_is_healed_stays_healed_when_its_healer_leaves(&lab);
}

fn a_clock_that_is_ahead_is_said(lab: &Lab) {
    // What mongo-rs/3 would have written if its clock were an hour ahead; its next hook writes another.
    let ahead = r#"
relation=$(relation-ids replicas)
content=$(relation-get -r $relation content $JUJU_UNIT_NAME)
relation-set -r $relation "content=$(python3 -c '
import json, sys, time
data = json.loads(sys.argv[1])
data["acknowledged"] = {"x": {"outcome": "installed", "at-ms": int((time.time() + 3600) * 1000)}}
print(json.dumps(data))' "$content")""#;
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        lab.lab(&["exec", "--unit", "mongo-rs/3", ahead]);
        let seen = lab.action("mongo-rs/0", &["faults"]);
        let said = seen["clocks"].as_str().unwrap_or_default();
        if said.contains("mongo-rs/3 is at least 35") && said.contains("s ahead of mongo-rs/0") {
            return;
        }
        assert!(Instant::now() < deadline, "{seen}");
    }
}

fn what_is_healed_stays_healed_when_its_healer_leaves(lab: &Lab) {
    lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=3600"]);
    lab.action("mongo-rs/4", &["heal"]);
    lab.settled(5, 5);
    lab.lab(&["remove-unit", "mongo-rs/4"]);
    lab.settled(4, 3);
    for n in 0..4 {
        assert!(!is_cut(lab, n), "mongo-rs/{n}");
    }
}

pub fn unit(n: usize) -> String {
    format!("mongo-rs/{n}")
}

pub fn on(lab: &Lab, n: usize, command: &str) -> String {
    lab.lab(&["ssh", &unit(n), command])
}

fn traces(lab: &Lab) -> Vec<String> {
    (0..UNITS).map(|n| traces_on(lab, n)).collect()
}

/// All that a fault could leave behind: firewall, queues, notes, watchdogs, files beside the data, servers that do not run.
pub fn traces_on(lab: &Lab, n: usize) -> String {
    // Without counts: those of another's rules go on counting.
    let command = "nft -s list ruleset; iptables-legacy -S; ufw status verbose; sha256sum /etc/ufw/*; tc qdisc show; ls /var/lib/mongo-rs/faults 2>/dev/null | grep -v lock; \
                   pgrep -af end-faults | grep -v pgrep; ls /var/lib/mongodb | grep fill; ps -o stat= -C mongod | cut -c1; true";
    on(lab, n, command).replace("pgrep -af end-faults", "")
}

fn until_nothing_is_left(lab: &Lab, before: &[String]) {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let now = traces(lab);
        if now == before {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "left:\n{now:#?}\nbefore:\n{before:#?}"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// To whom each unit can open a connection: on mongod's port, or on a port of a service that is none of ours.
fn reached(lab: &Lab, port: u16) -> BTreeMap<usize, BTreeSet<usize>> {
    let from = |n: usize| {
        let tries = format!(
            "for to in 0 1 2 3 4; do (timeout 1 bash -c \"</dev/tcp/10.61.0.1$to/{port}\" 2>/dev/null && echo $to) & done; wait"
        );
        let said = on(lab, n, &tries);
        let others = said
            .lines()
            .map(|line| line.trim().parse::<usize>().unwrap());
        (n, others.filter(|to| *to != n).collect())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..UNITS).map(|n| scope.spawn(move || from(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Whoever is outside and the controller must reach every unit whatever is cut: the server, and the port of ssh.
fn the_way_in_is_open(lab: &Lab) {
    for n in 0..UNITS {
        let both = format!("</dev/tcp/10.61.0.1{n}/27017 && </dev/tcp/10.61.0.1{n}/22");
        lab.lab(&["client", "--", "timeout", "2", "bash", "-c", &both]);
        on(lab, n, "nft list table inet theirs >/dev/null 2>&1 || true");
    }
}

fn heal(lab: &Lab) {
    lab.action("mongo-rs/1", &["heal"]);
    until_nobody_is_cut(lab);
}

fn is_cut(lab: &Lab, n: usize) -> bool {
    on(lab, n, "nft list tables").contains("mongo_rs")
}

fn until_cut(lab: &Lab, n: usize, cut: bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while is_cut(lab, n) != cut {
        assert!(Instant::now() < deadline, "mongo-rs/{n} cut: {}", !cut);
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn until_nobody_is_cut(lab: &Lab) {
    for n in 0..UNITS {
        until_cut(lab, n, false);
    }
}

fn a_hook_runs(lab: &Lab, n: usize) {
    let hook = "JUJU_DISPATCH_PATH=hooks/update-status ./dispatch";
    lab.lab(&["exec", "--unit", &unit(n), hook]);
}

/// Waits until a unit knows of a fault that another one was asked for: Juju runs an action before the hook that tells of
/// another unit's databag.
pub fn until_heard_of(lab: &Lab, n: usize, asked: &Value) {
    let id = text(asked, "id");
    lab.until("another unit has heard of it", 60, |_| {
        text(&lab.action(&unit(n), &["faults"]), "asked-for").contains(id)
    });
}

/// Waits until who reaches whom is as expected: the units that were not asked follow within a few seconds.
fn until_reached(lab: &Lab, what: &str, port: u16, expected: &dyn Fn(usize, usize) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    let expected: BTreeMap<usize, BTreeSet<usize>> = (0..UNITS)
        .map(|n| {
            (
                n,
                (0..UNITS)
                    .filter(|to| *to != n && expected(n, *to))
                    .collect(),
            )
        })
        .collect();
    loop {
        let seen = reached(lab, port);
        if seen == expected {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{what}: {seen:?}, not {expected:?}"
        );
    }
}

fn groups(results: &Value) -> Vec<BTreeSet<usize>> {
    let group = |n: usize| {
        let names = results[format!("group-{n}")].as_str()?;
        Some(
            names
                .split(',')
                .map(|name| name[9..].parse().unwrap())
                .collect(),
        )
    };
    (1..=UNITS).map_while(group).collect()
}

fn every_shape_cuts_its_links_and_no_other(lab: &Lab) {
    services_of_others_run(lab);
    for words in [
        &["shape=primary-pair"][..],
        &["shape=primary-alone"],
        &["shape=minority"],
        &["shape=halves"],
        &["shape=no-majority"],
        &["shape=majorities-ring"],
        &["shape=bridge"],
        &["shape=random", "seed=7"],
        &["groups=0,1/2,3"],
        &["from=mongo-rs/1", "to=mongo-rs/3"],
    ] {
        let cut = lab.action("mongo-rs/0", &[&["partition", "delay=120"], words].concat());
        assert_eq!(text(&cut, "outcome"), "installed", "{words:?}: {cut}");
        let groups = groups(&cut);
        let together = |from: usize, to: usize| -> bool {
            match words[0] {
                "shape=majorities-ring" => matches!(from.abs_diff(to), 1 | 4),
                // The third is the one that hears both.
                "shape=bridge" => {
                    groups[2].contains(&from)
                        || groups[2].contains(&to)
                        || groups.iter().any(|g| g.contains(&from) && g.contains(&to))
                }
                "groups=0,1/2,3" => {
                    from == 4
                        || to == 4
                        || groups.iter().any(|g| g.contains(&from) && g.contains(&to))
                }
                // Of a connection both ways are needed.
                "from=mongo-rs/1" => (from, to) != (1, 3) && (from, to) != (3, 1),
                _ => groups.iter().any(|g| g.contains(&from) && g.contains(&to)),
            }
        };
        until_reached(lab, words[0], 27017, &together);
        the_way_in_is_open(lab);
        heal(lab);
    }
    until_reached(lab, "healed", 27017, &|_, _| true);
}

/// Something on the port of ssh, and on another one.
fn services_of_others_run(lab: &Lab) {
    for (n, port) in (0..UNITS).flat_map(|n| [(n, 22), (n, 8080)]) {
        let serve = format!("setsid python3 -m http.server {port} >/dev/null 2>&1 </dev/null &");
        on(lab, n, &serve);
    }
    for port in [22, 8080] {
        until_reached(lab, "what is not ours", port, &|_, _| true);
    }
}

fn mongods_traffic_is_cut_and_other_traffic_passes(lab: &Lab) {
    let words = [
        "partition",
        "groups=0,1,2,3/4",
        "traffic=mongod",
        "delay=120",
    ];
    lab.action("mongo-rs/0", &words);
    until_reached(lab, "mongod's port", 27017, &|from, to| {
        from != 4 && to != 4
    });
    until_reached(lab, "the other service", 8080, &|_, _| true);
    heal(lab);
    for n in 0..UNITS {
        on(lab, n, "pkill -f 'http[.]server' || true");
    }
}

fn packets_are_lost_and_limited(lab: &Lab) {
    let lossy = lab.action(
        "mongo-rs/0",
        &["flaky", "loss=100", "scope=unit", "delay=120"],
    );
    until_reached(lab, "all is lost on the way in", 27017, &|from, to| {
        from != 0 && to != 0
    });
    until_heard_of(lab, 1, &lossy);
    let again = lab.refused("mongo-rs/1", &["flaky"]);
    assert!(
        again.contains("flaky") && again.contains("s more"),
        "{again}"
    );
    // Another kind composes with it.
    lab.action("mongo-rs/0", &["partition", "groups=1/2,3,4", "delay=120"]);
    until_reached(lab, "both", 27017, &|from, to| from > 1 && to > 1);
    lab.action("mongo-rs/0", &["heal", "faults=flaky"]);
    until_reached(lab, "the partition alone", 27017, &|from, to| {
        from == 0 || to == 0 || (from != 1 && to != 1)
    });
    // An earlier heal holds when a later one of the same unit names another kind.
    lab.action("mongo-rs/1", &["heal"]);
    lab.action("mongo-rs/1", &["heal", "faults=flaky"]);
    lab.settled(5, 5);
    for n in 0..UNITS {
        a_hook_runs(lab, n);
        assert!(!is_cut(lab, n), "it comes back on mongo-rs/{n}");
    }
    // Healed on one unit alone: it stays so there, and the others go on.
    // Hooks of a unit that hears nobody take long: the cut must outlast them.
    lab.action("mongo-rs/0", &["partition", "scope=unit", "delay=3600"]);
    until_cut(lab, 1, true);
    lab.action("mongo-rs/0", &["heal", "scope=unit"]);
    a_hook_runs(lab, 0);
    assert!(!is_cut(lab, 0));
    let there = lab.action("mongo-rs/1", &["faults"]);
    assert!(text(&there, "here").contains("cut off"), "{there}");
    heal(lab);
    let words = ["slow", "latency=0", "rate=200", "scope=unit", "delay=120"];
    let slow = lab.action("mongo-rs/0", &words);
    assert!(on(lab, 0, "nft list ruleset").contains("limit rate over 200 kbytes/second"));
    until_heard_of(lab, 3, &slow);
    heal(lab);
    // Late packets need a module that a kernel may not have: then it is said, and nothing is done.
    let late = lab.run(&[
        "run",
        "mongo-rs/0",
        "slow",
        "scope=unit",
        "delay=120",
        "--format",
        "json",
    ]);
    let said = super::support::said(&late);
    if late.status.success() {
        assert!(
            on(lab, 0, "tc qdisc show").contains("netem delay 50ms"),
            "{said}"
        );
        lab.action("mongo-rs/0", &["heal"]);
    } else {
        assert!(
            said.contains("sch_netem") && said.contains("skipped"),
            "{said}"
        );
    }
}

fn state(lab: &Lab, n: usize) -> String {
    on(lab, n, "ps -o stat= -C mongod | cut -c1 || true")
        .trim()
        .to_owned()
}

fn until_state(lab: &Lab, n: usize, wanted: &str) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while state(lab, n) != wanted {
        assert!(
            Instant::now() < deadline,
            "mongod of {n} is {:?}, not {wanted:?}",
            state(lab, n)
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn servers_die_stand_still_and_stop(lab: &Lab) {
    for (words, meanwhile) in [
        (&["kill", "restart-after=6"][..], ""),
        (&["pause", "delay=6"], "T"),
        (&["stop-node", "delay=6"], ""),
    ] {
        let begun = lab.action("mongo-rs/2", words);
        assert_eq!(text(&begun, "outcome"), "installed", "{begun}");
        assert_eq!(state(lab, 2), meanwhile, "{words:?}");
        let again = lab.refused("mongo-rs/2", &["kill"]);
        assert!(again.contains("s more"), "{again}");
        until_state(lab, 2, "S");
    }
    // Healed from another unit, long before its time.
    lab.action("mongo-rs/3", &["pause", "delay=3600"]);
    lab.action("mongo-rs/0", &["heal"]);
    until_state(lab, 3, "S");
    // The power goes and comes: a server that was down is up again.
    lab.action("mongo-rs/3", &["kill", "restart-after=3600"]);
    whoever_is_asked_finds_the_primary(lab, 3);
    lab.lab(&["crash", "mongo-rs/3"]);
    lab.lab(&["boot", "mongo-rs/3"]);
    lab.settled(5, 5);
}

/// On a unit whose own server is down, too, once the others have elected somebody.
fn whoever_is_asked_finds_the_primary(lab: &Lab, n: usize) {
    let asked = || lab.run(&["run", &unit(n), "primary", "--format", "json"]);
    lab.until("the primary is found", 60, |_| asked().status.success());
    let found = lab.action(&unit(n), &["primary"]);
    assert!(text(&found, "unit") != unit(n), "{found}");
    let url = lab.action(&unit(n), &["connection-url"]);
    assert!(text(&url, "url").starts_with("mongodb://"), "{url}");
    let planned = lab.action(&unit(n), &["partition", "dry-run=true"]);
    assert_eq!(text(&planned, "primary"), text(&found, "unit"), "{planned}");
    assert_eq!(state(lab, n), "", "its server is down all the while");
}

fn a_disk_is_filled_and_given_back(lab: &Lab) {
    // Not this computer's whole disk: all but what is free above 512 MB; others write to it meanwhile.
    let keep = free_on(lab, 1) - (512 << 20);
    let begun = lab.action(
        "mongo-rs/1",
        &["fill-disk", &format!("free={keep}"), "delay=5"],
    );
    assert_eq!(text(&begun, "outcome"), "installed");
    let size: u64 = on(lab, 1, "stat -c %s /var/lib/mongodb/mongo-rs-fill-disk")
        .trim()
        .parse()
        .unwrap();
    assert!(size > 64 << 20, "{begun}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while on(lab, 1, "ls /var/lib/mongodb").contains("fill-disk") {
        assert!(Instant::now() < deadline, "the space is not given back");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Bytes that are free where a unit's data is.
pub fn free_on(lab: &Lab, n: usize) -> u64 {
    let said = on(lab, n, "df -B1 --output=avail /var/lib/mongodb | tail -1");
    said.trim().parse().unwrap()
}

/// `PRIMARY=… DELAY=… part`, the primary looked for by hand while the cut is on, healed before its time.
fn a_drill_as_in_jupsens_guide(lab: &Lab) {
    lab.settled(5, 5);
    let before = lab.action("mongo-rs/leader", &["primary"]);
    let environment = [("PRIMARY", text(&before, "unit")), ("DELAY", "600")];
    let cut = lab.plugin(&["part"], &environment);
    assert!(
        cut.contains("outcome: installed") && cut.contains("links: '12'"),
        "{cut}"
    );
    let program = checkout().join("bin/mongo-rs").display().to_string();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let words = [
            "client", "--", &program, "primary", "--format", "json", "--url",
        ];
        let output = lab.run(&[&words[..], &[text(&before, "url")]].concat());
        let seen: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        if seen["primary"].is_string() && seen["primary"] != before["primary"] {
            break;
        }
        assert!(Instant::now() < deadline, "no other primary: {seen}");
    }
    let show = lab.plugin(&["show", text(&before, "unit")], &[]);
    assert!(
        show.contains("(partition)") && show.contains("cut off"),
        "{show}"
    );
    lab.plugin(&["heal"], &[]);
    lab.settled(5, 5);
}

fn without_a_primary_there_is_nobody_to_cut_off(lab: &Lab) {
    for n in 0..3 {
        lab.action(&unit(n), &["stop-node", "delay=3600"]);
    }
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let output = lab.run(&["run", "mongo-rs/4", "partition", "dry-run=true"]);
        if !output.status.success() {
            let why = super::support::said(&output);
            assert!(
                why.contains("no primary to cut off") && why.contains("scope=unit"),
                "{why}"
            );
            break;
        }
        assert!(Instant::now() < deadline, "a primary without a majority");
    }
    let nobody = lab.refused("mongo-rs/4", &["primary"]);
    assert!(nobody.contains("10.61.0.14:27017 secondary"), "{nobody}");
    lab.action("mongo-rs/4", &["heal"]);
    lab.settled(5, 5);
}

fn what_makes_no_sense_or_is_forbidden_changes_nothing(lab: &Lab) {
    for (words, part) in [
        (&["partition", "groups=0/7"][..], "no unit mongo-rs/7"),
        (&["partition", "groups=0,1/1,2"], "named twice"),
        (&["partition", "groups=0,1"], "two groups"),
        (&["partition", "shape=custom"], "needs groups"),
        (
            &["partition", "shape=majorities-ring", "direction=in"],
            "direction=both",
        ),
        (&["partition", "from=mongo-rs/1"], "go together"),
        (&["flaky", "loss=101"], "loss"),
        (&["slow", "latency=0"], "slow nothing down"),
        (&["heal", "faults=fire"], "fire"),
        (&["fill-disk", "free=9007199254740991"], "bytes are free"),
    ] {
        let why = lab.refused("mongo-rs/0", words);
        assert!(why.contains(part), "{words:?}: {why}");
    }
    for kind in [
        "partition",
        "flaky",
        "kill",
        "pause",
        "stop-node",
        "fill-disk",
    ] {
        let dry = lab.action("mongo-rs/0", &[kind, "dry-run=true"]);
        assert_eq!(
            (text(&dry, "outcome"), text(&dry, "reason")),
            ("skipped", "dry-run"),
            "{dry}"
        );
        assert!(!text(&dry, "plan").is_empty(), "{dry}");
    }
    lab.action("mongo-rs/0", &["partition", "delay=3600"]);
    lab.lab(&["config", "mongo-rs", "fault-injection=forbidden"]);
    until_nobody_is_cut(lab);
    let forbidden = lab.refused("mongo-rs/0", &["partition"]);
    assert!(forbidden.contains("fault-injection"), "{forbidden}");
    // Nor by whoever is on the machine.
    lab.settled(5, 5);
    let by_hand = lab.run(&[
        "ssh",
        "mongo-rs/0",
        "/var/lib/juju/agents/unit-mongo-rs-0/charm/bin/mongo-rs partition",
    ]);
    assert!(
        said(&by_hand).contains("fault-injection"),
        "{}",
        said(&by_hand)
    );
    assert!(!is_cut(lab, 0));
    lab.action("mongo-rs/0", &["heal"]);
    lab.lab(&["config", "mongo-rs", "--reset", "fault-injection"]);
    lab.settled(5, 5);
}
