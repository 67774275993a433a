//! Cuts in the kernel: tables of our own, whose set elements carry a time-out, so that the kernel heals the cut by
//! itself whatever becomes of the agent. No other table is ever read or touched.

use super::program::{self, ProgramError};
use crate::model::fault::Cut;
use serde_json::Value;
use std::fmt::Write;
use std::net::IpAddr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// Our tables, one for each that asks: neither takes away what the other put in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// What the charm's actions asked for; every hook brings it to what is wanted now.
    Charm,
    /// What a person asked for on this machine, by command.
    Person,
}

impl Table {
    fn name(self) -> &'static str {
        match self {
            Self::Charm => "mongo_rs_fault",
            Self::Person => "mongo_rs_fault_by_hand",
        }
    }
}

/// The cuts that the kernel holds now in one of our tables; none when the table is not there.
///
/// # Errors
/// When `nft` is not installed, or refuses.
pub async fn cuts(table: Table) -> Result<Option<Vec<Cut>>, ProgramError> {
    let nft = program::find("nft")?;
    match program::run(
        &nft,
        &["--json", "list", "table", "inet", table.name()],
        None,
        LIMIT,
    )
    .await
    {
        Ok(json) => Ok(Some(parse(&json))),
        Err(ProgramError::Failed { stderr, .. })
            if stderr.contains("No such file or directory") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Puts these cuts, and no others, in place: one transaction, all or nothing.
pub async fn set(table: Table, cuts: &[Cut]) -> Result<(), ProgramError> {
    let nft = program::find("nft")?;
    program::run(&nft, &["-f", "-"], Some(&script(table, cuts)), LIMIT)
        .await
        .map(drop)
}

/// Takes a table of ours away with all that is in it; one that is not there is as good.
pub async fn clear(table: Table) -> Result<(), ProgramError> {
    set(table, &[]).await
}

/// The transaction. Adding the table first makes deleting it valid whether or not it was there.
fn script(table: Table, cuts: &[Cut]) -> String {
    let table = format!("inet {}", table.name());
    let mut script = format!("add table {table}\ndelete table {table}\n");
    if cuts.is_empty() {
        return script;
    }
    let elements = |wanted: fn(&IpAddr) -> bool| {
        let of = cuts.iter().filter(|cut| wanted(&cut.address));
        of.map(|cut| format!("{} timeout {}ms", cut.address, cut.remaining_ms.max(1)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let _ = writeln!(script, "table {table} {{");
    for (set, kind, elements) in [
        ("cut4", "ipv4_addr", elements(IpAddr::is_ipv4)),
        ("cut6", "ipv6_addr", elements(IpAddr::is_ipv6)),
    ] {
        let elements = if elements.is_empty() {
            String::new()
        } else {
            format!("elements = {{ {elements} }};")
        };
        let _ = writeln!(
            script,
            "  set {set} {{ type {kind}; flags timeout; {elements} }}"
        );
    }
    for (chain, side) in [("input", "saddr"), ("output", "daddr")] {
        // Before all other filters, so that no accept of another table comes first.
        let _ = writeln!(
            script,
            "  chain {chain} {{ type filter hook {chain} priority -300; policy accept; \
             ip {side} @cut4 drop; ip6 {side} @cut6 drop; }}"
        );
    }
    script.push_str("}\n");
    script
}

/// Reads `nft --json list table`: elements are `{"elem": {"val": …, "timeout": s, "expires": s}}`.
fn parse(json: &str) -> Vec<Cut> {
    let parsed: Value = serde_json::from_str(json).unwrap_or_default();
    let sets = parsed["nftables"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|item| item["set"]["elem"].as_array());
    let mut cuts = Vec::new();
    for element in sets.flatten() {
        let element = &element["elem"];
        let address = element["val"].as_str().and_then(|text| text.parse().ok());
        if let (Some(address), Some(seconds)) = (address, element["expires"].as_u64()) {
            cuts.push(Cut {
                address,
                remaining_ms: seconds * 1000,
            });
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transaction_replaces_the_table_with_both_directions_and_both_families() {
        let cut = |text: &str| Cut {
            address: text.parse().unwrap(),
            remaining_ms: 1500,
        };
        let script = script(
            Table::Charm,
            &[cut("10.0.0.1"), cut("10.0.0.2"), cut("fd00::1")],
        );
        for part in [
            "add table inet mongo_rs_fault\ndelete table inet mongo_rs_fault\n",
            "elements = { 10.0.0.1 timeout 1500ms, 10.0.0.2 timeout 1500ms };",
            "elements = { fd00::1 timeout 1500ms };",
            "hook input priority -300; policy accept; ip saddr @cut4 drop; ip6 saddr @cut6 drop;",
            "hook output priority -300; policy accept; ip daddr @cut4 drop; ip6 daddr @cut6 drop;",
        ] {
            assert!(script.contains(part), "{part:?} is not in\n{script}");
        }
    }

    #[test]
    fn nfts_own_json_is_read() {
        let json = r#"{"nftables": [{"metainfo": {"version": "1.0.6"}},
            {"set": {"family": "inet", "name": "cut4", "elem": [
                {"elem": {"val": "10.0.0.3", "timeout": 60, "expires": 41}}]}},
            {"set": {"family": "inet", "name": "cut6"}}]}"#;
        assert_eq!(
            parse(json),
            [Cut {
                address: "10.0.0.3".parse().unwrap(),
                remaining_ms: 41_000
            }]
        );
        assert_eq!(parse("nonsense"), []);
    }
}
