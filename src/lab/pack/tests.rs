//! Packing and unpacking, there and back.

use super::*;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, symlink};

/// Makes files; one with an exclamation mark is executable.
fn make(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name.trim_end_matches('!'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        let mode = if name.ends_with('!') { 0o700 } else { 0o600 };
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
}

fn charm(dir: &Path) {
    make(
        dir,
        &[
            ("metadata.yaml", "name: a"),
            ("dispatch!", "#!/bin/sh\n"),
            ("bin/mongo-rs!", "binary"),
            ("hooks/start", "x"),
            ("hooks/common.sh", "x"),
            (".gitignore", "/bin/\n"),
            (
                ".jujuignore",
                "# a comment\n/target/\n*.charm\n!kept.charm\n",
            ),
            (".git/config", "x"),
            ("target/debug/x", "x"),
            ("src/target/x", "x"),
            ("build/x", "x"),
            ("src/build/x", "x"),
            ("revision", "1"),
            ("old.charm", "x"),
            ("kept.charm", "x"),
        ],
    );
    symlink("../dispatch", dir.join("hooks/install")).unwrap();
    std::fs::create_dir(dir.join("empty")).unwrap();
}

#[test]
fn what_is_packed_and_what_is_not() {
    let dir = tempfile::tempdir().unwrap();
    charm(dir.path());
    let report = pack(dir.path(), &dir.path().join("a_amd64.zip")).unwrap();
    let expected = [
        ".gitignore",
        ".jujuignore",
        "bin/mongo-rs",
        "dispatch",
        "hooks/common.sh",
        "hooks/install",
        "hooks/start",
        "kept.charm",
        "metadata.yaml",
        "src/build/x",
        "src/target/x",
    ];
    assert_eq!(report.files, expected);
    assert_eq!(
        report.ignored,
        [
            ".git",
            "a_amd64.zip.partial",
            "build",
            "old.charm",
            "revision",
            "target"
        ]
    );

    let mut zip = zip::ZipArchive::new(std::fs::File::open(&report.path).unwrap()).unwrap();
    for (name, mode) in [
        ("dispatch", 0o100_755),
        ("hooks/start", 0o100_755),
        ("hooks/common.sh", 0o100_644),
        ("empty/", 0o040_755),
    ] {
        assert_eq!(zip.by_name(name).unwrap().unix_mode(), Some(mode), "{name}");
    }
    let mut link = zip.by_name("hooks/install").unwrap();
    assert!(link.is_symlink());
    let mut target = String::new();
    link.read_to_string(&mut target).unwrap();
    assert_eq!(target, "../dispatch");
}

#[test]
fn the_same_files_give_the_same_bytes() {
    let root = tempfile::tempdir().unwrap();
    let mut packed = Vec::new();
    for name in ["one", "two"] {
        let dir = root.path().join(name);
        charm(&dir);
        let time = std::time::SystemTime::UNIX_EPOCH
            + std::time::Duration::from_secs(packed.len() as u64 * 1_000_000);
        std::fs::File::open(dir.join("dispatch"))
            .unwrap()
            .set_modified(time)
            .unwrap();
        let out = root.path().join(format!("{name}.charm"));
        pack(&dir, &out).unwrap();
        packed.push(std::fs::read(out).unwrap());
    }
    assert_eq!(packed[0], packed[1]);
}

#[test]
fn what_cannot_be_packed_leaves_the_old_archive() {
    let dir = tempfile::tempdir().unwrap();
    charm(dir.path());
    let out = dir.path().join("a.zip");
    pack(dir.path(), &out).unwrap();
    let before = std::fs::read(&out).unwrap();
    for (target, expected) in [
        ("/etc/passwd", "is absolute"),
        ("../../x", "links out of the charm"),
    ] {
        let link = dir.path().join("link");
        symlink(target, &link).unwrap();
        let error = format!("{:#}", pack(dir.path(), &out).unwrap_err());
        assert!(error.contains(expected), "{error}");
        std::fs::remove_file(link).unwrap();
    }
    let socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket")).unwrap();
    let error = format!("{:#}", pack(dir.path(), &out).unwrap_err());
    assert!(error.contains("socket is a socket"), "{error}");
    drop(socket);
    assert_eq!(std::fs::read(&out).unwrap(), before);
    assert!(!dir.path().join("a.zip.partial").exists());
    let error = pack(&dir.path().join("empty"), &out)
        .unwrap_err()
        .to_string();
    assert!(error.contains("no metadata.yaml"), "{error}");
}

#[test]
fn an_upgrade_replaces_removes_and_keeps() {
    let root = tempfile::tempdir().unwrap();
    let (one, two, unit) = (
        root.path().join("one"),
        root.path().join("two"),
        root.path().join("unit/charm"),
    );
    make(
        &one,
        &[
            ("metadata.yaml", "name: a"),
            ("dispatch!", "one"),
            ("gone", "x"),
            ("lib/gone", "x"),
            ("lib/stays", "x"),
            ("only/old", "x"),
            ("turns", "file"),
        ],
    );
    symlink("dispatch", one.join("link")).unwrap();
    make(
        &two,
        &[
            ("metadata.yaml", "name: a"),
            ("dispatch!", "two"),
            ("lib/stays", "y"),
            ("link", "no link now"),
            ("turns/into", "folder"),
        ],
    );
    let (first, second) = (root.path().join("1.charm"), root.path().join("2.charm"));
    pack(&one, &first).unwrap();
    pack(&two, &second).unwrap();

    unpack(&first, &unit).unwrap();
    let running = std::fs::metadata(unit.join("dispatch")).unwrap();
    assert_eq!(running.mode() & 0o777, 0o755);
    assert_eq!(
        std::fs::read_link(unit.join("link")).unwrap(),
        Path::new("dispatch")
    );
    make(
        &unit,
        &[
            (".unit-state.db", "foreign"),
            ("lib/foreign", "x"),
            ("only/foreign", "x"),
        ],
    );
    let mut held = std::fs::File::open(unit.join("dispatch")).unwrap();

    for _ in 0..2 {
        unpack(&second, &unit).unwrap();
        for (name, text) in [
            ("dispatch", "two"),
            (".unit-state.db", "foreign"),
            ("lib/foreign", "x"),
            ("lib/stays", "y"),
            ("link", "no link now"),
            ("turns/into", "folder"),
        ] {
            assert_eq!(
                std::fs::read_to_string(unit.join(name)).unwrap(),
                text,
                "{name}"
            );
        }
        for name in ["gone", "lib/gone", "only"] {
            assert!(!unit.join(name).exists(), "{name}");
        }
    }
    let mut text = String::new();
    held.read_to_string(&mut text).unwrap();
    assert_eq!(text, "one", "a running program keeps its file");
    let back = unpack(&first, &unit).unwrap();
    assert_eq!(back.removed, ["turns/into"]);
    assert_eq!(std::fs::read_to_string(unit.join("turns")).unwrap(), "file");
}

#[test]
fn a_bad_archive_changes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let unit = root.path().join("charm");
    type Fill = dyn Fn(&mut ZipWriter<std::fs::File>);
    let cases: [(&str, &Fill, &str); 4] = [
        (
            "escape",
            &|zip| zip.start_file("../out", options(0o644)).unwrap(),
            "leads out of the charm",
        ),
        (
            "link",
            &|zip| zip.add_symlink("link", "/etc", options(0o777)).unwrap(),
            "is absolute",
        ),
        (
            "through",
            &|zip| {
                zip.add_symlink("link", "inner", options(0o777)).unwrap();
                zip.start_file("link/file", options(0o644)).unwrap();
            },
            "which is a link",
        ),
        (
            "other",
            &|zip| zip.start_file("readme", options(0o644)).unwrap(),
            "",
        ),
    ];
    for (name, fill, expected) in cases {
        let path = root.path().join(name);
        let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
        if name != "other" {
            zip.start_file("metadata.yaml", options(0o644)).unwrap();
        }
        fill(&mut zip);
        zip.finish().unwrap();
        let error = format!("{:#}", unpack(&path, &unit).unwrap_err());
        assert!(error.contains(expected), "{name}: {error}");
        assert!(!unit.exists() && !root.path().join("out").exists());
    }
    std::fs::write(root.path().join("text"), "not a zip").unwrap();
    assert!(
        unpack(&root.path().join("text"), &unit)
            .unwrap_err()
            .to_string()
            .contains("no packed charm")
    );
}

#[test]
fn a_file_packed_without_a_mode_gets_none() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a.charm");
    let mut zip = ZipWriter::new(std::fs::File::create(&path).unwrap());
    zip.start_file("metadata.yaml", options(0o644)).unwrap();
    zip.start_file("dispatch", options(0)).unwrap();
    zip.finish().unwrap();
    unpack(&path, &root.path().join("charm")).unwrap();
    let mode = |name: &str| {
        std::fs::metadata(root.path().join("charm").join(name))
            .unwrap()
            .mode()
            & 0o777
    };
    assert_eq!((mode("metadata.yaml"), mode("dispatch")), (0o644, 0));
}
