/// The first rank at which it fails, if it fails from there on and at the last one; looked for near the first. What
/// cannot be found out counts as not failing: then a later rank comes out.
pub(in crate::consistency::checker) fn first_failing(
    from: u32,
    last: u32,
    mut fails: impl FnMut(u32) -> bool,
) -> u32 {
    let (mut good, mut bad, mut step) = (from.min(last), last, 0u32);
    while good < bad {
        let middle = good + step.min((bad - good) / 2);
        if fails(middle) {
            bad = middle;
            step = 0;
        } else {
            good = middle + 1;
            step = step.saturating_mul(2).saturating_add(1);
        }
    }
    bad
}
