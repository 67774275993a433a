//! `lab demo`: the newcomer's first minutes. Five units, a majority write test with a partition in its middle, the same
//! with write concern 1, both verdicts side by side.
//!
//! It is a caller like any other: it runs this program and the charm's own, as a person would type the commands.

mod noted;
mod verdicts;

use super::cli::{Home, destroyed, print};
use super::moment::Moment;
use super::progress::Progress;
use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant, SystemTime};
use tokio::process::{Child, Command};

const UNITS: &str = "5";
/// How long the write test runs before the cut, and after it has healed.
const BEFORE: u64 = 5;
const AFTER: u64 = 10;
/// Appends a second: enough to see writes being lost, and little enough for two cores.
const RATE: u64 = 80;

/// The name under which `mongo-rs report` looks for a history in a directory.
const HISTORY: &str = "history.jsonl";

/// Options of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The charm, as `make charm` leaves it.
    #[arg(long, default_value = ".")]
    charm: PathBuf,
    /// The server: `mongod=PATH`.
    #[arg(long)]
    resource: String,
    /// A partition of 15 s in place of 60 s.
    #[arg(long)]
    quick: bool,
    /// Seconds of each partition.
    #[arg(long, conflicts_with = "quick", value_parser = clap::value_parser!(u64).range(12..=3600))]
    delay: Option<u64>,
    /// Where the histories of both write tests and their pages go.
    #[arg(long, default_value = "demo-report", value_name = "DIRECTORY")]
    reports: PathBuf,
    /// Leave the five units as they are at the end.
    #[arg(long)]
    keep: bool,
}

/// The demo. Whatever happens, everything is taken away at the end (unless it is to be kept); a lab that is there already
/// is left alone.
pub async fn run(home: &Home, arguments: DemoArgs) -> Result<i32> {
    let program = may_begin(home, &arguments)?;
    let progress = Progress::start(
        "mongo-rs: five MongoDB units on this machine (the lab stands in for Juju)",
    );
    let demo = Demo {
        home,
        progress,
        reports: std::path::absolute(&arguments.reports)?,
        delay: arguments
            .delay
            .unwrap_or(if arguments.quick { 15 } else { 60 }),
    };
    let told = tokio::select! {
        told = demo.tell(&arguments, &program) => told,
        signal = interrupted() => Err(anyhow::anyhow!("interrupted by {signal}")),
    };
    if !arguments.keep {
        demo.progress.say("$ lab destroy");
        destroyed(home).await?;
    }
    match &told {
        Ok(()) => demo.progress.done("done"),
        Err(_) => demo.progress.done("the demo did not come to its end"),
    }
    told.map(|()| 0)
}

/// The charm's program, if nothing is in the way.
fn may_begin(home: &Home, arguments: &DemoArgs) -> Result<PathBuf> {
    ensure!(
        !home.is_used(),
        "there is a lab at {} already; `{} destroy` removes it, or choose another place with --home",
        home.site.home().display(),
        home.lab.display()
    );
    let program = std::path::absolute(arguments.charm.join("bin/mongo-rs"))?;
    ensure!(
        program.is_file(),
        "{} is missing: run `make charm` first",
        program.display()
    );
    Ok(program)
}

/// Waits for whatever asks this process to end: a key, or a terminal that is closed.
async fn interrupted() -> &'static str {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        let _ = tokio::signal::ctrl_c().await;
        return "SIGINT";
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => "SIGINT",
        _ = term.recv() => "SIGTERM",
        _ = hang_up.recv() => "SIGHUP",
    }
}

struct Demo<'a> {
    home: &'a Home,
    progress: Progress,
    reports: PathBuf,
    delay: u64,
}

impl Demo<'_> {
    async fn tell(&self, arguments: &DemoArgs, program: &std::path::Path) -> Result<()> {
        let begun = Instant::now();
        let charm = std::path::absolute(&arguments.charm)?.display().to_string();
        // Five servers on one machine; and statuses that follow soon, where Juju looks every five minutes.
        let mut small = vec![
            "--config",
            "cache-size=0.25",
            "--update-status-interval",
            "15",
        ];
        if self.delay < 30 {
            // With the default of 10 s a short cut is over before the others have elected a new primary.
            small.extend(["--config", "election-timeout=2000"]);
        }
        let deploy = [
            &[
                "deploy",
                &charm,
                "-n",
                UNITS,
                "--resource",
                &arguments.resource,
            ][..],
            &small,
        ]
        .concat();
        self.progress.say(&format!(
            "$ lab deploy {} -n {UNITS} --resource {} {}",
            arguments.charm.display(),
            arguments.resource,
            small.join(" ")
        ));
        self.lab(&deploy).await?;
        self.settled(Duration::from_secs(180)).await?;
        self.progress.say(&format!(
            "one settled set after {:.0} s",
            begun.elapsed().as_secs_f64()
        ));
        self.progress.say("$ lab status");
        let status = self.lab(&["status"]).await?;
        self.progress.aside(|| print(status));
        let primary = self.primary().await?;
        let url = primary["url"]
            .as_str()
            .context("the action primary gave no url")?
            .to_owned();
        let mut verdicts = Vec::new();
        for majority in [true, false] {
            verdicts.push((majority, self.experiment(program, &url, majority).await?));
        }
        self.progress.aside(|| verdicts::tell(&verdicts))
    }

    /// One write test from a client outside the set, with a partition in its middle.
    async fn experiment(
        &self,
        program: &std::path::Path,
        url: &str,
        majority: bool,
    ) -> Result<Value> {
        let duration = BEFORE + self.delay + AFTER;
        let count = (duration * RATE).to_string();
        let run = self.reports.join(format!("majority-{majority}"));
        std::fs::create_dir_all(&run)
            .with_context(|| format!("failed to make {}", run.display()))?;
        let history = run.join(HISTORY);
        let text = format!("--majority={majority}");
        self.progress.say(&format!(
            "$ lab client -- mongo-rs write-test --url … {text} --count {count} --rate {RATE} --duration {duration} &"
        ));
        let mut client = self
            .command()
            .args(["client", "--"])
            .arg(program)
            .args([
                "write-test",
                "--url",
                url,
                &text,
                "--count",
                &count,
                "--rate",
                &RATE.to_string(),
            ])
            .args([
                "--duration",
                &duration.to_string(),
                "--format",
                "json",
                // The reports of a demo are those of the last one.
                "--overwrite",
                "--history",
            ])
            .arg(&history)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("failed to start the write test")?;
        self.pass(BEFORE, "clients append; all is well", &mut client)
            .await?;
        let before = self.primary().await?;
        let old = before["primary"].as_str().unwrap_or_default().to_owned();
        let delay = format!("delay={}", self.delay);
        self.progress
            .say(&format!("$ lab run mongo-rs/leader partition {delay}"));
        let cut = self.action(&["partition", &delay]).await?;
        let cut_at = SystemTime::now();
        self.progress.say(&format!(
            "{} | {} — until {}, by the kernel",
            cut["group-1"].as_str().unwrap_or_default(),
            cut["group-2"].as_str().unwrap_or_default(),
            cut["heals-at"].as_str().unwrap_or_default()
        ));
        let healed = Instant::now() + Duration::from_secs(self.delay);
        self.new_primary(program, url, &old, healed, &mut client)
            .await?;
        let left = healed.saturating_duration_since(Instant::now()).as_secs();
        self.pass(left, "the cut holds; the kernel will heal it", &mut client)
            .await?;
        self.progress.say(
            "healed; the client goes on, then waits until all members agree, and reads the list",
        );
        let begun = Instant::now();
        let output = loop {
            tokio::select! {
                status = client.wait() => { status?; break client.wait_with_output().await?; }
                () = tokio::time::sleep(Duration::from_secs(1)) => {
                    self.progress.doing("the client finishes", &format!("{} s", begun.elapsed().as_secs()));
                    ensure!(begun.elapsed() < Duration::from_secs(240), "the write test does not end");
                }
            }
        };
        let report: Value = serde_json::from_slice(&output.stdout).with_context(|| {
            format!(
                "the write test gave no report (exit {:?})",
                output.status.code()
            )
        })?;
        let unit = before["unit"].as_str().unwrap_or_default();
        self.page(program, &run, (&[&delay], &cut), (cut_at, unit))
            .await?;
        let say = |key: &str| report[key].to_string();
        self.progress.say(&format!(
            "acknowledged {}, there {}: lost {}, recovered {}, verdict {}",
            say("expected-len"),
            say("actual-len"),
            say("lost"),
            say("recovered"),
            report["verdict"].as_str().unwrap_or_default()
        ));
        self.settled(Duration::from_secs(120)).await?;
        Ok(report)
    }

    /// The page of the run again, with the cut in it, which its client could not know of.
    async fn page(
        &self,
        program: &std::path::Path,
        run: &std::path::Path,
        (parameters, results): (&[&str], &Value),
        (cut_at, unit): (SystemTime, &str),
    ) -> Result<()> {
        let path = run.join(HISTORY);
        let history = std::fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}", path.display()))?;
        let started = noted::started(&history).context("the history has no beginning")?;
        let cut_at = cut_at.duration_since(SystemTime::UNIX_EPOCH)?;
        let from = cut_at.saturating_sub(Duration::from_millis(started));
        let until = from + Duration::from_secs(self.delay);
        let cut = noted::Cut {
            unit,
            parameters,
            results,
            from: u64::try_from(from.as_nanos())?,
            until: u64::try_from(until.as_nanos())?,
        };
        std::fs::write(&path, noted::noted(&history, &cut))
            .with_context(|| format!("failed to write {}", path.display()))?;
        let made = Command::new(program)
            .arg("report")
            .arg(run)
            .output()
            .await?;
        ensure!(
            made.status.success(),
            "mongo-rs report {}: {}",
            run.display(),
            String::from_utf8_lossy(&made.stderr)
        );
        Ok(())
    }

    /// Waits, with a sign of life every second, while the write test must go on running.
    async fn pass(&self, seconds: u64, what: &str, client: &mut Child) -> Result<()> {
        for left in (0..seconds).rev() {
            self.progress.doing(what, &format!("{left} s left"));
            must_run(client)?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    /// Waits until the client sees a primary on the other side; the old one may go on claiming for a while.
    async fn new_primary(
        &self,
        program: &std::path::Path,
        url: &str,
        old: &str,
        until: Instant,
        client: &mut Child,
    ) -> Result<()> {
        let begun = Instant::now();
        while Instant::now() < until {
            let path = program.display().to_string();
            let seen = self
                .try_lab(&[
                    "client", "--", &path, "primary", "--url", url, "--format", "json",
                ])
                .await?;
            let seen: Value = serde_json::from_slice(&seen.stdout).unwrap_or_default();
            let primary = seen["primary"].as_str().unwrap_or("nobody");
            let claimants = seen["claimants"].as_str().unwrap_or("nobody");
            if primary != old && primary != "nobody" {
                let after = begun.elapsed().as_secs_f64();
                // Each look takes seconds: who is cut off is waited for.
                self.progress.say(&format!("{primary} is the new primary, seen {after:.0} s after the cut; claimants: {claimants}"));
                return Ok(());
            }
            let held = until.saturating_duration_since(Instant::now());
            self.progress.doing(
                &format!("who says to be primary: {claimants}"),
                &format!("{} s left", held.as_secs()),
            );
            must_run(client)?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        bail!("no new primary was seen while the cut held")
    }

    async fn primary(&self) -> Result<Value> {
        let primary = self.action(&["primary"]).await?;
        self.progress.say(&format!(
            "the primary is {} ({}), term {}",
            primary["unit"].as_str().unwrap_or_default(),
            primary["primary"].as_str().unwrap_or_default(),
            primary["term"].as_str().unwrap_or_default()
        ));
        Ok(primary)
    }

    async fn action(&self, words: &[&str]) -> Result<Value> {
        let text = self
            .lab(&[&["run", "mongo-rs/leader"], words, &["--format", "json"]].concat())
            .await?;
        let tasks: serde_json::Map<String, Value> = serde_json::from_str(&text)?;
        let task = tasks
            .into_iter()
            .next()
            .map(|(_, task)| task)
            .context("the action gave nothing")?;
        Ok(task["results"].clone())
    }

    /// Waits until all five units are active and have a vote.
    async fn settled(&self, limit: Duration) -> Result<()> {
        let deadline = Instant::now() + limit;
        let mut line = self.home.line().await?;
        let mut known = None;
        loop {
            let snapshot = line.model(known).await?;
            known = Some(snapshot.version);
            let votes = format!("{UNITS} of {UNITS} vote");
            let mut units = snapshot.model.units.values();
            if super::status::settled(&snapshot.model, &["active"], Moment::now())
                && units.all(|unit| unit.workload.message.contains(&votes))
            {
                return Ok(());
            }
            self.progress
                .doing(&super::cli::summary(&snapshot.model), "");
            ensure!(
                Instant::now() < deadline,
                "not settled within {} s:\n{}",
                limit.as_secs(),
                super::status::tabular(&snapshot.model)
            );
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.home.lab);
        command
            .arg("--home")
            .arg(self.home.site.home())
            .stdin(Stdio::null())
            // A demo that is interrupted takes its lab away: nobody may go on to make it.
            .kill_on_drop(true);
        command
    }

    async fn try_lab(&self, words: &[&str]) -> Result<Output> {
        self.command()
            .args(words)
            .output()
            .await
            .with_context(|| format!("failed to run lab {}", words.join(" ")))
    }

    async fn lab(&self, words: &[&str]) -> Result<String> {
        let output = self.try_lab(words).await?;
        ensure!(
            output.status.success(),
            "lab {} failed: {}{}",
            words.join(" "),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn must_run(client: &mut Child) -> Result<()> {
    if let Some(status) = client.try_wait()? {
        bail!("the write test ended too early ({status})");
    }
    Ok(())
}
