//! Sites and machines for real: namespaces, overlays, a bridge, a mongod.
//!
//! A test starts a site whose controller is this test program itself, told by its environment to run one scenario
//! inside. What the scenario finds goes to a file; what only the outside can see is looked at from here.

mod inside;

use mongo_rs::lab::site::{self, Namespaces, Site, Started, enter_command, process};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The scenario for the program inside the site.
const SCENARIO: &str = "LAB_TEST_SCENARIO";
/// The site's home, for the same.
const HOME: &str = "LAB_TEST_HOME";
/// In the home: what became of the scenario.
const OUTCOME: &str = "outcome";

fn lab() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_lab"))
}

/// A scratch folder on the disk, because `/tmp` may be a tmpfs without what overlays need.
fn scratch() -> tempfile::TempDir {
    let base = std::env::var_os("HOME").map_or_else(|| PathBuf::from("/tmp"), PathBuf::from);
    tempfile::Builder::new()
        .prefix(".mongo-rs-test-")
        .tempdir_in(base)
        .unwrap()
}

/// The command line of a controller that runs a scenario.
fn controller(home: &Path, scenario: &str) -> Vec<OsString> {
    let mut home_is = OsString::from(format!("{HOME}="));
    home_is.push(home);
    let mut words = vec![
        OsString::from("env"),
        format!("{SCENARIO}={scenario}").into(),
        home_is,
    ];
    words.push(std::env::current_exe().unwrap().into());
    words.extend(
        [
            "machines::inside::scenario",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ]
        .map(OsString::from),
    );
    words
}

/// Starts a site with a scenario and waits for its outcome, which must be good.
async fn run(home: &Path, scenario: &str) -> Site {
    let requirements = site::requirements();
    assert!(
        requirements.is_empty(),
        "this machine cannot run a lab: {requirements:?}"
    );
    let site = Site::open(home).unwrap();
    let outcome = home.join(OUTCOME);
    let started = site
        .ensure_started(lab(), &controller(home, scenario), async || {
            outcome.exists()
        })
        .await;
    let found = std::fs::read_to_string(&outcome).unwrap_or_default();
    if started.is_err() || found != "good" {
        let log = std::fs::read_to_string(site.log()).unwrap_or_default();
        let killed = site.kill().await;
        panic!("scenario {scenario}: {started:?}, {found:?}, {killed:?}\n{log}");
    }
    assert_eq!(started.unwrap(), Started::Now);
    site
}

/// Nothing of a site may be left on this machine: no process that names its home, none that mounts it.
pub fn assert_nothing_is_left(home: &Path) {
    let name = home.to_str().unwrap();
    for status in process::all() {
        let command = process::command_line(status.pid);
        assert!(
            !command.contains(name) || status.zombie,
            "{} is left: {command}",
            status.pid
        );
        let mounts =
            std::fs::read_to_string(format!("/proc/{}/mountinfo", status.pid)).unwrap_or_default();
        assert!(!mounts.contains(name), "{} still mounts {name}", status.pid);
    }
    let links = std::fs::read_to_string("/proc/self/net/dev").unwrap();
    assert!(
        !links.contains("lab0:") && !links.contains(" m1:"),
        "{links}"
    );
}

#[tokio::test]
async fn five_machines_are_machines() {
    let scratch = scratch();
    let home = scratch.path().join("lab");
    let site = run(&home, "five").await;
    site.destroy().await.unwrap();
    assert!(!home.exists());
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_home_below_tmp_will_do() {
    let scratch = tempfile::tempdir().unwrap();
    let home = scratch.path().join("lab");
    let site = run(&home, "one").await;
    site.destroy().await.unwrap();
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn a_home_below_var_will_do() {
    let scratch = tempfile::Builder::new()
        .prefix("mongo-rs-test-")
        .tempdir_in("/var/tmp")
        .unwrap();
    let home = scratch.path().join("lab");
    let site = run(&home, "one").await;
    site.destroy().await.unwrap();
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn copies_do_where_overlays_are_refused() {
    let scratch = scratch();
    let home = scratch.path().join("lab");
    let site = run(&home, "plain").await;
    let notes = std::fs::read_to_string(home.join("notes")).unwrap();
    for note in [
        "/etc is no overlay but a copy",
        "/var is no overlay but new and empty",
        "/usr is no overlay but read-only",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    site.destroy().await.unwrap();
    assert_nothing_is_left(&home);
}

#[tokio::test]
async fn two_sites_never_meet_and_a_killed_one_leaves_nothing() {
    let scratch = scratch();
    let (first, second) = (scratch.path().join("first"), scratch.path().join("second"));
    let (one, other) = tokio::join!(run(&first, "stay"), run(&second, "stay"));
    let again = one
        .ensure_started(lab(), &controller(&first, "stay"), async || true)
        .await
        .unwrap();
    assert_eq!(again, Started::Already);

    // From outside, a machine is entered by the number that its controller gave.
    let inside: u32 = std::fs::read_to_string(first.join("init"))
        .unwrap()
        .parse()
        .unwrap();
    let target = one.host_pid(inside).unwrap();
    let entered = enter_command(target, Namespaces::All, Some(Path::new("/var")))
        .args(["sh", "-c", "hostname; pwd; ls /proc | grep -c '^[0-9]'"])
        .output()
        .unwrap();
    let text = String::from_utf8(entered.stdout).unwrap();
    assert!(
        text.starts_with("juju-1\n/var\n"),
        "{text} {}",
        String::from_utf8_lossy(&entered.stderr)
    );
    let client = enter_command(one.init_pid().unwrap(), Namespaces::Network, None)
        .args(["sh", "-c", "ip -brief address show dev lab0; hostname; pwd"])
        .output()
        .unwrap();
    let text = String::from_utf8(client.stdout).unwrap();
    let here = std::env::current_dir().unwrap();
    assert!(
        text.contains("10.61.0.1/24") && text.contains(here.to_str().unwrap()),
        "{text}"
    );

    let started = Instant::now();
    assert!(one.kill().await.unwrap());
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert!(!one.is_running() && other.is_running());
    assert_nothing_is_left(&first);
    assert!(!one.kill().await.unwrap());

    // A controller that dies by itself takes its site along.
    let controller_pid = process::all()
        .into_iter()
        .find(|status| Some(status.parent) == other.init_pid())
        .unwrap()
        .pid;
    let pid = nix::unistd::Pid::from_raw(controller_pid.cast_signed());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while other.is_running()
        || process::all()
            .iter()
            .any(|s| process::command_line(s.pid).contains(second.to_str().unwrap()))
    {
        assert!(
            Instant::now() < deadline,
            "the site outlives its controller"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_nothing_is_left(&second);

    // Starting again just works.
    std::fs::remove_file(first.join(OUTCOME)).unwrap();
    run(&first, "stay").await;
    for site in [one, other] {
        site.destroy().await.unwrap();
        assert!(!site.home().exists());
    }
}

#[tokio::test]
async fn a_controller_that_fails_is_quoted() {
    let scratch = scratch();
    let home = scratch.path().join("lab");
    let site = Site::open(&home).unwrap();
    let words = ["sh", "-c", "echo the store is from another version; exit 3"].map(OsString::from);
    let error = site
        .ensure_started(lab(), &words, async || false)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("the store is from another version"),
        "{error}"
    );
    site.destroy().await.unwrap();
}
