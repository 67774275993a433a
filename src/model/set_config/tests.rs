use super::*;
use std::collections::BTreeMap;

fn config() -> SetConfig {
    SetConfig::read(doc! {
        "_id": "rs", "version": 7_i64, "term": 3_i64, "protocolVersion": 1_i64,
        "writeConcernMajorityJournalDefault": true,
        "members": [
            { "_id": 0, "host": "10.0.0.1:27017", "votes": 1, "priority": 1.0, "tags": { UNIT_TAG: "m/0", "zone": "a" },
              "horizons": { "outside": "db.example:1" }, "secondaryDelaySecs": 0_i64 },
            { "_id": 4, "host": "[fd00::2]:27017", "votes": 0, "priority": 0, "tags": { UNIT_TAG: "m/1" } },
            { "_id": 2, "host": "other:1", "futureField": [1, 2] },
        ],
        "settings": { "chainingAllowed": false, "replicaSetId": mongodb::bson::oid::ObjectId::new() },
    })
    .unwrap()
}

#[test]
fn members_are_read_with_mongods_defaults() {
    let config = config();
    assert_eq!(config.voters(), BTreeSet::from([0, 2]));
    assert_eq!(config.next_id(), 5);
    assert_eq!(
        config.member(2).map(Member::label),
        Some("other:1".to_owned())
    );
    assert_eq!(
        config
            .of_unit(&"m/1".parse().unwrap())
            .map(|member| member.id),
        Some(4)
    );
}

#[test]
fn a_change_touches_its_own_fields_only() {
    let before = config();
    let after = before.with(&[Change::GiveVote(4)]).unwrap();
    let mut expected = before.document().clone();
    expected.insert("version", 8_i64);
    let members = expected.get_array_mut("members").unwrap();
    let member = members[1].as_document_mut().unwrap();
    member.insert("votes", 1);
    member.insert("priority", 1);
    assert_eq!(after.document(), expected);
}

#[test]
fn every_change_does_what_it_says_to_the_document_and_to_what_is_read_of_it() {
    let unit: UnitName = "m/9".parse().unwrap();
    let host = HostPort::new("10.0.0.9", 27017);
    let add = Change::Add {
        id: 5,
        host: host.clone(),
        unit: unit.clone(),
    };
    let fields = Fields {
        priority: 0.0,
        hidden: true,
        delay_secs: 60,
        tags: BTreeMap::from([("rack".to_owned(), "7".to_owned())]),
    };
    let all = [
        add,
        Change::SetHost(4, HostPort::new("fd00::9", 1)),
        Change::GiveVote(4),
        Change::TakeVote(0),
        Change::SetFields(4, fields.clone()),
        Change::Adopt(2, unit),
        Change::SetElectionTimeout(2000),
        Change::Remove(0),
        Change::Drop(2),
    ];
    for changes in all.iter().map(std::slice::from_ref).chain([&all[..]]) {
        let after = config().with(changes).unwrap();
        let read = SetConfig::read(after.document()).unwrap();
        assert!(after.members().eq(read.members()), "{changes:?}");
        assert_eq!(after.election_timeout_ms(), read.election_timeout_ms());
        assert_eq!((after.version(), read.version()), (8, 8), "one reconfig");
    }
    let after = config().with(&all).unwrap();
    let member = after.member(4).unwrap();
    assert_eq!(Fields::of(member), fields);
    assert_eq!(
        member.unit,
        Some("m/1".parse().unwrap()),
        "it keeps its unit"
    );
    assert!(!after.member(5).unwrap().electable() && after.size() == 2);
    let document = after.document();
    let settings = document.get_document("settings").unwrap();
    assert!(settings.contains_key("replicaSetId"));
    assert_eq!(settings.get_i64("heartbeatIntervalMillis").unwrap(), 200);
    assert_eq!(settings.get_i64("heartbeatTimeoutSecs").unwrap(), 2);
    assert!(config().with(&[Change::GiveVote(77)]).is_err());
}

#[test]
fn a_vote_makes_no_member_electable_that_is_hidden_or_late() {
    for field in ["hidden", "secondaryDelaySecs", "slaveDelay"] {
        let mut raw = config().document();
        let members = raw.get_array_mut("members").unwrap();
        members[1].as_document_mut().unwrap().insert(field, 1);
        let after = SetConfig::read(raw)
            .unwrap()
            .with(&[Change::GiveVote(4)])
            .unwrap();
        let member = after.member(4).unwrap();
        assert!(member.votes && !member.electable(), "{field}");
        let read = SetConfig::read(after.document()).unwrap();
        assert_eq!(read.member(4), Some(member), "{field}");
    }
}

#[test]
fn a_server_is_no_member_twice() {
    let unit = |name: &str| name.parse::<UnitName>().unwrap();
    let at = |host: &str| host.parse::<HostPort>().unwrap();
    for (whose, known_as, refused) in [
        // A server that was never in a set, or has moved with its unit.
        ("m/1", "10.0.0.9:27017", ""),
        ("m/1", "[fd00::2]:27017", ""),
        ("m/1", "[fd00:0::0:2]:27017", ""),
        // Somebody added it under a name; or it is the disk of another unit's.
        ("m/1", "other:1", "as other:1: take that member out"),
        ("m/1", "10.0.0.1:27017", "which is m/0's"),
    ] {
        let found = config().may_be_at(&[&unit(whose)], &at(known_as));
        match found {
            Ok(()) => assert!(refused.is_empty(), "{known_as}"),
            Err(why) => assert!(!refused.is_empty() && why.contains(refused), "{why}"),
        }
    }
}

#[test]
fn what_is_no_config_is_refused() {
    for raw in [
        doc! {},
        doc! {"_id": "a"},
        doc! {"_id": "a", "version": 1, "members": [1]},
    ] {
        assert!(SetConfig::read(raw).is_err());
    }
}
