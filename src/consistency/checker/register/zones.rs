use super::unique::Fault;

/// When a chain of values was there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Its first return, or -1 for the chain that the register begins with: it was there before.
    pub from: i64,
    /// The call that returned then.
    pub first: u32,
    /// Its last invocation, or -1 for none: it was there after.
    pub to: i64,
    /// The call that was invoked then.
    pub last: u32,
}

/// Two chains of which each was there before and after the other, if there are such. O(n log n).
pub(super) fn overlap(spans: Vec<Span>) -> Option<Fault> {
    let (mut fixed, free): (Vec<Span>, Vec<Span>) =
        spans.into_iter().partition(|span| span.from < span.to);
    fixed.sort_unstable_by_key(|span| (span.from, span.to));
    for pair in fixed.windows(2) {
        if pair[1].from < pair[0].to {
            return Some(fault(&pair[0], &pair[1]));
        }
    }
    // A chain that is not fixed may stand anywhere between its last invocation and its first return.
    free.iter().find_map(|span| {
        let before = fixed.partition_point(|other| other.from < span.to);
        let other = fixed[..before].last()?;
        (span.from < other.to).then(|| fault(other, span))
    })
}

fn fault(one: &Span, other: &Span) -> Fault {
    Fault::Overlap {
        first: (one.first, one.last),
        second: (other.first, other.last),
    }
}
