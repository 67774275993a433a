//! Histories as the tester writes them to a file.

use mongo_rs::consistency::checker::actions::{OnRegister, Register};
use mongo_rs::consistency::checker::operation::{History, NIL, OPEN};
use mongo_rs::consistency::outcome::OutcomeType;
use std::io::{Result, Write};

/// Writes a history of one register: a header, two lines for each operation in the order in which they happened, and a
/// result.
pub fn write(history: &History<OnRegister>, out: &mut impl Write) -> Result<()> {
    let mut lines: Vec<(u32, usize, bool)> = Vec::with_capacity(2 * history.operations.len());
    for (number, operation) in history.operations.iter().enumerate() {
        lines.push((operation.invoked, number, false));
        if operation.completed != OPEN {
            lines.push((operation.completed, number, true));
        }
    }
    lines.sort_unstable();
    writeln!(out, r#"{{"type":"header","format":1}}"#)?;
    for (index, (_, number, completed)) in lines.into_iter().enumerate() {
        let operation = &history.operations[number];
        let kind = match (completed, operation.outcome) {
            (false, _) => "invoke",
            (true, OutcomeType::Ok) => "ok",
            (true, OutcomeType::Fail) => "fail",
            (true, OutcomeType::Info) => "info",
        };
        let (f, value) = match operation.action.action {
            Register::Read(Some(value)) if completed && value != NIL => ("read", value.to_string()),
            Register::Read(_) => ("read", "null".to_owned()),
            Register::Write(value) => ("write", value.to_string()),
            Register::CompareAndSet(NIL, to) => ("cas", format!("[null,{to}]")),
            Register::CompareAndSet(from, to) => ("cas", format!("[{from},{to}]")),
        };
        let (process, time) = (operation.process, index * 50_000);
        writeln!(
            out,
            r#"{{"index":{index},"time":{time},"process":{process},"type":"{kind}","f":"{f}","value":[0,{value}]}}"#
        )?;
    }
    writeln!(out, r#"{{"type":"result"}}"#)
}
