use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> ConnectionUrl {
    text.parse()
        .unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn what_people_type_becomes_canonical() {
    let table = [
        ("db0", "mongodb://db0:27017/"),
        (" DB0 ", "mongodb://db0:27017/"),
        ("db0:1", "mongodb://db0:1/"),
        ("a:1,b:2", "mongodb://a:1,b:2/"),
        ("a,a:27017,b", "mongodb://a:27017,b:27017/"),
        (
            "10.0.3.166:27017?replicaSet=name",
            "mongodb://10.0.3.166:27017/?replicaSet=name",
        ),
        (
            "mongodb://localhost:27017/?replicaset=foo",
            "mongodb://localhost:27017/?replicaSet=foo",
        ),
        ("[::1]:27017", "mongodb://[::1]:27017/"),
        ("[::1]", "mongodb://[::1]:27017/"),
        ("::1", "mongodb://[::1]:27017/"),
        (
            "fe80::2,[fe80::3]:4",
            "mongodb://[fe80::2]:27017,[fe80::3]:4/",
        ),
        ("MongoDB://h", "mongodb://h:27017/"),
        ("juju-0a_1.lxd", "mongodb://juju-0a_1.lxd:27017/"),
        (
            "mongodb://us%40er:p%3Aw%2F@a:1,b:2/db?replicaSet=x&w=majority",
            "mongodb://us%40er:p%3Aw%2F@a:1,b:2/db?replicaSet=x&w=majority",
        ),
        (
            "u@h/?authMechanismProperties=A:b,C:d&appName=a%20b",
            "mongodb://u@h:27017/?authMechanismProperties=A:b,C:d&appName=a%20b",
        ),
        (
            "h?replicaSet=x&replicaSet=x&",
            "mongodb://h:27017/?replicaSet=x",
        ),
    ];
    for (typed, canonical) in table {
        assert_eq!(parse(typed).canonical(), canonical, "{typed:?}");
    }
}

#[test]
fn parts_are_decoded_and_told_apart() {
    let url = parse("mongodb://us%40er:p%C3%A4%3A@a:1,[::2]:3/db?replicaSet=rs%2D0&W=majority&w=1");
    assert_eq!(
        url.seeds,
        [
            Seed {
                host: "a".into(),
                port: 1
            },
            Seed {
                host: "::2".into(),
                port: 3
            }
        ]
    );
    let expected = Credentials {
        username: "us@er".into(),
        password: Some("pä:".into()),
    };
    assert_eq!(url.credentials, Some(expected));
    assert_eq!(url.database.as_deref(), Some("db"));
    assert_eq!(url.set_name.as_deref(), Some("rs-0"));
    assert_eq!(url.option("w"), Some("1"));
    assert_eq!(url.option("journal"), None);
}

#[test]
fn the_password_shows_nowhere() {
    let url = parse("mongodb://me:s3cret@h/?tlsCertificateKeyFilePassword=s3cret");
    assert!(!url.to_string().contains("s3cret"), "{url}");
    assert!(!format!("{:?}", url.credentials).contains("s3cret"));
    assert!(url.canonical().contains("me:s3cret@"));
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    use ConnectionUrlError as E;
    let port = |host: &str, port: &str| E::Port {
        host: host.into(),
        port: port.into(),
    };
    let table = [
        ("", E::Empty),
        ("  ", E::Empty),
        ("not a url", E::Blank),
        ("mongodb+srv://h/", E::Srv),
        ("http://h/", E::Scheme("http".into())),
        ("://h", E::Scheme(String::new())),
        ("mongodb://", E::NoHost),
        ("a,,b", E::NoHost),
        (":27017", E::NoHost),
        ("u:p@", E::NoHost),
        ("h:", port("h", "")),
        ("h:0", port("h", "0")),
        ("h:65536", port("h", "65536")),
        ("h:+1", port("h", "+1")),
        ("h:mongod", port("h", "mongod")),
        ("[::1]:x", port("::1", "x")),
        ("[::1", E::Host("[::1".into())),
        ("[db0]:1", E::Host("[db0]:1".into())),
        ("[::1]1", E::Host("[::1]1".into())),
        ("10.0.3.999", E::Host("10.0.3.999".into())),
        ("%%%", E::Host("%%%".into())),
        ("h..x", E::Host("h..x".into())),
        ("-h", E::Host("-h".into())),
        ("a@b@h", E::Credentials),
        (":p@h", E::Credentials),
        ("u:a:b@h", E::Credentials),
        ("u:%zz@h", E::Percent("password")),
        ("%f@h", E::Percent("user name")),
        ("h/%ff", E::Percent("database")),
        ("h/a.b", E::Database("a.b".into())),
        ("h/a/b", E::Database("a/b".into())),
        ("h?x", E::Option("x".into())),
        ("h?=x", E::Option("=x".into())),
        ("h?x=%4", E::Percent("value of an option")),
        ("h?replicaSet=", E::SetName),
        ("h?replicaSet=a&replicaSet=b", E::SetName),
    ];
    for (typed, expected) in table {
        assert_eq!(typed.parse::<ConnectionUrl>(), Err(expected), "{typed:?}");
    }
}

proptest! {
    #[test]
    fn never_panics_and_the_canonical_form_is_stable(text in "\\PC*") {
        if let Ok(url) = text.parse::<ConnectionUrl>() {
            prop_assert_eq!(parse(&url.canonical()), url);
        }
    }

    #[test]
    fn likely_texts_never_panic(text in "(mongodb(\\+srv)?://)?[a%:@\\[\\]1.]{0,9}(,[a:1\\[\\]]{0,6}){0,2}[/?]?[a%=&1]{0,9}") {
        if let Ok(url) = text.parse::<ConnectionUrl>() {
            prop_assert_eq!(parse(&url.canonical()), url);
        }
    }

    #[test]
    fn any_credentials_survive(username in ".{1,12}", password in ".{0,12}", value in ".{1,8}") {
        let url = ConnectionUrl {
            seeds: vec![Seed { host: "h".into(), port: 1 }],
            credentials: Some(Credentials { username, password: Some(password) }),
            database: None,
            set_name: None,
            options: vec![("appName".into(), value)],
        };
        prop_assert_eq!(parse(&url.canonical()), url);
    }
}

#[test]
fn tls_is_asked_for_by_either_name_or_by_an_option_of_it() {
    for (url, expected) in [
        ("h", false),
        ("mongodb://h/?tls=true", true),
        ("mongodb://h/?ssl=true", true),
        ("mongodb://h/?tls=false&tlsCAFile=f", false),
        ("mongodb://h/?tlsCAFile=f", true),
        ("mongodb://h/?appName=tls", false),
    ] {
        assert_eq!(parse(url).asks_for_tls(), expected, "{url}");
    }
}
