//! A lab for tests: real machines, real servers, the real charm; gone when it is dropped.

use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Condvar, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// How many labs there may be at a time: two where there are two cores for them, unless `MONGO_RS_LABS` says otherwise.
/// With more, what a test waits for takes longer than it saves.
static PLACES: LazyLock<Mutex<usize>> = LazyLock::new(|| {
    let asked = std::env::var_os("MONGO_RS_LABS");
    let asked = asked.and_then(|text| text.to_str()?.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Mutex::new(asked.unwrap_or(cores.min(2)).max(1))
});
static LEFT: Condvar = Condvar::new();

/// One of the places for labs, free again when it is dropped.
struct Place;

impl Place {
    fn take() -> Self {
        let places = PLACES.lock().unwrap_or_else(PoisonError::into_inner);
        let free = LEFT.wait_while(places, |places| *places == 0);
        *free.unwrap_or_else(PoisonError::into_inner) -= 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *PLACES.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        LEFT.notify_one();
    }
}

/// One lab in a folder of its own.
pub struct Lab {
    home: tempfile::TempDir,
    _place: Option<Place>,
}

/// Settings under which elections are quick enough for a test.
pub const QUICK: &[&str] = &[
    "--config",
    "election-timeout=2000",
    "--update-status-interval",
    "10",
];

/// Why a test cannot run here. In CI that is a failure.
pub fn skip(why: &str) {
    assert!(
        std::env::var_os("CI").is_none(),
        "CI must be able to run this: {why}"
    );
    println!("skipped: {why}");
}

/// The server, as `make test` names it, or as it lies in the cache.
pub fn mongod() -> Option<PathBuf> {
    let named = std::env::var_os("MONGOD").map(PathBuf::from);
    let cached =
        std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/mongo-rs/6.0.5/mongod"));
    let found = named.or_else(|| which::which("mongod").ok()).or(cached);
    found.filter(|path| path.is_file())
}

/// The charm of this checkout.
pub fn checkout() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn changed(path: &Path) -> SystemTime {
    std::fs::metadata(path).unwrap().modified().unwrap()
}

/// The source of the charm that was changed last: tests of an old program would prove nothing.
fn newest_source(folder: &Path) -> Option<(SystemTime, PathBuf)> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let of_the_charm = paths.filter(|path| !path.ends_with("src/lab") && !path.ends_with("bin"));
    of_the_charm
        .filter_map(|path| match path.is_dir() {
            true => newest_source(&path),
            false => Some((changed(&path), path)),
        })
        .max()
}

/// Whose agent is killed.
pub enum Killed {
    Hooks,
    Actions,
}

/// A `dispatch` that kills the agent when it names a step, at once the first time, in the midst of it the second time,
/// and lets it be from then on. The steps are kept in `/var/tmp/killed` of the machine, an action's after its name.
pub fn killer(whose: Killed) -> String {
    // An action is let be by hooks, and the other way round; an action names its steps only if asked to.
    let (let_be, level, midst) = match whose {
        Killed::Hooks => ("-n", "", "0.1"),
        Killed::Actions => ("-z", "MONGO_RS_LOG=info", "0.01"),
    };
    format!(
        r#"#!/bin/bash
[ {let_be} "$JUJU_ACTION_NAME" ] && exec ./bin/mongo-rs
log=/var/tmp/killed; touch $log
lines=$(mktemp -u); mkfifo $lines
{level} ./bin/mongo-rs 2>$lines & agent=$!
while IFS= read -r line; do
    echo "$line" >&2
    step="${{JUJU_ACTION_NAME:+$JUJU_ACTION_NAME }}$(tr -d 0-9 <<<"$line")"
    case $(grep -cxF -- "$step" $log) in
        0) echo "$step" >>$log; kill -9 $agent ;;
        1) echo "$step" >>$log; sleep {midst}; kill -9 $agent ;;
    esac
done <$lines
rm -f $lines
wait $agent
"#
    )
}

/// A copy of the charm with another `dispatch`.
pub fn charm_started_by(dispatch: &str, directory: &Path) -> String {
    for part in [
        "metadata.yaml",
        "manifest.yaml",
        "config.yaml",
        "actions.yaml",
        "hooks",
        "actions",
        "bin",
    ] {
        let copied = Command::new("cp")
            .arg("-a")
            .arg(checkout().join(part))
            .arg(directory)
            .status()
            .unwrap();
        assert!(copied.success(), "{part}");
    }
    let path = directory.join("dispatch");
    std::fs::write(&path, dispatch).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    directory.display().to_string()
}

impl Lab {
    /// A lab with nothing in it; none (and it says so) when this machine cannot have one.
    pub fn new() -> Option<Self> {
        let place = Place::take();
        let missing = mongo_rs::lab::site::requirements();
        if !missing.is_empty() {
            let reasons: Vec<String> = missing.iter().map(|it| it.what.clone()).collect();
            skip(&format!("no lab can be made here: {}", reasons.join(", ")));
            return None;
        }
        if !checkout().join("bin/mongo-rs").is_file() {
            skip("bin/mongo-rs is missing; `make program` builds it");
            return None;
        }
        let (when, newest) = newest_source(&checkout().join("src")).unwrap();
        assert!(
            changed(&checkout().join("bin/mongo-rs")) >= when,
            "bin/mongo-rs is older than {}: run `make program`",
            newest.display()
        );
        if mongod().is_none() {
            skip("there is no mongod; set MONGOD, or run scripts/get-mongod.sh");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        Some(Self {
            home,
            _place: Some(place),
        })
    }

    /// Another lab beside this one.
    pub fn another(&self) -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { home, _place: None }
    }

    /// A scratch folder that goes with the lab.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The lab's own folder.
    pub fn folder(&self) -> PathBuf {
        self.home.path().join("lab")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        command
            .arg("--home")
            .arg(self.folder())
            .args(words)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command, whatever comes of it.
    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Starts a command that goes on.
    pub fn start(&self, words: &[&str]) -> std::process::Child {
        self.start_with(words, &[])
    }

    /// The same with more variables in its environment.
    pub fn start_with(&self, words: &[&str], variables: &[(&str, &Path)]) -> std::process::Child {
        self.command(words)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs a command that must go well, and gives what it printed.
    pub fn lab(&self, words: &[&str]) -> String {
        let output = self.run(words);
        self.went_well(words, output)
    }

    fn went_well(&self, words: &[&str], output: Output) -> String {
        assert!(
            output.status.success(),
            "lab {}: {}\n{}",
            words.join(" "),
            said(&output),
            self.told()
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Deploys the charm of this checkout.
    pub fn deploy(&self, units: &str, more: &[&str]) {
        self.deploy_from(&checkout().display().to_string(), units, more);
    }

    /// Deploys a charm.
    pub fn deploy_from(&self, charm: &str, units: &str, more: &[&str]) {
        let resource = format!("mongod={}", mongod().unwrap().display());
        let words = [
            "deploy",
            charm,
            "-n",
            units,
            "--resource",
            &resource,
            "--config",
            "cache-size=0.25",
        ];
        self.lab(&[&words[..], more].concat());
    }

    /// The status, as `juju status --format json` would print it.
    pub fn status(&self) -> Value {
        serde_json::from_str(&self.lab(&["status", "--format", "json"])).unwrap()
    }

    /// Runs an action that must complete, and gives its results. Who is primary is asked again for a while, because an
    /// election may be under way at any time on a busy machine.
    pub fn action(&self, unit: &str, words: &[&str]) -> Value {
        let words = [&["run", unit], words, &["--wait", "5m", "--format", "json"]].concat();
        let deadline = Instant::now() + Duration::from_secs(30);
        let nobody = "no member says that it is primary";
        let text = loop {
            let again = words[2] == "primary" && Instant::now() < deadline;
            let output = self.run(&words);
            if !again || !said(&output).contains(nobody) {
                break self.went_well(&words, output);
            }
        };
        let tasks: Value = serde_json::from_str(&text).unwrap();
        tasks.as_object().unwrap().values().next().unwrap()["results"].clone()
    }

    /// A folder for `PATH` with the lab in Juju's place.
    fn folder_of_juju(&self) -> PathBuf {
        let folder = self.home.path().join("bin");
        if !folder.exists() {
            std::fs::create_dir(&folder).unwrap();
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_lab"), folder.join("juju")).unwrap();
        }
        folder
    }

    /// Runs `mongo-rs` outside the set, on its network, with the lab in Juju's place.
    pub fn control_node(&self, words: &[&str]) -> Output {
        let path =
            std::env::join_paths([self.folder_of_juju(), "/usr/bin".into(), "/bin".into()].iter());
        let path = format!("PATH={}", path.unwrap().display());
        let home = format!("LAB_HOME={}", self.folder().display());
        let program = env!("CARGO_BIN_EXE_mongo-rs");
        self.run(&[&["client", "--", "env", &path, &home, program], words].concat())
    }

    /// Runs the plugin for Juju, with the lab in Juju's place; it must go well.
    pub fn plugin(&self, words: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.try_plugin(words, environment);
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        said(&output)
    }

    /// The same, whatever comes of it.
    pub fn try_plugin(&self, words: &[&str], environment: &[(&str, &str)]) -> Output {
        let line = format!(
            "PATH={}:{}:$PATH; exec juju --home {} mongo-rs \"$@\"",
            self.folder_of_juju().display(),
            checkout().join("scripts").display(),
            self.folder().display()
        );
        let mut command = Command::new("sh");
        command
            .args(["-c", &line, "sh"])
            .envs(environment.iter().copied());
        command.args(words).output().unwrap()
    }

    /// Runs an action that must fail, and gives all that was said.
    pub fn refused(&self, unit: &str, words: &[&str]) -> String {
        let output = self.run(&[&["run", unit], words].concat());
        assert!(
            !output.status.success(),
            "{words:?} went well: {}",
            said(&output)
        );
        said(&output)
    }

    /// Waits until something holds of the status; looked at twice a second.
    pub fn until(&self, what: &str, seconds: u64, holds: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(seconds);
        loop {
            let status = self.status();
            if holds(&status) {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{what}: not within {seconds} s\n{}",
                self.told()
            );
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Waits until nothing is under way, exactly so many units are active, and their set has so many votes. A status
    /// alone does not tell: of a machine that has just been switched on it is the one from before.
    pub fn settled(&self, units: usize, votes: usize) -> Value {
        let what = format!("{units} units with {votes} votes");
        let deadline = Instant::now() + Duration::from_secs(240);
        loop {
            let rests = self.run(&["wait", "--timeout", "0"]).status.success();
            let status = self.status();
            if rests && Self::is_settled(&status, units, votes) {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{what}: not within 240 s\n{}",
                self.told()
            );
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    /// Whether exactly so many units are active and idle, and their set has so many votes.
    pub fn is_settled(status: &Value, units: usize, votes: usize) -> bool {
        let text = format!("{votes} of {units} vote");
        let found = units_of(status);
        found.len() == units
            && found.values().all(|unit| {
                unit["workload-status"]["current"] == "active"
                    && unit["juju-status"]["current"] == "idle"
                    && message(unit).contains(&text)
            })
    }

    /// Kills the controller of this lab, as a crash would, and everything with it.
    pub fn kill_controller(&self) {
        let folder = self.folder().display().to_string();
        let mut controllers = mongo_rs::lab::site::process::all();
        controllers.retain(|status| {
            let command = mongo_rs::lab::site::process::command_line(status.pid);
            command.contains(&folder)
                && command.contains("controller")
                && !command.contains("site-init")
        });
        // A child of the controller's has its command line until it becomes another program.
        let all: Vec<u32> = controllers.iter().map(|status| status.pid).collect();
        controllers.retain(|status| !all.contains(&status.parent));
        let pids: Vec<u32> = controllers.iter().map(|status| status.pid).collect();
        assert_eq!(pids.len(), 1, "controllers: {pids:?}");
        let pid = nix::unistd::Pid::from_raw(pids[0].cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
        // Until the whole site has gone with it: before that its socket may still be answered.
        let of_this_lab = |pid| mongo_rs::lab::site::process::command_line(pid).contains(&folder);
        let deadline = Instant::now() + Duration::from_secs(30);
        while mongo_rs::lab::site::process::all()
            .iter()
            .any(|status| !status.zombie && of_this_lab(status.pid))
        {
            assert!(Instant::now() < deadline, "the site does not end");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn told(&self) -> String {
        let status = self.run(&["status"]);
        let log = self.run(&["debug-log", "-n", "80", "-l", "WARNING"]);
        format!("{}\n{}", said(&status), said(&log))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let output = self.run(&["destroy"]);
        if !std::thread::panicking() {
            assert!(output.status.success(), "{}", said(&output));
            assert!(
                !self.home.path().join("lab").exists(),
                "something is left of the lab"
            );
        }
    }
}

/// The units of a status, by name.
pub fn units_of(status: &Value) -> serde_json::Map<String, Value> {
    status["applications"]["mongo-rs"]["units"]
        .as_object()
        .cloned()
        .unwrap_or_default()
}

/// The process numbers of all servers.
pub fn servers(lab: &Lab) -> Vec<String> {
    let number = |unit: &String| lab.lab(&["ssh", unit, "cat", "/run/mongo-rs/mongod.pid"]);
    units_of(&lab.status()).keys().map(number).collect()
}

/// One of an action's results.
pub fn text<'a>(results: &'a Value, key: &str) -> &'a str {
    results[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {results}"))
}

/// The sentence of a unit's workload status.
pub fn message(unit: &Value) -> &str {
    unit["workload-status"]["message"]
        .as_str()
        .unwrap_or_default()
}

/// All that a command printed.
pub fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
