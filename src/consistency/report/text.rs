//! A report as a person reads it.

use super::Report;

pub(super) fn text(report: &Report) -> String {
    let concern = if report.majority { "majority" } else { "1" };
    let length = report
        .actual_len
        .map_or_else(|| "not read".to_owned(), |length| length.to_string());
    let read = report
        .read_concern
        .as_deref()
        .map_or_else(String::new, |concern| format!(" (read concern {concern})"));
    let lost = if report.lost == 0 {
        "0".to_owned()
    } else {
        format!("{} ({})", report.lost, super::shortened(&report.lost_range))
    };
    let info = if report.applied_not_majority == 0 {
        report.info.to_string()
    } else {
        format!(
            "{} ({} of them applied on one server only, as far as it knew)",
            report.info, report.applied_not_majority
        )
    };
    let primaries = if report.primaries.is_empty() {
        "none seen".to_owned()
    } else {
        report.primaries.join(" -> ")
    };
    let lines = [
        ("write concern", concern.to_owned()),
        ("clients", report.clients.to_string()),
        ("acknowledged", report.pass.to_string()),
        ("failed", report.fail.to_string()),
        ("unknown", info),
        ("in the list", format!("{length}{read}")),
        ("lost", lost),
        ("recovered", report.recovered.to_string()),
        ("duplicated", report.duplicated.to_string()),
        ("unexpected", report.unexpected.to_string()),
        ("reordered", report.reordered.to_string()),
        ("primaries", primaries),
        ("duration", format!("{:.1} s", report.duration)),
        ("history", report.history.clone()),
    ];
    let mut text = format!("{}: {}\n", report.verdict.name(), report.reason);
    for (name, value) in lines {
        text.push_str(&format!("  {name:<14} {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let report = Report {
            id: "x".into(),
            verdict: Verdict::Invalid,
            reason: "2 acknowledged appends are lost".into(),
            majority: true,
            clients: 3,
            pass: 10,
            fail: 1,
            info: 2,
            applied_not_majority: 1,
            expected_len: 10,
            actual_len: Some(9),
            lost: 2,
            lost_range: "4-5".into(),
            recovered: 1,
            duplicated: 0,
            unexpected: 0,
            reordered: 0,
            primary: Some("b:1".into()),
            primaries: vec!["a:1".into(), "b:1".into()],
            read_concern: Some("linearizable".into()),
            duration: 12.34,
            history: "./h.jsonl".into(),
        };
        insta::assert_snapshot!(report.text(), @r"
        invalid: 2 acknowledged appends are lost
          write concern  majority
          clients        3
          acknowledged   10
          failed         1
          unknown        2 (1 of them applied on one server only, as far as it knew)
          in the list    9 (read concern linearizable)
          lost           2 (4-5)
          recovered      1
          duplicated     0
          unexpected     0
          reordered      0
          primaries      a:1 -> b:1
          duration       12.3 s
          history        ./h.jsonl
        ");
        let results = report.results();
        let names: Vec<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names.join(" "),
            "verdict reason pass fail info expected-len actual-len lost lost-range recovered duplicated unexpected reordered primary primaries duration history"
        );
    }
}
