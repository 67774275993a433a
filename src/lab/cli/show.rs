//! `status`, `wait`, `debug-log`.

use super::{Home, note, print};
use crate::lab::debug_log::{Filter, Level, old};
use crate::lab::model::Model;
use crate::lab::moment::Moment;
use crate::lab::paths::Paths;
use crate::lab::progress::Progress;
use crate::lab::status;
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

/// How a status is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Tabular,
    Json,
    Yaml,
    Short,
}

/// Options of `status`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only these applications and units.
    selectors: Vec<String>,
    /// How to show it.
    #[arg(long, value_enum, default_value_t = Format::Tabular)]
    format: Format,
    /// Show it again whenever it changes, until interrupted.
    #[arg(long)]
    watch: bool,
    /// Taken for Juju's sake: times are shown in UTC always.
    #[arg(long, hide = true)]
    utc: bool,
}

/// `status`.
pub async fn status(home: &Home, arguments: &StatusArgs) -> Result<i32> {
    if !arguments.watch {
        let model = selected(&home.model().await?, &arguments.selectors);
        print(shown(&model, arguments.format)?);
        if let Some(told) = status::emptiness(&model, &arguments.selectors) {
            note(told);
        }
        return Ok(0);
    }
    let mut line = home.line().await?;
    let mut known = None;
    let mut before = String::new();
    loop {
        let snapshot = line.model(known).await?;
        known = Some(snapshot.version);
        let model = selected(&snapshot.model, &arguments.selectors);
        let text = shown(&model, arguments.format)?;
        if text != before {
            // In a file or a pipe one after the other.
            let clear = match std::io::stdout().is_terminal() {
                true => "\x1b[H\x1b[2J",
                false => "",
            };
            print(format!("{clear}{text}"));
            if let Some(told) = status::emptiness(&model, &arguments.selectors) {
                note(told);
            }
            before = text;
        }
    }
}

/// What is left of a model when only some of it is asked for.
fn selected(model: &Model, selectors: &[String]) -> Model {
    let mut model = model.clone();
    if selectors.is_empty() {
        return model;
    }
    let meant = |name: &str| selectors.iter().any(|selector| selector == name);
    model
        .units
        .retain(|name, _| meant(&name.to_string()) || meant(name.application()));
    let units = &model.units;
    model
        .applications
        .retain(|name, _| meant(name) || units.keys().any(|unit| unit.application() == name));
    model
        .machines
        .retain(|id, _| units.values().any(|unit| unit.machine == *id));
    model
}

fn shown(model: &Model, format: Format) -> Result<String> {
    let json = || status::json(model, Moment::now());
    Ok(match format {
        Format::Tabular => status::tabular(model),
        Format::Json => format!("{}\n", serde_json::to_string(&json())?),
        Format::Yaml => serde_yaml::to_string(&json())?,
        Format::Short => model
            .units
            .values()
            .map(|unit| {
                let machine = model
                    .machines
                    .get(&unit.machine)
                    .and_then(|machine| machine.address.clone());
                let address = machine.unwrap_or_default();
                let (workload, agent) = status::shown_status(model, unit);
                format!(
                    "- {}: {address} (agent:{}, workload:{})\n",
                    unit.name, agent.current, workload.current
                )
            })
            .collect(),
    })
}

/// Options of `wait`.
#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Seconds to wait at most.
    #[arg(long, default_value_t = 300)]
    pub timeout: u64,
    /// Workload statuses that count as settled.
    #[arg(long = "for", value_delimiter = ',', default_value = "active,blocked")]
    pub wanted: Vec<String>,
}

impl Default for WaitArgs {
    fn default() -> Self {
        Self {
            timeout: 300,
            wanted: vec!["active".to_owned(), "blocked".to_owned()],
        }
    }
}

/// `wait`: until every unit is idle and what is wanted.
pub async fn wait(home: &Home, arguments: &WaitArgs) -> Result<i32> {
    let progress = Progress::start("waiting until all units are settled");
    let deadline = Instant::now() + Duration::from_secs(arguments.timeout);
    let wanted: Vec<&str> = arguments.wanted.iter().map(String::as_str).collect();
    let mut line = home.line().await?;
    let mut known = None;
    loop {
        let snapshot = line.model(known).await?;
        known = Some(snapshot.version);
        if status::settled(&snapshot.model, &wanted, Moment::now()) {
            progress.done(&format!("{} units are settled", snapshot.model.units.len()));
            return Ok(0);
        }
        progress.doing(&summary(&snapshot.model), "");
        if Instant::now() > deadline {
            progress.done(&format!(
                "not settled within {} s: {}",
                arguments.timeout,
                summary(&snapshot.model)
            ));
            return Ok(1);
        }
    }
}

/// `3 active, 2 waiting`.
pub fn summary(model: &Model) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for unit in model.units.values() {
        let word = status::shown_status(model, unit).0.current;
        *counts.entry(word).or_insert(0) += 1;
    }
    let counted: Vec<String> = counts
        .iter()
        .map(|(word, count)| format!("{count} {word}"))
        .collect();
    if counted.is_empty() {
        "no units".to_owned()
    } else {
        counted.join(", ")
    }
}

/// Options of `debug-log`.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Only these: `mongo-rs/0`, `unit-mongo-rs-0`, `controller-0`.
    #[arg(short = 'i', long)]
    include: Vec<String>,
    /// Not these.
    #[arg(short = 'x', long)]
    exclude: Vec<String>,
    /// Only lines at least this important.
    #[arg(short = 'l', long, default_value = "DEBUG")]
    level: String,
    /// The last so many lines.
    #[arg(short = 'n', long, default_value_t = 10)]
    lines: usize,
    /// All there is.
    #[arg(long)]
    replay: bool,
    /// Go on with what comes.
    #[arg(long)]
    tail: bool,
    /// Do not go on (the default).
    #[arg(long, conflicts_with = "tail")]
    no_tail: bool,
    /// Show the date too.
    #[arg(long)]
    date: bool,
}

/// `debug-log`.
pub async fn debug_log(home: &Home, arguments: &LogArgs) -> Result<i32> {
    let level: Level = arguments.level.parse().map_err(anyhow::Error::msg)?;
    let filter = Filter {
        include: arguments.include.clone(),
        exclude: arguments.exclude.clone(),
        level,
        date: arguments.date,
    };
    let path = Paths::new(home.site.home()).debug_log();
    let mut text = std::fs::read_to_string(old(&path)).unwrap_or_default();
    let mut offset = 0;
    if let Ok(now) = std::fs::read_to_string(&path) {
        offset = now.len();
        text.push_str(&now);
    }
    let lines: Vec<String> = text.lines().filter_map(|line| filter.shown(line)).collect();
    let from = if arguments.replay {
        0
    } else {
        lines.len().saturating_sub(arguments.lines)
    };
    for line in &lines[from..] {
        print(format!("{line}\n"));
    }
    if !arguments.tail {
        return Ok(0);
    }
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = std::fs::read_to_string(&path).unwrap_or_default();
        if now.len() < offset {
            offset = 0;
        }
        // Whole lines only: the rest of one that is being written comes the next time.
        let end = now.rfind('\n').map_or(offset, |at| at + 1).max(offset);
        for line in now
            .get(offset..end)
            .unwrap_or_default()
            .lines()
            .filter_map(|line| filter.shown(line))
        {
            print(format!("{line}\n"));
        }
        offset = end;
    }
}
