//! Lines of histories that are not as usual, for tests.

use proptest::prelude::*;

/// Lines that a reader in a hurry could take for others than they are.
pub const ODD: [&str; 40] = [
    r#"{"index":0,"time":1,"process":0,"type":"invoke","f":"read","value":null}"#,
    r#" { "value" : [ 1 , 2 ] , "f" : "cas" , "type" : "ok" , "process" : 0 } "#,
    r#"{"\u0074ype":"invoke","f":"\u0072ead","process":1}"#,
    r#"{"type":"invoke","f":"re\"ad\\","process":1,"value":"\ud83d\ude00\n"}"#,
    r#"{"type":"invoke","f":"read","process":1.0,"value":1.0}"#,
    r#"{"type":"invoke","f":"read","process":1,"time":1.6,"index":2.0,"value":-0}"#,
    r#"{"type":"invoke","f":"read","process":1,"time":-1,"index":-1,"value":1e2}"#,
    r#"{"type":"invoke","f":"read","process":1,"time":1e300,"value":123456789012345678901234567890}"#,
    r#"{"type":"invoke","f":"read","process":1,"index":99999999999999999999,"other":99999999999999999999}"#,
    r#"{"type":"invoke","f":"read","process":1,"other":1e999}"#,
    r#"{"type":"invoke","f":"read","process":1,"other":{"type":"ok","type":"ok"}}"#,
    r#"{"type":"invoke","type":"ok","f":"read","process":1}"#,
    r#"{"type":"invoke","f":"read","process":1,"f":7,"value":1,"value":2}"#,
    r#"{"type":"invoke","f":"read","process":1,"value":1,"value":2"#,
    r#"{"type":null,"f":"read","process":1}"#,
    r#"{"type":"Invoke","f":"read","process":1}"#,
    r#"{"type":7,"f":[],"process":{}}"#,
    r#"{"type":"ok","f":[],"process":{}}"#,
    r#"{"type":"ok","f":[],"process":1}"#,
    r#"{"type":"ok","f":null,"process":null,"key":null,"error":null}"#,
    r#"{"type":"ok","process":"7"}"#,
    r#"{"type":"ok","process":"reader","value":{"list":[1,2,"x"],"read-concern":"majority"}}"#,
    r#"{"type":"fail","process":-1}"#,
    r#"{"type":"fail","process":18446744073709551615}"#,
    r#"{"type":"info","process":"nemesis","f":"primary","value":{"address":"a:1","term":2}}"#,
    r#"{"type":"fail","process":3,"f":"cas","value":[1,[2,3]],"error":{"class":"not-matched"},"key":"x"}"#,
    r#"{"type":"ok","process":3,"index":"4","time":"x"}"#,
    r#"{"type":"ok","process":3,"index":"x"}"#,
    r#"{"type":"ok","process":3} {"#,
    r#"{"type":"ok","process":3,}"#,
    r#"{"type":"ok" "process":3}"#,
    r#"{type:"ok"}"#,
    r#"{"type":"header","seed":7}"#,
    r#"{"type":"result"}"#,
    r#"{}"#,
    r#"[1,{"type":"ok"}]"#,
    r#""type""#,
    "null",
    "7.5",
    "\"\u{fdd0}number\u{fdd1}7\"",
];

/// Lines with all kinds of entries, and those of [`ODD`].
pub fn line() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        Just(r#""invoke""#.to_owned()),
        Just("null".to_owned()),
        Just("1.0".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just(r#""\u0061\"""#.to_owned()),
        Just("[[1,2],{\"list\":[3]}]".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    let key = prop::sample::select(vec![
        "index", "time", "process", "type", "f", "key", "value", "error", "attempts", "Type", "",
    ]);
    let entries = prop::collection::vec((key, text), 0..7);
    let made = entries.prop_map(|entries| {
        let entries = entries
            .iter()
            .map(|(key, value)| format!("\"{key}\": {value}"));
        format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
    });
    prop_oneof![
        made,
        prop::sample::select(ODD.to_vec()).prop_map(str::to_owned)
    ]
}
