//! The unit that leads plans for all, also while its own server cannot run.

use super::support::{Lab, QUICK, message, text, units_of};

/// For good and by nobody's word: the server is killed, and its data is not where it was.
fn its_data_is_gone(lab: &Lab, unit: &str) {
    let line = "mv /var/lib/mongodb /var/lib/mongodb-gone && pkill -9 -x mongod";
    lab.lab(&["ssh", unit, line]);
}

#[test]
fn a_leader_whose_own_server_is_down_keeps_the_set_whole() {
    let Some(lab) = Lab::new() else { return };
    lab.deploy("4", &[QUICK, &["--config", "standby-grace=5"]].concat());
    let status = lab.settled(4, 3);
    let leader = lab.lab(&["leader"]).trim().to_owned();
    let standby = units_of(&status)
        .into_iter()
        .find(|(_, unit)| message(unit).contains("standby"))
        .map(|(name, _)| name)
        .unwrap();
    its_data_is_gone(&lab, &leader);
    // What its status tells is what a person has to do there.
    lab.until("the leader says what is the matter", 60, |status| {
        message(&units_of(status)[&leader]).contains("data directory")
    });
    lab.until("the standby steps in", 120, |status| {
        let said = message(&units_of(status)[&standby]).to_owned();
        said.contains("3 of 4 vote") && !said.contains("standby")
    });
    assert_eq!(lab.lab(&["leader"]).trim(), leader, "the lead has moved");
    // A person asks that very unit, and another one comes in.
    let primary = lab.action(&leader, &["primary"]);
    assert_ne!(text(&primary, "unit"), leader);
    lab.lab(&["add-unit", "mongo-rs"]);
    lab.until("the new one is in", 120, |status| {
        let newest = units_of(status)
            .get("mongo-rs/4")
            .map(|unit| message(unit).to_owned());
        newest.is_some_and(|said| said.contains("of 5 vote"))
    });
    assert_eq!(lab.lab(&["leader"]).trim(), leader, "the lead has moved");
    // Without that unit all is as it should be.
    lab.lab(&["remove-unit", &leader]);
    lab.settled(4, 3);
}
