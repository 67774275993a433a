//! `mongo-rs export`: one of our histories as Jepsen, Knossos and elle-cli read them.

use super::check::open;
use crate::consistency::file::export::{Export, ExportError, Workload, edn, elle_json, txt};
use crate::consistency::file::{Lines, Value};
use clap::Args;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Write one of our histories as history.edn, history.txt (Jepsen, Knossos) and history.json (elle-cli). Registers are
/// written one key a file, history-KEY.edn and so on.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The history.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where to [default: the directory of the history].
    #[arg(long, value_name = "DIRECTORY")]
    pub to: Option<PathBuf>,
}

/// Why a history was not exported.
#[derive(Debug, thiserror::Error)]
#[error("{path} {why}")]
pub struct NotExported {
    path: PathBuf,
    why: String,
}

/// Writes the files, and their names to `out`.
///
/// # Errors
/// Which file cannot be read or written, and why.
pub fn run(args: &ExportArgs, out: &mut dyn Write) -> Result<(), NotExported> {
    let failed = |path: &Path, why: String| NotExported {
        path: path.to_owned(),
        why,
    };
    let of_source = |why: String| failed(&args.file, why);
    let (workload, keys) = contents(&args.file).map_err(of_source)?;
    let beside = args.file.parent().map(Path::to_owned).unwrap_or_default();
    let to = args.to.clone().unwrap_or(beside);
    std::fs::create_dir_all(&to)
        .map_err(|error| failed(&to, format!("cannot be made: {error}")))?;
    let keys: Vec<Option<&str>> = match keys.is_empty() {
        true => vec![None],
        false => keys.iter().map(|key| Some(key.as_str())).collect(),
    };
    for key in keys {
        for ending in ["edn", "txt", "json"] {
            let name = match key {
                Some(key) => format!("history-{}.{ending}", safe(key)),
                None => format!("history.{ending}"),
            };
            let path = to.join(name);
            let mut lines = lines(&args.file).map_err(of_source)?;
            write(&mut lines, Export { workload, key }, ending, &path)
                .map_err(|error| failed(&path, format!("was not written: {error}")))?;
            writeln!(out, "{}", path.display())
                .map_err(|error| failed(&path, format!("was written, but not told: {error}")))?;
        }
    }
    Ok(())
}

fn lines(path: &Path) -> Result<Lines<BufReader<File>>, String> {
    Lines::new(open(path)?, None).map_err(|error| error.to_string())
}

/// What the operations are, and the keys that must be written apart.
fn contents(path: &Path) -> Result<(Workload, BTreeSet<String>), String> {
    let mut lines = lines(path)?;
    let mut appends = false;
    let mut keys = BTreeSet::new();
    for line in lines.by_ref() {
        let line = line.map_err(|error| error.to_string())?;
        if line.process.client().is_none() {
            continue;
        }
        appends |= line.f == "append";
        if matches!(&*line.f, "read" | "write" | "cas") {
            let tuple = line.value.elements().and_then(<[Value]>::first);
            let key = line.key.as_ref().or(tuple);
            keys.extend(key.map(|key| key.text().into_owned()));
        }
    }
    let workload = lines.header().and_then(|header| header.get("workload"));
    let registers = workload.and_then(Value::name) == Some("register");
    Ok(match appends {
        true => (Workload::Lists, BTreeSet::new()),
        false if registers => (Workload::Plain, keys),
        false => (Workload::Plain, BTreeSet::new()),
    })
}

/// A key as a part of a file's name.
fn safe(key: &str) -> String {
    let safe = |c: char| if c.is_alphanumeric() { c } else { '_' };
    key.chars().map(safe).collect()
}

fn write(
    lines: &mut Lines<BufReader<File>>,
    export: Export<'_>,
    ending: &str,
    path: &Path,
) -> Result<(), ExportError> {
    let mut file = BufWriter::new(File::create(path)?);
    match ending {
        "edn" => edn(lines, export, &mut file)?,
        "txt" => txt(lines, export, &mut file)?,
        _ => elle_json(lines, export, &mut file)?,
    };
    Ok(file.flush()?)
}
