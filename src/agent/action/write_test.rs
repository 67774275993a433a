//! `write-test`: the tester, run from this unit against its own set. It needs no knowledge of faults.

use super::primary::url;
use super::{Answer, Situation};
use crate::consistency::{WriteTestOptions, command, page, write_test};
use crate::host::file;
use crate::host::paths;
use crate::model::connection_url::ConnectionUrl;
use crate::model::observed::SetFacts;
use std::path::Path;

/// The action. A verdict other than valid is a result, not a failure: the test was made.
pub async fn run(situation: &Situation) -> Answer {
    let SetFacts::Seen(view) = &situation.set else {
        return Answer::failed("the replica set cannot be seen from this unit; look at its status");
    };
    let members: Vec<_> = view
        .config
        .members()
        .map(|member| member.host.clone())
        .collect();
    let url: ConnectionUrl = match url(&members, view.config.name()).parse() {
        Ok(url) => url,
        Err(error) => return Answer::failed(format!("the set's own URL cannot be read: {error}")),
    };
    let runs = Path::new(paths::RUNS);
    if let Err(error) = file::make_directory(runs, 0o755, None) {
        return Answer::failed(error.to_string());
    }
    let options = match command::from_parameters(&url, &situation.parameters) {
        Ok(options) => WriteTestOptions {
            history_directory: runs.to_owned(),
            ..options
        },
        Err(why) => return Answer::failed(why),
    };
    match write_test(options, &mut |progress| {
        tracing::info!("{}", progress.line())
    })
    .await
    {
        Ok(report) => {
            let report = report.with_page();
            let copy = page::directory(Path::new(&report.history));
            let me = &situation.juju.me;
            let answer = Answer {
                // Juju takes a dot for a map within a map.
                results: report
                    .results()
                    .into_iter()
                    .map(|(name, value)| (name.replace('.', "-"), value))
                    .collect(),
                failure: None,
            };
            answer.with("copy", format!("juju scp -- -r {me}:{} .", copy.display()))
        }
        Err(error) => Answer::failed(error.to_string()),
    }
}
