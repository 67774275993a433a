use super::prepare::Prepared;
use super::unique::{Fault, NONE, Value};

/// A fault with the calls that tie its own calls together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// What is wrong.
    pub fault: Fault,
    /// The compare-and-sets that lead from one of its calls to the other.
    pub links: Vec<u32>,
    /// Calls that were never answered but happened, and what found their values.
    pub proofs: Vec<(u32, u32)>,
}

impl Evidence {
    /// That needs nothing more.
    pub fn plain(fault: Fault) -> Self {
        Self {
            fault,
            links: Vec::new(),
            proofs: Vec::new(),
        }
    }

    /// Finds the links and the proofs. `proofs` has the call that first found a value, by value.
    pub fn new(fault: Fault, prepared: &Prepared, values: &[Value], proofs: &[u32]) -> Self {
        let mut evidence = Self::plain(fault);
        let (pairs, calls) = match fault {
            Fault::Garbage(call) => (vec![], vec![call]),
            Fault::Circular(call) => (vec![(call, call)], vec![call]),
            Fault::Future(one, other) | Fault::Replaced(one, other) => {
                (vec![(one, other)], vec![one, other])
            }
            Fault::Twice(one, other) => (vec![], vec![one, other]),
            Fault::Overlap { first, second } => (
                vec![first, second],
                vec![first.0, first.1, second.0, second.1],
            ),
            Fault::Held(failed, from, to) => {
                // From the value that was compared to the call that shows since when it was there, and likewise back.
                let compared = match prepared.calls[failed as usize].action {
                    super::literal::Literal::Differ(value) => value,
                    _ => 0,
                };
                evidence.links =
                    between_values(prepared, values, compared, value_of(prepared, from));
                let back = between_values(prepared, values, value_of(prepared, to), compared);
                evidence.links.extend(back);
                (vec![], vec![from, to])
            }
        };
        for (one, other) in pairs {
            evidence.links.extend(between(prepared, values, one, other));
        }
        evidence.links.retain(|call| !calls.contains(call));
        let mut told = calls;
        told.extend(&evidence.links);
        let mut next = 0;
        while let Some(call) = told.get(next).copied() {
            next += 1;
            let Some(call) = (call != NONE)
                .then(|| &prepared.calls[call as usize])
                .zip(Some(call))
            else {
                continue;
            };
            if call.0.is_required() {
                continue;
            }
            let proof = call
                .0
                .action
                .writes()
                .map_or(NONE, |value| proofs[value as usize]);
            if proof != NONE && !evidence.proofs.iter().any(|known| known.0 == call.1) {
                evidence.proofs.push((call.1, proof));
                if !told.contains(&proof) {
                    told.push(proof);
                }
            }
        }
        evidence
    }
}

fn value_of(prepared: &Prepared, call: u32) -> u32 {
    prepared.calls.get(call as usize).map_or(0, |call| {
        call.action.writes().or(call.action.finds()).unwrap_or(0)
    })
}

fn between(prepared: &Prepared, values: &[Value], one: u32, other: u32) -> Vec<u32> {
    let (first, second) = (value_of(prepared, one), value_of(prepared, other));
    if one == other && one != NONE {
        // A circle: all of it.
        return walk(prepared, values, first, |value, steps| {
            steps > 0 && value == first
        })
        .unwrap_or_default();
    }
    let mut links = between_values(prepared, values, first, second);
    if links.is_empty() && first != second {
        links = between_values(prepared, values, second, first);
    }
    links
}

/// The compare-and-sets on the way from one value to another; none where there is no way.
fn between_values(prepared: &Prepared, values: &[Value], from: u32, to: u32) -> Vec<u32> {
    walk(prepared, values, from, |value, _| value == to).unwrap_or_default()
}

fn walk(
    prepared: &Prepared,
    values: &[Value],
    from: u32,
    ends: impl Fn(u32, usize) -> bool,
) -> Option<Vec<u32>> {
    let mut links = Vec::new();
    let mut value = from;
    while !ends(value, links.len()) {
        let next = values[value as usize].next;
        if next == NONE || links.len() > values.len() {
            return None;
        }
        links.push(next);
        value = prepared.calls[next as usize].action.writes()?;
    }
    Some(links)
}
