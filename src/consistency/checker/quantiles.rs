//! Quantiles as Jepsen gives them.

/// The quantiles that are given, with the ends of their names.
const POINTS: [(&str, usize); 5] = [
    ("0", 0),
    ("0.5", 500),
    ("0.95", 950),
    ("0.99", 990),
    ("1", 1000),
];

/// The quantiles 0, 0.5, 0.95, 0.99 and 1 of some values, none where there are no values. Sorts the values. The quantile
/// q of n values is the one at place floor(q n), at most the last (Jepsen's `frequency-distribution`).
pub fn quantiles(values: &mut [u64]) -> Vec<(&'static str, u64)> {
    values.sort_unstable();
    let Some(last) = values.len().checked_sub(1) else {
        return Vec::new();
    };
    let at = |thousandths: usize| (values.len().saturating_mul(thousandths) / 1000).min(last);
    POINTS
        .iter()
        .map(|(name, thousandths)| (*name, values[at(*thousandths)]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_jepsens() {
        let of = |mut values: Vec<u64>| {
            quantiles(&mut values)
                .into_iter()
                .map(|pair| pair.1)
                .collect::<Vec<_>>()
        };
        assert!(of(vec![]).is_empty());
        assert_eq!(of(vec![7]), [7, 7, 7, 7, 7]);
        assert_eq!(of(vec![2, 1]), [1, 2, 2, 2, 2]);
        assert_eq!(of((0..100).rev().collect()), [0, 50, 95, 99, 99]);
        assert_eq!(of((0..1000).collect()), [0, 500, 950, 990, 999]);
    }
}
