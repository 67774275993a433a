//! `mongo-rs plan FILE`: what the leader would do in a situation, and why. It asks nobody and changes nothing.

use super::write;
use crate::agent::lint;
use crate::agent::plan::{members, simulate};
use crate::model::plan::Plan;
use crate::model::situation::Situation;
use clap::{Args, ValueEnum};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Options of `plan`.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The situation, a JSON object as `mongo-rs observe --once` writes it; - is standard input.
    file: PathBuf,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// The command.
pub fn run(arguments: &PlanArgs, out: &mut dyn Write) -> Result<(), String> {
    let (name, text) = text_of(&arguments.file)?;
    let situation: Situation = text
        .parse()
        .map_err(|refused| format!("{name} is no situation: {refused}"))?;
    let plan = members::plan(&situation.view, &situation.goal);
    check(&plan, &situation)?;
    let text = match arguments.format {
        Format::Text => plan.to_string(),
        Format::Json => {
            let text = serde_json::to_string_pretty(&plan).map_err(|error| error.to_string())?;
            format!("{text}\n")
        }
    };
    write(out, &text)
}

fn text_of(file: &Path) -> Result<(String, String), String> {
    if file == Path::new("-") {
        let name = "standard input".to_owned();
        let mut text = String::new();
        let read = std::io::stdin().read_to_string(&mut text);
        return match read {
            Ok(_) => Ok((name, text)),
            Err(error) => Err(format!("cannot read {name}: {error}")),
        };
    }
    let name = file.display().to_string();
    match std::fs::read_to_string(file) {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(format!("cannot read {name}: {error}")),
    }
}

/// The second pair of eyes sees every step, as it would when it is the step's turn.
fn check(plan: &Plan, situation: &Situation) -> Result<(), String> {
    let mut ahead = situation.view.clone();
    for planned in &plan.steps {
        let alone = Plan::step(planned.step.clone(), planned.why.clone());
        lint::check(&alone, Some(&ahead)).map_err(|broken| {
            format!("this is a bug in mongo-rs: {broken}; the plan was\n{plan}")
        })?;
        if !simulate::advance(&mut ahead, &planned.step) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
