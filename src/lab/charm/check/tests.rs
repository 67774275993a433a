//! What is possible and what is not, on small charms.

use super::*;

const META: &str = "name: a\nsummary: s\ndescription: d\npeers: {p: {interface: i}}\nstorage: {d: {type: filesystem}}\n";

/// Checks a charm made of these files; one with an exclamation mark is executable.
fn check(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name.trim_end_matches('!'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let mode = if name.ends_with('!') { 0o755 } else { 0o644 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let found = check_possible(&Charm::read(dir.path()).unwrap());
    found.iter().map(|reason| format!("{reason}\n")).collect()
}

#[test]
fn a_small_charm_is_possible() {
    let files = [
        ("metadata.yaml", META),
        ("dispatch!", ""),
        ("hooks/p-relation-joined", ""),
        ("hooks/common.sh", ""),
    ];
    assert_eq!(check(&files), "");
    assert_eq!(check(&[("metadata.yaml", META), ("hooks/install", "")]), "");
    // What is there, what an earlier line may make, and what cannot be known.
    for script in [
        "exec ./bin/a",
        "make a\nexec ./bin/b",
        "exec ./$NAME",
        "exec /usr/bin/b",
    ] {
        let files = [
            ("metadata.yaml", META),
            ("dispatch!", &format!("#!/bin/sh\n{script}\n")),
            ("bin/a!", ""),
        ];
        assert_eq!(check(&files), "", "{script}");
    }
}

#[test]
fn contradictions_of_files_and_yaml() {
    let meta = ("metadata.yaml", META);
    let cases: [(&[(&str, &str)], &str); 9] = [
        (&[meta], "neither `dispatch` nor a hook"),
        (&[meta, ("dispatch", "")], "dispatch: it is not executable"),
        (
            &[
                meta,
                (
                    "dispatch!",
                    "#!/bin/sh\n# The charm.\nexec ./bin/a \"$@\"\n",
                ),
            ],
            "dispatch: all it does is to start ./bin/a, which is not there",
        ),
        (
            &[meta, ("dispatch!", ""), ("hooks/q-relation-joined", "")],
            "relation \"q\", which metadata.yaml does not declare",
        ),
        (
            &[meta, ("dispatch!", ""), ("hooks/e-storage-attached", "")],
            "storage \"e\", which metadata.yaml does not declare",
        ),
        (
            &[meta, ("dispatch!", ""), ("actions/heal", "")],
            "action \"heal\", which actions.yaml does not declare",
        ),
        (
            &[meta, ("hooks/install!", ""), ("actions.yaml", "heal: {}")],
            "nothing runs action \"heal\"",
        ),
        (
            &[meta, ("dispatch!", ""), ("actions.yaml", "juju-x: {}")],
            "bad action name juju-x",
        ),
        (
            &[
                meta,
                ("dispatch!", ""),
                ("actions.yaml", "x: {params: {a_b: {}}}"),
            ],
            "cannot be given on a command line",
        ),
    ];
    for (files, expected) in cases {
        let found = check(files);
        assert!(
            found.contains(expected) && found.lines().count() == 1,
            "{expected}: {found}"
        );
    }
}

#[test]
fn contradictions_within_the_yaml() {
    let with = |more: &str| format!("name: a\nsummary: s\ndescription: d\n{more}\n");
    let cases = [
        (
            with("series: [jammy]\nassumes: [juju]"),
            "ambiguous metadata: keys [\"series\"] cannot be used with [\"assumes\"]",
        ),
        (
            with("assumes: [juju]"),
            "`assumes` needs a charm of format 2",
        ),
        (
            with("peers: {x: i}\nprovides: {x: i}"),
            "duplicated relation name: \"x\"",
        ),
        (with("provides: {juju-x: i}"), "reserved relation name"),
        (with("storage: {d: {type: block}}"), "the lab has none"),
        (
            with("storage: {d: {type: filesystem, location: data}}"),
            "is relative",
        ),
        (
            with("resources: {r: {type: file, filename: a/b}}"),
            "no plain file name",
        ),
        (with("resources: {r: {type: oci-image}}"), "is an image"),
        (
            "name: A_1\nsummary: s\ndescription: d\n".to_owned(),
            "\"A_1\" is no charm name",
        ),
        (
            "name: a\nsummary: s\n".to_owned(),
            "`description` is missing",
        ),
    ];
    for (meta, expected) in cases {
        let found = check(&[("metadata.yaml", &meta), ("dispatch!", "")]);
        assert!(
            found.contains(expected) && found.lines().count() == 1,
            "{expected}: {found}"
        );
    }
}

#[test]
fn defaults_must_fit() {
    let base = [("metadata.yaml", META), ("dispatch!", "")];
    for (file, text, expected) in [
        (
            "config.yaml",
            "options: {port: {type: int, default: high}}",
            "option \"port\" expected int, got \"high\"",
        ),
        (
            "actions.yaml",
            "x: {params: {n: {type: integer, default: 0, minimum: 1}}}",
            "do not fit its own schema",
        ),
        (
            "actions.yaml",
            "x: {params: {n: {type: whole}}}",
            "the schema is wrong",
        ),
    ] {
        let found = check(&[base[0], base[1], (file, text)]);
        assert!(
            found.contains(expected) && found.lines().count() == 1,
            "{expected}: {found}"
        );
    }
    assert_eq!(
        check(&[
            base[0],
            base[1],
            ("config.yaml", "options: {f: {type: float, default: 1}}")
        ]),
        ""
    );
}

#[test]
fn hook_tools_that_have_nothing_to_work_on() {
    let meta = ("metadata.yaml", META);
    let actions = ("actions.yaml", "heal: {}");
    let cases: [(&[(&str, &str)], &str); 6] = [
        (
            &[
                meta,
                ("dispatch!", "#!/bin/sh\nfile=$(resource-get mongod)\n"),
            ],
            "dispatch: it calls `resource-get`, but metadata.yaml declares no resource",
        ),
        (
            &[meta, ("dispatch!", "#!/bin/sh\nrelation-ids q\n")],
            "it calls `relation-ids` for the relation \"q\", which metadata.yaml does not declare",
        ),
        (
            &[
                meta,
                ("dispatch!", ""),
                ("bin/agent", "\x7fELF\0storage-getresource"),
            ],
            "",
        ),
        (
            &[
                meta,
                ("dispatch!", ""),
                ("bin/agent", "\x7fELF\0action-failure\0"),
            ],
            "bin/agent: it calls `action-fail`, but actions.yaml declares no action",
        ),
        (
            &[
                meta,
                actions,
                (
                    "dispatch!",
                    "#!/bin/sh\naction-get delay\nrelation-ids $1; relation-ids p",
                ),
            ],
            "",
        ),
        (
            &[
                meta,
                (
                    "dispatch!",
                    "#!/bin/sh\n# resource-get is not needed\ntrue # nor action-get",
                ),
            ],
            "",
        ),
    ];
    for (files, reason) in cases {
        let found = check(files);
        assert!(
            if reason.is_empty() {
                found.is_empty()
            } else {
                found.contains(reason)
            },
            "{reason}: {found}"
        );
    }
}
