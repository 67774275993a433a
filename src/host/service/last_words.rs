//! Why a server went, found in what it left in its log.

use super::paths;
use serde_json::Value;
use std::io::{Read, Seek, SeekFrom};

/// The line with which a server that appends to a log begins.
const RESTARTED: &str = "***** SERVER RESTARTED *****";

/// More than one run writes from its start to its end in trouble.
const LOOKED_AT: u64 = 1 << 20;

/// Why the server's last run ended, if its log says so.
pub fn of_server() -> Option<String> {
    let mut log = std::fs::File::open(paths::LOG).ok()?;
    let length = log.metadata().ok()?.len();
    log.seek(SeekFrom::Start(length.saturating_sub(LOOKED_AT)))
        .ok()?;
    let mut end = Vec::new();
    log.read_to_end(&mut end).ok()?;
    cause(&String::from_utf8_lossy(&end))
}

/// The first error of the last run: what comes after it are consequences (a panic, a signal, a stack trace).
fn cause(log: &str) -> Option<String> {
    let last_run = log.rsplit(RESTARTED).next().unwrap_or_default();
    let mut lines = last_run.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        matches!(line["s"].as_str(), Some("E" | "F")).then_some(line)
    });
    lines.next().map(|line| sentence(&line))
}

fn sentence(line: &Value) -> String {
    let what = line["msg"].as_str().unwrap_or_default().trim();
    let attributes = &line["attr"];
    // The system's reason first: what stands before it in a message may be longer than a status.
    let errno = attributes["error"]
        .as_i64()
        .and_then(|code| i32::try_from(code).ok());
    let reason = errno
        .filter(|code| *code > 0)
        .map(|code| nix::errno::Errno::from_raw(code).desc());
    let details = [
        &attributes["message"]["msg"],
        &attributes["message"],
        &attributes["error"]["errmsg"],
        &attributes["error"],
        &attributes["reason"],
    ];
    let details = details.into_iter().filter_map(Value::as_str);
    let words: Vec<&str> = std::iter::once(what).chain(reason).chain(details).collect();
    words.join(": ").chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_of_the_last_run_is_the_cause() {
        // Lines as MongoDB 6.0.5 wrote them, shortened.
        let restarted =
            r#"{"s":"I","c":"CONTROL","id":20698,"msg":"***** SERVER RESTARTED *****"}"#;
        let full = r#"{"s":"E","c":"WT","msg":"WiredTiger error message","attr":{"error":28,"message":{"msg":"journal/WiredTigerTmplog.0000000001: fatal log failure","error_str":"No space left on device","error_code":28}}}"#;
        let panic = r#"{"s":"F","c":"ASSERT","msg":"Fatal assertion","attr":{"msgid":50853}}"#;
        let signal = r#"{"s":"F","c":"CONTROL","msg":"Writing fatal message","attr":{"message":"Got signal: 6 (Aborted).\n"}}"#;
        let locked = r#"{"s":"E","c":"STORAGE","msg":"DBException in initAndListen, terminating","attr":{"error":"DBPathInUse: Unable to lock the lock file"}}"#;
        let fine = r#"{"s":"I","c":"NETWORK","msg":"Waiting for connections"}"#;
        let of = |lines: &[&str]| cause(&lines.join("\n"));
        assert_eq!(
            of(&[locked, restarted, fine, full, panic, signal]).unwrap(),
            "WiredTiger error message: No space left on device: journal/WiredTigerTmplog.0000000001: fatal log failure"
        );
        let text = r#"{"s":"E","c":"WT","msg":"WiredTiger error message","attr":{"error":28,"message":"[1][2:3], wiredtiger_open: pwrite: failed to write 21 bytes"}}"#;
        assert_eq!(
            of(&[text, panic]).unwrap(),
            "WiredTiger error message: No space left on device: [1][2:3], wiredtiger_open: pwrite: failed to write 21 bytes"
        );
        assert_eq!(
            of(&[locked]).unwrap(),
            "DBException in initAndListen, terminating: DBPathInUse: Unable to lock the lock file"
        );
        assert_eq!(of(&[signal, restarted, fine]), None);
        assert_eq!(of(&["not JSON at all", ""]), None);
    }
}
