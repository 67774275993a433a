//! `open-port`, `close-port`, `opened-ports`.

use super::flags::{FORMAT, Flag, parse, switch, value};
use super::format::answer;
use super::{Answer, Call, Failure, Output};
use serde_json::json;
use std::collections::BTreeSet;

const ENDPOINTS: &[Flag] = &[value(&["endpoints"]), value(&["format"])];
const SHOW: &[Flag] = &[switch(&["endpoints"])];
/// Stands for all endpoints.
const ALL: &str = "*";

pub(super) fn open(call: &mut Call<'_>) -> Answer {
    let (port, wanted) = read(call)?;
    let model = call.world.model();
    let now = call.context.pending.ports_over(&call.unit(&model)?.ports);
    let mut endpoints = now.get(&port).cloned().unwrap_or_default();
    for other in now.keys().filter(|other| **other != port) {
        if overlaps(other, &port) {
            return Err(Failure::Run(format!(
                "cannot open {port} (unit {:?}): port range conflicts with {other}",
                call.context.unit.to_string()
            )));
        }
    }
    endpoints.extend(wanted);
    if endpoints.contains(ALL) {
        endpoints = BTreeSet::from([ALL.to_owned()]);
    }
    call.context.pending.ports.insert(port, endpoints);
    Ok(Output::default())
}

pub(super) fn close(call: &mut Call<'_>) -> Answer {
    let (port, unwanted) = read(call)?;
    let model = call.world.model();
    let unit = call.unit(&model)?;
    let mut endpoints = call
        .context
        .pending
        .ports_over(&unit.ports)
        .get(&port)
        .cloned()
        .unwrap_or_default();
    if unwanted.contains(ALL) {
        endpoints.clear();
    } else {
        if endpoints.remove(ALL) {
            let declared = &call.application(&model)?.charm.endpoints;
            endpoints.extend(declared.iter().map(|endpoint| endpoint.name.clone()));
        }
        endpoints.retain(|endpoint| !unwanted.contains(endpoint));
    }
    call.context.pending.ports.insert(port, endpoints);
    Ok(Output::default())
}

pub(super) fn opened(call: &mut Call<'_>) -> Answer {
    let parsed = parse(&[FORMAT, SHOW], call.arguments)?;
    parsed.at_most(0)?;
    let model = call.world.model();
    let ports = call.context.pending.ports_over(&call.unit(&model)?.ports);
    let lines: Vec<String> = ports
        .iter()
        .map(|(port, endpoints)| {
            if parsed.is_on("endpoints") {
                let names: Vec<&str> = endpoints.iter().map(String::as_str).collect();
                format!("{port} ({})", names.join(", "))
            } else {
                port.clone()
            }
        })
        .collect();
    answer(&parsed, &json!(lines))
}

fn read(call: &Call<'_>) -> Result<(String, BTreeSet<String>), Failure> {
    let parsed = parse(&[ENDPOINTS], call.arguments)?;
    let text = parsed
        .positional
        .first()
        .ok_or_else(|| Failure::Usage("no port or range specified".to_owned()))?;
    parsed.at_most(1)?;
    let port = range(text)?;
    let endpoints = match parsed.value("endpoints") {
        None | Some("") => BTreeSet::from([ALL.to_owned()]),
        Some(list) => list.split(',').map(|name| name.trim().to_owned()).collect(),
    };
    let model = call.world.model();
    for endpoint in endpoints.iter().filter(|endpoint| *endpoint != ALL) {
        if call.application(&model)?.endpoint(endpoint).is_none() {
            return Err(Failure::Run(format!(
                "open ports for endpoint {endpoint:?}: endpoint not found"
            )));
        }
    }
    Ok((port, endpoints))
}

/// `27017`, `27017/tcp`, `100-200/udp`, `icmp` in one way of writing.
fn range(text: &str) -> Result<String, Failure> {
    let text = text.to_ascii_lowercase();
    if text == "icmp" {
        return Ok(text);
    }
    let invalid = |why: String| Failure::Usage(why);
    let (ports, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
    if protocol != "tcp" && protocol != "udp" {
        return Err(invalid(format!(
            "protocol must be \"tcp\", \"udp\", or \"icmp\"; got {protocol:?}"
        )));
    }
    let number = |text: &str| {
        text.parse::<u16>()
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| {
                invalid(format!(
                    "port must be in the range [1, 65535]; got {text:?}"
                ))
            })
    };
    match ports.split_once('-') {
        None => Ok(format!("{}/{protocol}", number(ports)?)),
        Some((from, to)) => {
            let (from, to) = (number(from)?, number(to)?);
            if from > to {
                return Err(invalid(format!(
                    "invalid port range {from}-{to}/{protocol}; expected fromPort <= toPort"
                )));
            }
            Ok(if from == to {
                format!("{from}/{protocol}")
            } else {
                format!("{from}-{to}/{protocol}")
            })
        }
    }
}

fn overlaps(one: &str, other: &str) -> bool {
    let bounds = |text: &str| -> Option<(u16, u16, String)> {
        let (ports, protocol) = text.split_once('/')?;
        let (from, to) = ports.split_once('-').unwrap_or((ports, ports));
        Some((from.parse().ok()?, to.parse().ok()?, protocol.to_owned()))
    };
    match (bounds(one), bounds(other)) {
        (Some((a, b, p)), Some((c, d, q))) => p == q && a <= d && c <= b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_in_one_way() {
        for (text, written) in [
            ("27017", "27017/tcp"),
            ("53/UDP", "53/udp"),
            ("1-3", "1-3/tcp"),
            ("5-5", "5/tcp"),
            ("ICMP", "icmp"),
        ] {
            assert_eq!(range(text), Ok(written.to_owned()));
        }
        for text in ["0", "70000", "a", "3-1", "1/sctp", ""] {
            assert!(range(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ranges_overlap_only_in_one_protocol() {
        assert!(overlaps("1-10/tcp", "5/tcp"));
        assert!(!overlaps("1-10/tcp", "5/udp"));
        assert!(!overlaps("1-10/tcp", "11/tcp"));
        assert!(!overlaps("icmp", "11/tcp"));
    }
}
