//! A report as a person reads it.

use super::Report;

pub(super) fn text(report: &Report) -> String {
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
    let read = report.read_concern.as_deref().unwrap_or("none");
    let mut lines = vec![
        ("workload", report.workload.name().to_owned()),
        ("write concern", report.write_concern.clone()),
        ("read concern", read.to_owned()),
        ("clients", report.clients.to_string()),
        ("acknowledged", report.pass.to_string()),
        ("failed", report.fail.to_string()),
        ("unknown", info),
    ];
    let found = report.found();
    lines.extend(
        found
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    lines.extend([
        ("primaries", primaries),
        ("duration", format!("{:.1} s", report.duration)),
        ("history", report.history.clone()),
        (
            "page",
            report.page.clone().unwrap_or_else(|| "none".to_owned()),
        ),
    ]);
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = format!("{}: {}\n", report.verdict.name(), report.reason);
    for (name, value) in lines {
        text.push_str(&format!("  {name:<width$}  {value}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::{ListFigures, Verdict};
    use super::*;
    use crate::consistency::workload::Workload;
    use std::collections::BTreeMap;

    #[test]
    fn what_a_person_reads() {
        let report = Report {
            id: "x".into(),
            verdict: Verdict::Invalid,
            reason: "2 acknowledged appends are lost".into(),
            workload: Workload::ListAppend,
            write_concern: "majority".into(),
            clients: 3,
            seed: 7,
            pass: 10,
            fail: 1,
            info: 2,
            applied_not_majority: 1,
            list: Some(ListFigures {
                expected_len: 10,
                actual_len: Some(9),
                lost: 2,
                lost_range: "4-5".into(),
                recovered: 1,
                duplicated: 0,
                unexpected: 0,
                reordered: 0,
            }),
            finding: None,
            members_agree: None,
            primary: Some("b:1".into()),
            primaries: vec!["a:1".into(), "b:1".into()],
            read_concern: Some("linearizable".into()),
            duration: 12.34,
            history: "./h.jsonl".into(),
            page: Some("./h/index.html".into()),
            collections: BTreeMap::new(),
            rolled_back: None,
            coverage: None,
        };
        insta::assert_snapshot!(report.text(), @r"
        invalid: 2 acknowledged appends are lost
          workload       list-append
          write concern  majority
          read concern   linearizable
          clients        3
          acknowledged   10
          failed         1
          unknown        2 (1 of them applied on one server only, as far as it knew)
          expected-len   10
          actual-len     9
          lost           2
          lost-range     4-5
          recovered      1
          duplicated     0
          unexpected     0
          reordered      0
          primaries      a:1 -> b:1
          duration       12.3 s
          history        ./h.jsonl
          page           ./h/index.html
        ");
        let results = report.results();
        let names: Vec<&str> = results.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names.join(" "),
            "verdict reason workload pass fail info expected-len actual-len lost lost-range recovered duplicated unexpected reordered primary primaries duration history page"
        );
    }
}
