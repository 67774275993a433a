//! Which transaction depends on which by the data.

use super::index::Index;
use super::versions::{Seen, Versions};
use crate::consistency::checker::actions::ListStep;
use crate::consistency::checker::elle::fan::fan;
use crate::consistency::checker::elle::graph::{Builder, Kind};
use crate::consistency::outcome::OutcomeType;

/// All that the lists show.
///
/// An append that no read shows comes after the longest read. One that only a read that does not fit shows has no place.
/// Where a failed append or garbage is between two versions, the second comes after the first all the same; with
/// nothing but such dependencies the graph counts as empty, as it is for Elle, which does not look behind them.
pub(super) fn all(index: &Index, versions: &Versions) -> (Builder, bool) {
    let mut direct = false;
    let mut builder = Builder::new(index.of.history.operations.len());
    // Who read the last version of a list that others appended to unseen.
    let mut latest: Vec<(u32, u32)> = Vec::new();
    for key in 0..index.keys.len() as u32 {
        direct |= writes(index, versions, key, &mut builder);
    }
    for (operation, number) in index.of.history.operations.iter().zip(0u32..) {
        if operation.outcome == OutcomeType::Fail {
            continue;
        }
        for (step, what) in index.steps_of(operation) {
            let key = index.key_of[step as usize];
            let next = match versions.seen[step as usize] {
                Seen::Unknown => continue,
                Seen::Nothing => 0,
                Seen::UpTo(place) => {
                    match versions.before(key, place) {
                        // Its own write comes before the next one by itself.
                        Some(writer) if writer == number => continue,
                        Some(writer) => {
                            builder.add(writer, number, Kind::Wr);
                            direct |= versions.is_written(index, key, place);
                        }
                        None => {}
                    }
                    place + 1
                }
                Seen::Astray => {
                    if let Some(writer) = astray_writer(index, what, key) {
                        direct |= writer != number;
                        builder.add(writer, number, Kind::Wr);
                    }
                    continue;
                }
            };
            match versions.after(key, next) {
                Some(writer) => {
                    builder.add(number, writer, Kind::Rw);
                    direct |= writer != number && versions.is_written(index, key, next);
                }
                None if versions.unseen(key).is_empty() => {}
                None => latest.push((key, number)),
            }
        }
    }
    latest.sort_unstable();
    latest.dedup();
    for group in latest.chunk_by(|one, two| one.0 == two.0) {
        let readers: Vec<u32> = group.iter().map(|(_, reader)| *reader).collect();
        let writers = versions.unseen(group[0].0);
        direct |= readers != writers || readers.len() > 1;
        fan(&mut builder, &readers, writers);
    }
    (builder, direct)
}

fn writes(index: &Index, versions: &Versions, key: u32, builder: &mut Builder) -> bool {
    let mut direct = false;
    let mut last: Option<u32> = None;
    let end = versions.order_of(key).len() as u32;
    for place in 0..end {
        let writer = versions.before(key, place);
        if let (Some(last), Some(writer)) = (last, writer)
            && last != writer
        {
            builder.add(last, writer, Kind::Ww);
            direct |= versions.is_written(index, key, place - 1);
        }
        last = writer;
    }
    if let Some(last) = last {
        for writer in versions.unseen(key) {
            direct |= last != *writer && versions.is_written(index, key, end - 1);
            builder.add(last, *writer, Kind::Ww);
        }
    }
    direct
}

/// Who wrote the last element of a read that does not fit.
pub(super) fn astray_writer(index: &Index, what: &ListStep, key: u32) -> Option<u32> {
    let ListStep::Read(_, range) = what else {
        return None;
    };
    let append = index.find(key, *index.list(*range)?.last()?)?;
    let writer = index.appends[append as usize].operation;
    (index.outcome(writer) != OutcomeType::Fail).then_some(writer)
}
