//! Windows of time: quantiles of latencies, and rates.

use super::operation::{NEVER, Outcome};
use super::run::Run;
use super::scale::nice;
use crate::consistency::checker::quantiles::quantiles;

/// At most about so many windows a run has.
const WINDOWS: f64 = 100.0;
/// The shortest window: seconds. Jepsen has 30 s for quantiles and 10 s for rates, which is long for a run of a minute.
const SHORTEST: f64 = 0.5;

/// The quantiles that are drawn.
pub const QUANTILES: [&str; 4] = ["0.5", "0.95", "0.99", "1"];

/// The length of a window, in seconds: a round number, so that there are forty to a hundred of them.
pub fn window(seconds: f64) -> f64 {
    nice((seconds / WINDOWS).max(SHORTEST))
}

/// The quantiles of one function: of each window the middle in seconds, and the latencies in nanoseconds in the order of
/// [`QUANTILES`]. Windows without operations are left out.
pub fn latencies(run: &Run, function: u16, window: f64) -> Vec<(f64, [u64; 4])> {
    let width = (window * 1e9).max(1.0) as u64;
    let ours = run
        .operations
        .iter()
        .filter(|operation| operation.function == function);
    let mut all: Vec<(u64, u64)> = ours
        .filter_map(|operation| Some((operation.invoked / width, operation.latency()?)))
        .collect();
    all.sort_unstable();
    let mut found = Vec::new();
    let mut values = Vec::new();
    for chunk in all.chunk_by(|first, second| first.0 == second.0) {
        let Some((place, _)) = chunk.first() else {
            continue;
        };
        values.clear();
        values.extend(chunk.iter().map(|(_, latency)| *latency));
        let given = quantiles(&mut values);
        let one = |name| {
            given
                .iter()
                .find(|(given, _)| *given == name)
                .map_or(0, |(_, value)| *value)
        };
        found.push(((*place as f64 + 0.5) * window, QUANTILES.map(one)));
    }
    found
}

/// The rate of one function and outcome: operations a second by their completion, a figure for each window from the
/// start to the end. None where there was not one.
pub fn rate(run: &Run, function: u16, outcome: Outcome, window: f64) -> Option<Vec<f64>> {
    let width = (window * 1e9).max(1.0) as u64;
    // The windows are as many as `window` makes them; a bound all the same, for a length that was given.
    let count = usize::try_from(run.end / width)
        .unwrap_or(usize::MAX)
        .min(10_000)
        + 1;
    let mut counts = vec![0u64; count];
    let mut some = false;
    let completed = run.operations.iter().filter(|operation| {
        operation.function == function
            && operation.outcome == outcome
            && operation.completed != NEVER
    });
    for operation in completed {
        let place = usize::try_from(operation.completed / width).unwrap_or(usize::MAX);
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
            some = true;
        }
    }
    some.then(|| {
        counts
            .into_iter()
            .map(|count| count as f64 / window)
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::operation::Operation;
    use super::*;

    fn run(times: &[(u64, u64)]) -> Run {
        let operations = times
            .iter()
            .zip(0..)
            .map(|((invoked, completed), place)| Operation {
                invoked: invoked * 1_000_000,
                completed: completed * 1_000_000,
                process: 0,
                number: None,
                place,
                completion: place,
                function: 0,
                outcome: Outcome::Ok,
                begun: true,
                text: 0,
            });
        Run {
            operations: operations.collect(),
            end: times
                .iter()
                .map(|time| time.1 * 1_000_000)
                .max()
                .unwrap_or(0),
            functions: vec!["w".into()],
            ..Run::default()
        }
    }

    #[test]
    fn windows_are_round_and_at_most_a_hundred() {
        for (seconds, expected) in [
            (0.0, 0.5),
            (10.0, 0.5),
            (60.0, 1.0),
            (120.0, 2.0),
            (600.0, 10.0),
            (86_400.0, 1000.0),
            (1.8e10, 2e8),
        ] {
            assert!(
                (window(seconds) - expected).abs() < 1e-6,
                "{seconds}: {}",
                window(seconds)
            );
        }
    }

    #[test]
    fn quantiles_of_windows() {
        let times: Vec<(u64, u64)> = (0..100)
            .map(|number| (number, 2 * number + 1))
            .chain([(2500, 2500)])
            .collect();
        let found = latencies(&run(&times), 0, 1.0);
        let ms = 1_000_000;
        assert_eq!(
            found,
            [(0.5, [51 * ms, 96 * ms, 100 * ms, 100 * ms]), (2.5, [0; 4])]
        );
        assert!(latencies(&run(&times), 1, 1.0).is_empty());
    }

    #[test]
    fn rates_are_by_completion_and_show_zeros() {
        let of = run(&[(0, 100), (0, 1900), (0, 1950), (0, 3100)]);
        assert_eq!(
            rate(&of, 0, Outcome::Ok, 1.0),
            Some(vec![1.0, 2.0, 0.0, 1.0])
        );
        assert_eq!(rate(&of, 0, Outcome::Ok, 2.0), Some(vec![1.5, 0.5]));
        assert_eq!(rate(&of, 0, Outcome::Fail, 1.0), None);
    }
}
