//! `rollbacks`: what the server of this unit has taken back, because another member was elected that did not have it.

use super::{Answer, Situation};
use crate::consistency::checker::ranges::ranges;
use crate::host::rollback;
use crate::model::paths;
use crate::mongo::rolled_back::RolledBack;
use std::path::Path;

/// The action. Of one collection also the numbers in its documents are told; of all, they would mean nothing.
pub async fn run(situation: &Situation) -> Answer {
    let data = situation.host.data_directory.as_deref();
    let data = data.unwrap_or(Path::new(paths::DATA));
    let files = match rollback::files(data) {
        Ok(files) => files,
        Err(error) => {
            let place = data.join("rollback");
            return Answer::failed(format!("failed to look into {}: {error}", place.display()));
        }
    };
    let collection = situation.word("collection").map(str::to_lowercase);
    let meant = |uuid: &str| collection.as_deref().is_none_or(|meant| meant == uuid);
    let mut found = RolledBack::default();
    let mut paths = Vec::new();
    for file in files.iter().filter(|file| meant(&file.collection)) {
        match std::fs::read(&file.path) {
            Ok(bytes) => found.read(&bytes),
            Err(error) => {
                let path = file.path.display();
                return Answer::failed(format!("failed to read {path}: {error}"));
            }
        }
        paths.push(file.path.display().to_string());
    }
    let numbers: Vec<i64> = found.numbers.into_iter().collect();
    let answer = Answer::default()
        .with("documents", found.documents)
        .with("files", none_if_empty(paths.join(" ")));
    match collection {
        Some(_) => answer.with("numbers", none_if_empty(ranges(&numbers))),
        None => answer,
    }
}

fn none_if_empty(text: String) -> String {
    match text.is_empty() {
        true => "none".to_owned(),
        false => text,
    }
}
