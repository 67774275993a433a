//! Many points at one place are one mark: a drawing of a million operations is no larger than one of ten thousand.

use super::scale::nice;
use std::collections::HashMap;

/// The most marks of one drawing.
pub const MOST: usize = 14_000;

/// Points in cells of a grid, in series of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Bins {
    /// The length of a side of a cell: 1 or a power of two.
    pub cell: f64,
    /// From how many points on a mark has level 1, and level 2: at least 2 and 10, more where most cells are fuller.
    pub steps: [u32; 2],
    /// Of each series: where a mark stands (the middle of its cell), and its level from 0 to 2. In order of place.
    pub series: Vec<Vec<(f64, f64, usize)>>,
}

/// Puts points into cells of one unit, or of larger ones if those are too many. O(n) for each size that is tried.
pub fn bins(series: &[Vec<(f32, f32)>], most: usize) -> Bins {
    let mut cell = 1.0;
    loop {
        let counted: Vec<HashMap<(i32, i32), u32>> =
            series.iter().map(|points| counted(points, cell)).collect();
        let marks: usize = counted.iter().map(HashMap::len).sum();
        if marks <= most.max(1) || cell > 1e6 {
            let steps = steps(&counted);
            let series = counted
                .into_iter()
                .map(|cells| marks_of(cells, cell, steps));
            return Bins {
                cell: f64::from(cell),
                steps,
                series: series.collect(),
            };
        }
        cell *= 2.0;
    }
}

fn counted(points: &[(f32, f32)], cell: f32) -> HashMap<(i32, i32), u32> {
    let mut cells = HashMap::new();
    for (x, y) in points {
        let count = cells
            .entry(((x / cell).floor() as i32, (y / cell).floor() as i32))
            .or_insert(0u32);
        *count = count.saturating_add(1);
    }
    cells
}

/// Round numbers a little below the sixth and the ninth tenth of all counts, so that levels differ however many points there are.
fn steps(counted: &[HashMap<(i32, i32), u32>]) -> [u32; 2] {
    let mut counts: Vec<u32> = counted
        .iter()
        .flat_map(|cells| cells.values().copied())
        .collect();
    counts.sort_unstable();
    let tenth = |tenths: usize| counts.get(counts.len() * tenths / 10).copied().unwrap_or(0);
    let round = |count: u32, least: u32| (nice(f64::from(count) / 2.0) as u32).max(least);
    let first = round(tenth(6), 2);
    [first, round(tenth(9), 10).max(first.saturating_mul(2))]
}

fn marks_of(cells: HashMap<(i32, i32), u32>, cell: f32, steps: [u32; 2]) -> Vec<(f64, f64, usize)> {
    let mut cells: Vec<((i32, i32), u32)> = cells.into_iter().collect();
    cells.sort_unstable();
    let middle = |place: i32| (f64::from(place) + 0.5) * f64::from(cell);
    let level = |count: u32| steps.iter().filter(|step| count >= **step).count();
    cells
        .into_iter()
        .map(|((x, y), count)| (middle(x), middle(y), level(count)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_one_cell_are_one_mark() {
        let ok: Vec<(f32, f32)> = (0..12)
            .map(|_| (3.2, 4.9))
            .chain([(3.9, 4.0), (9.0, 1.0), (8.0, 1.0), (8.5, 1.5)])
            .collect();
        let found = bins(&[ok, vec![]], 100);
        assert_eq!(found.cell, 1.0);
        assert_eq!(
            found.series,
            [vec![(3.5, 4.5, 2), (8.5, 1.5, 1), (9.5, 1.5, 0)], vec![]]
        );
    }

    #[test]
    fn cells_grow_until_the_marks_are_few_enough() {
        let points: Vec<(f32, f32)> = (0..100)
            .flat_map(|x| (0..100).map(move |y| (x as f32, y as f32)))
            .collect();
        let found = bins(&[points], 700);
        assert_eq!(
            (found.cell, found.steps, found.series[0].len()),
            (4.0, [10, 20], 625)
        );
        assert!(found.series[0].iter().all(|mark| mark.2 == 1));
        // Nothing can be drawn with fewer than one mark, and this ends all the same.
        assert_eq!(bins(&[vec![(0.0, 0.0), (1e5, 0.0)]], 0).series[0].len(), 1);
    }
}
