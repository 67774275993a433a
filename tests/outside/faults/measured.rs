//! What was asked of `flaky` and `slow`, and what one gets. Each figure is printed; what is asserted is far apart enough
//! from it that chance or a busy machine does not matter.

use super::super::support::{Lab, said, text};
use super::reach::until_reached;
use super::traffic::{
    Place::{Client, Unit},
    connections, datagrams_lost, datagrams_through, through_a_connection,
};
use super::units::{heal, until_cut};

/// All of it.
pub fn as_much_is_lost_and_passes_as_was_asked_for(lab: &Lab) {
    a_share_is_lost_of_whom_it_is_asked(lab);
    so_much_passes_and_no_more(lab);
    packets_are_late(lab);
    until_reached(lab, "healed", 27017, &|_, _| true);
}

fn a_share_is_lost_of_whom_it_is_asked(lab: &Lab) {
    for (to, clients_lose) in [("to=peers", false), ("to=all", true)] {
        lab.action("mongo-rs/0", &["flaky", "loss=30", to, "delay=300"]);
        until_cut(lab, 1, true);
        let between = datagrams_lost(lab, Unit(0), Unit(1));
        let (server, _) = connections(lab, Client, 0);
        let other = datagrams_lost(lab, Client, Unit(0));
        println!(
            "flaky loss=30 {to}: lost between units {between:.1} %, of a client's connections to mongod {server:.1} %, of \
             what else it sends there {other:.1} %"
        );
        assert!((20.0..40.0).contains(&between), "{between} %");
        // A connection may also take too long because the machine is busy.
        match clients_lose {
            true => assert!(server > 15.0, "{server} %"),
            false => assert!(server < 12.0, "{server} %"),
        }
        assert!(
            other < 5.0,
            "what is not for mongod is never touched: {other} %"
        );
        heal(lab);
    }
    // What comes from a unit to the port of mongod is lost once, and not once as the unit's and once as the port's.
    let words = ["flaky", "loss=30", "to=all", "scope=unit", "delay=300"];
    lab.action("mongo-rs/0", &words);
    let (once, _) = connections(lab, Unit(1), 0);
    println!(
        "flaky loss=30 to=all on one unit: lost of another unit's connections to mongod {once:.1} %"
    );
    assert!((15.0..43.0).contains(&once), "{once} %");
    heal(lab);
}

fn so_much_passes_and_no_more(lab: &Lab) {
    let words = ["slow", "latency=0", "rate=200", "scope=unit", "delay=300"];
    lab.action("mongo-rs/0", &words);
    let one = datagrams_through(lab, Unit(0), &[Unit(1)]);
    let two = datagrams_through(lab, Unit(0), &[Unit(1), Unit(2)]);
    let connection = through_a_connection(lab, 0, 1);
    let outside = datagrams_through(lab, Unit(0), &[Client]);
    let back = datagrams_through(lab, Unit(1), &[Unit(0)]);
    println!(
        "slow rate=200 on one unit, kB/s of 1000 kB/s sent: {one:.0} to another unit, {two:.0} to two together, {outside:.0} \
         to a client, {back:.0} the other way; {connection:.0} through one connection"
    );
    for got in [one, two] {
        assert!((100.0..260.0).contains(&got), "{got} kB/s");
    }
    // Besides, as much as in a second and 64 kB more, which the limit has saved up.
    assert!((20.0..280.0).contains(&connection), "{connection} kB/s");
    for got in [outside, back] {
        assert!(got > 450.0, "{got} kB/s: it is not meant");
    }
    heal(lab);
}

/// Late packets need a module that a kernel may not have: then it is said, and nothing is done.
fn packets_are_late(lab: &Lab) {
    let (_, before) = connections(lab, Unit(0), 1);
    let words = [
        "run",
        "mongo-rs/0",
        "slow",
        "latency=50",
        "jitter=10",
        "scope=unit",
    ];
    let late = lab.run(&[&words[..], &["delay=300", "--format", "json"]].concat());
    if !late.status.success() {
        let said = said(&late);
        assert!(
            said.contains("sch_netem") && said.contains("skipped"),
            "{said}"
        );
        println!(
            "slow latency=50: skipped, this kernel has no sch_netem; a connection takes {before:.1} ms"
        );
        return;
    }
    let (lost, after) = connections(lab, Unit(0), 1);
    let (_, outside) = connections(lab, Client, 0);
    println!(
        "slow latency=50 jitter=10: a connection takes {after:.1} ms, not {before:.1} ms; a client's {outside:.1} ms"
    );
    assert!(
        (before + 35.0..before + 80.0).contains(&after),
        "{after} ms"
    );
    assert!(
        lost < 12.0 && outside < before + 20.0,
        "{lost} % {outside} ms"
    );
    let healed = lab.action("mongo-rs/0", &["heal"]);
    assert_eq!(text(&healed, "outcome"), "healed", "{healed}");
}
