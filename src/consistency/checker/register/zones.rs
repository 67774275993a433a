use super::unique::Fault;

/// When a chain of values was there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Its first return, or -1 for the chain that the register begins with: it was there before.
    pub from: i64,
    /// The call that returned then.
    pub first: u32,
    /// When that was invoked; -1 for the chain that the register begins with.
    pub begun: i64,
    /// Its last invocation, or -1 for none: it was there after.
    pub to: i64,
    /// The call that was invoked then.
    pub last: u32,
}

/// Pairs of chains of which each was there before and after the other, if there are such; the one that comes back is the
/// first. Not all pairs. O(n log n + n m) for at most m pairs.
pub(super) fn overlaps(spans: &[Span], most: usize) -> Vec<Fault> {
    let (mut fixed, free): (Vec<Span>, Vec<Span>) =
        spans.iter().copied().partition(|span| span.from < span.to);
    fixed.sort_unstable_by_key(|span| (span.from, span.to));
    let pairs = fixed.windows(2).filter_map(|pair| match pair {
        [one, other] if other.from < one.to => Some((one, other)),
        _ => None,
    });
    let mut pairs: Vec<(&Span, &Span)> = pairs.take(most).collect();
    if pairs.is_empty() {
        // A chain that is not fixed may stand anywhere between its last invocation and its first return.
        let inside = free.iter().filter_map(|span| {
            let before = fixed.partition_point(|other| other.from < span.to);
            let other = fixed[..before].last()?;
            (span.from < other.to).then_some((other, span))
        });
        pairs = inside.take(most).collect();
    }
    let told = pairs
        .into_iter()
        .map(|(one, other)| clearest(one, other, spans));
    told.collect()
}

/// What a person sees at once: the second chain began when the first had been there, and was there before the first was
/// there for the last time. Where writes ran at the same time that may not be so of these two, but of one of them and
/// another chain.
fn clearest(one: &Span, other: &Span, spans: &[Span]) -> Fault {
    let comes_back = |span: &Span, later: &&Span| later.begun > span.from && later.from < span.to;
    let between = |span: &Span| spans.iter().find(|later| comes_back(span, later)).copied();
    let (stale, newer) = match (comes_back(one, &other), between(one), between(other)) {
        (true, ..) | (_, None, None) => (one, *other),
        (_, Some(later), _) => (one, later),
        (_, _, Some(later)) => (other, later),
    };
    // One call that shows both is less to look at than two.
    let last = match comes_back(stale, &&newer) {
        true => newer.first,
        false => newer.last,
    };
    Fault::Overlap {
        first: (stale.first, stale.last),
        second: (newer.first, last),
    }
}
