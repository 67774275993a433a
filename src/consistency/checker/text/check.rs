use super::model::{Change, TextModel};
use super::witness::Scene;
use crate::consistency::checker::actions::OnText;
use crate::consistency::checker::finding::Finding;
use crate::consistency::checker::operation::{History, OPEN, Symbol};
use crate::consistency::checker::search::{
    Answer, Call, Plan, by_key, explain, first_failing, race,
};

/// The usual budget of [`check`], in configurations for one key: as much as a few seconds and some 300 MiB allow.
pub const BUDGET: u64 = 10_000_000;

/// The most anomalies that are told.
const TOLD: usize = 16;

/// Whether each string is linearizable. The worst key decides: invalid, then unknown, then valid. Past the budget
/// (configurations for one key) the answer is unknown.
///
/// Counts: `keys`, `operations`, `invalid-keys`, `undecided-keys`, `configurations` (looked at by searches).
pub fn check(history: &History<OnText>, budget: u64) -> Finding {
    let groups = by_key(&history.operations, |action| action.key);
    let keys = groups.len();
    let (mut anomalies, mut undecided, mut configurations) = (Vec::new(), Vec::new(), 0);
    let mut invalid = 0u64;
    for (key, places) in groups {
        let (mut model, calls) = TextModel::new(&history.operations, &places, &history.names);
        let plan = Plan::new(calls.iter().copied(), &model);
        let (answer, spent) = race(&plan, &mut model, budget);
        configurations += spent;
        match answer {
            Answer::Linearizable => {}
            Answer::Not { stuck } => {
                invalid += 1;
                if anomalies.len() < TOLD {
                    let effort = spent.saturating_mul(4).saturating_add(20_000).min(budget);
                    let (calls, stuck) = shorten(&plan, &calls, &mut model, stuck, effort);
                    anomalies.push(Scene::new(history, key, &calls, &mut model, stuck).anomaly());
                }
            }
            Answer::Undecided { reached } => {
                undecided.push(doubt(history, key, &plan, reached, spent))
            }
        }
    }
    let operations = history.operations.len();
    let doubtful = undecided.len() as u64;
    let mut finding = match (
        anomalies.first().map(|anomaly| anomaly.witness.clone()),
        undecided.into_iter().next(),
    ) {
        (Some(witness), _) => Finding::invalid(witness, anomalies),
        (None, Some(reason)) => Finding::unknown(reason),
        (None, None) => Finding::valid(format!(
            "there is an order of all {operations} operations on {keys} {} that one string each could have had",
            if keys == 1 { "key" } else { "keys" }
        )),
    };
    finding.counts.extend([
        ("keys".to_owned(), keys as u64),
        ("operations".to_owned(), operations as u64),
        ("invalid-keys".to_owned(), invalid),
        ("undecided-keys".to_owned(), doubtful),
        ("configurations".to_owned(), configurations),
    ]);
    finding
}

fn doubt(
    history: &History<OnText>,
    key: Symbol,
    plan: &Plan<Change>,
    reached: u32,
    spent: u64,
) -> String {
    let moment = plan
        .required
        .get(reached as usize)
        .map(|call| history.moment(call.returned));
    format!(
        "the search for an order of the operations of key {} ended after {spent} configurations: {reached} of {} \
         operations could be ordered, those answered before {}",
        history.names.text(key),
        plan.required.len(),
        moment.unwrap_or_else(|| "the end".to_owned())
    )
}

/// What could not be brought into an order, as a place in the history, and the strings that were possible before its
/// return; none where that took too long to find out.
pub(super) type Stuck = Option<(u32, Vec<u32>)>;

/// The calls of the shortest beginning that has no order.
fn shorten(
    plan: &Plan<Change>,
    calls: &[Call<Change>],
    model: &mut TextModel<'_>,
    stuck: u32,
    effort: u64,
) -> (Vec<Call<Change>>, Stuck) {
    let mut left = effort;
    let last = plan.required.len().saturating_sub(1) as u32;
    let rank = first_failing(stuck, last, |rank| {
        let shorter = Plan::new(until(calls, plan.required[rank as usize].returned), model);
        let (answer, spent) = race(&shorter, model, left);
        left = left.saturating_sub(spent + 1);
        matches!(answer, Answer::Not { .. })
    });
    let calls: Vec<Call<Change>> = match plan.required.get(rank as usize) {
        Some(call) => until(calls, call.returned).collect(),
        None => calls.to_vec(),
    };
    model.looks_ahead = false;
    let shorter = Plan::new(calls.iter().copied(), model);
    let stuck = explain(&shorter, model, effort)
        .map(|(rank, states)| (shorter.required[rank as usize].source, states))
        .or_else(|| {
            plan.required
                .get(rank as usize)
                .map(|call| (call.source, Vec::new()))
        });
    (calls, stuck)
}

/// What was known at a place.
fn until(calls: &[Call<Change>], place: u32) -> impl Iterator<Item = Call<Change>> {
    calls
        .iter()
        .copied()
        .filter(move |call| call.invoked <= place)
        .map(move |mut call| {
            if call.returned > place {
                call.returned = OPEN;
            }
            call
        })
}
