//! Juju, as a person at a terminal uses it: the program `juju`, found on `PATH`. On the lab that is the lab.

use crate::model::unit::UnitName;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// How long one command may take: an action waits behind the hooks of its unit.
const LIMIT: Duration = Duration::from_secs(150);

/// Why Juju did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum JujuError {
    /// There is no such program.
    #[error(
        "there is no program juju on PATH, and faults are asked of juju: install it, or put a link named juju to the lab into a directory of PATH"
    )]
    Missing(#[from] which::Error),
    /// It did not run, or did not end.
    #[error("{command}: {why}")]
    NotRun {
        /// What was typed.
        command: String,
        /// Why.
        why: String,
    },
    /// It says no.
    #[error("{command}: {said}")]
    Refused {
        /// What was typed.
        command: String,
        /// What it said.
        said: String,
        /// The results of an action that failed; none of anything else.
        results: BTreeMap<String, String>,
    },
    /// It answered something else than it should.
    #[error("{command} answered what cannot be understood: {said}")]
    NotUnderstood {
        /// What was typed.
        command: String,
        /// What it said.
        said: String,
    },
}

/// A Juju client.
#[derive(Clone, Debug)]
pub struct Juju {
    program: PathBuf,
    /// Juju 2 has `run-action` where later ones have `run`.
    before_3: bool,
}

impl Juju {
    /// Finds it, and asks for its version.
    ///
    /// # Errors
    /// [`JujuError`].
    pub async fn find() -> Result<Self, JujuError> {
        let program = which::which("juju")?;
        let mut juju = Self {
            program,
            before_3: false,
        };
        juju.before_3 = juju
            .call(&["version"])
            .await?
            .trim_start()
            .starts_with("2.");
        Ok(juju)
    }

    /// A program of that name.
    #[cfg(test)]
    pub(super) fn of(program: PathBuf) -> Self {
        Self {
            program,
            before_3: false,
        }
    }

    /// The units of an application and where they are.
    ///
    /// # Errors
    /// [`JujuError`], also where there is no such application.
    pub async fn units(&self, application: &str) -> Result<BTreeMap<UnitName, String>, JujuError> {
        let words = ["status", application, "--format", "json"];
        let text = self.call(&words).await?;
        let status: Value = serde_json::from_str(&text).unwrap_or_default();
        let units = status["applications"][application]["units"].as_object();
        let units = units.ok_or_else(|| JujuError::NotUnderstood {
            command: self.typed(&words),
            said: format!("no units of {application}"),
        })?;
        let addresses = units.iter().filter_map(|(name, unit)| {
            Some((
                name.parse().ok()?,
                unit["public-address"].as_str()?.to_owned(),
            ))
        });
        Ok(addresses.collect())
    }

    /// Runs an action and gives its results.
    ///
    /// # Errors
    /// [`JujuError`], also where the action failed.
    pub async fn action(
        &self,
        unit: &str,
        action: &str,
        parameters: &[String],
    ) -> Result<BTreeMap<String, String>, JujuError> {
        let mut words = match self.before_3 {
            true => vec!["run-action", unit, action, "--wait=2m"],
            false => vec!["run", unit, action, "--wait=2m"],
        };
        words.extend(parameters.iter().map(String::as_str));
        words.extend(["--format", "json"]);
        let text = self.call(&words).await?;
        results(&text).map_err(|failed| match failed {
            Some((said, results)) => JujuError::Refused {
                command: self.typed(&words),
                said,
                results,
            },
            None => JujuError::NotUnderstood {
                command: self.typed(&words),
                said: one_line(&text).unwrap_or_else(|| "nothing".to_owned()),
            },
        })
    }

    async fn call(&self, words: &[&str]) -> Result<String, JujuError> {
        let not_run = |why: String| JujuError::NotRun {
            command: self.typed(words),
            why,
        };
        let running = Command::new(&self.program)
            .args(words)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match timeout(LIMIT, running).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => {
                let program = self.program.display();
                return Err(not_run(format!("{program} cannot be run: {error}")));
            }
            Err(_) => return Err(not_run(format!("no end within {} s", LIMIT.as_secs()))),
        };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        // A failed action is told in the answer, too, and better.
        if output.status.success() || said.trim_start().starts_with('{') {
            return Ok(said);
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let said =
            complaint(&errors).unwrap_or_else(|| format!("it says nothing ({})", output.status));
        Err(JujuError::Refused {
            command: self.typed(words),
            said,
            results: BTreeMap::new(),
        })
    }

    fn typed(&self, words: &[&str]) -> String {
        format!("juju {}", words.join(" "))
    }
}

/// What Juju complains of: from its line `ERROR …` on, without what else is on its standard error; all of that where
/// there is no such line. In one line.
fn complaint(errors: &str) -> Option<String> {
    let lines: Vec<&str> = errors.lines().collect();
    let first = lines
        .iter()
        .position(|line| line.starts_with("ERROR ") || line.starts_with("error: "));
    let from = &lines[first.unwrap_or(0)..];
    let told = one_line(&from.join("\n"))?;
    let told = told.strip_prefix("ERROR ").unwrap_or(&told);
    Some(told.strip_prefix("error: ").unwrap_or(told).to_owned())
}

/// A text without its line breaks, at most 500 characters of it; none where nothing is in it.
fn one_line(text: &str) -> Option<String> {
    /// The most that is told.
    const MOST: usize = 500;
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MOST) {
        _ if line.is_empty() => None,
        None => Some(line),
        Some((cut, _)) => Some(format!("{}…", &line[..cut])),
    }
}

/// An action's results.
type Results = BTreeMap<String, String>;

/// The results in Juju's answer; the message of an action that failed, and its results; nothing where there is neither.
fn results(text: &str) -> Result<Results, Option<(String, Results)>> {
    let tasks: Value = serde_json::from_str(text).map_err(|_| None)?;
    let task = tasks.as_object().and_then(|tasks| tasks.values().next());
    let task = task.ok_or(None)?;
    let results = task["results"].as_object();
    let texts = results.into_iter().flatten().map(|(key, value)| {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        (key.clone(), text)
    });
    let texts = texts.collect();
    if task["status"] == "completed" {
        return Ok(texts);
    }
    let message = task["message"].as_str();
    let status = task["status"].as_str().unwrap_or("no status");
    Err(Some((message.unwrap_or(status).to_owned(), texts)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_told_without_the_noise_around_it() {
        let table = [
            (
                "WARNING: no snapd\n10:00:00 INFO juju.cmd running\nERROR No controllers registered.\n\nPlease create one\nusing \"juju bootstrap\".\n",
                Some("No controllers registered. Please create one using \"juju bootstrap\"."),
            ),
            (
                "error: there is no lab here\n",
                Some("there is no lab here"),
            ),
            ("no such host\n\tat all\n", Some("no such host at all")),
            (" \n", None),
            ("", None),
        ];
        for (errors, expected) in table {
            assert_eq!(complaint(errors).as_deref(), expected, "{errors}");
        }
        let long = complaint(&"ä".repeat(600)).unwrap();
        assert_eq!(long.chars().count(), 501);
    }

    #[test]
    fn answers_of_all_jujus_are_understood() {
        let new = r#"{"mongo-rs/0": {"id": "4", "status": "completed", "results": {"outcome": "installed", "return-code": 0}}}"#;
        let old = r#"{"unit-mongo-rs-0": {"UnitId": "mongo-rs/0", "status": "completed", "results": {"outcome": "installed"}}}"#;
        for text in [new, old] {
            assert_eq!(results(text).unwrap()["outcome"], "installed");
        }
        for (told, outcome) in [("", None), (r#""outcome": "skipped""#, Some("skipped"))] {
            let failed = format!(
                r#"{{"mongo-rs/0": {{"status": "failed", "message": "no nft", "results": {{{told}}}}}}}"#
            );
            let (said, results) = results(&failed).unwrap_err().unwrap();
            let found = (&*said, results.get("outcome").map(String::as_str));
            assert_eq!(found, ("no nft", outcome), "{failed}");
        }
        for text in ["", "{}", "[]", "error"] {
            assert_eq!(results(text), Err(None), "{text}");
        }
    }
}
