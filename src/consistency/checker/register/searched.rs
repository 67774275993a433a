use super::literal::Literal;
use super::model::RegisterModel;
use super::prepare::Prepared;
use super::unique::Fault;
use crate::consistency::checker::search::{Answer, Plan, race};

/// Searches for an order, from each of the values that the register may begin with. The plan is for naming the calls in
/// the answer.
pub(super) fn search(prepared: &Prepared, budget: u64) -> (Answer, Plan<Literal>, u64) {
    let model = |start| RegisterModel::new(&prepared.calls, prepared.values.len(), start, true);
    let plan = Plan::new(prepared.calls.iter().copied(), &model(0));
    let mut total = 0;
    let mut last = Answer::Not { stuck: 0 };
    for start in &prepared.starts {
        let (answer, spent) = race(&plan, &mut model(*start), budget.saturating_sub(total));
        total += spent;
        match (&answer, &mut last) {
            (Answer::Not { stuck }, Answer::Not { stuck: most }) => *most = (*most).max(*stuck),
            _ => {
                last = answer;
                break;
            }
        }
    }
    (last, plan, total)
}

/// Calls that found what nobody wrote, or wrote in time. Each of them is enough.
pub(super) fn plain_faults(prepared: &Prepared) -> Vec<Fault> {
    /// The most that are told.
    const TOLD: usize = 8;
    // By value: the writer that was invoked first.
    let mut writers: Vec<Option<u32>> = vec![None; prepared.values.len()];
    for (place, call) in prepared.calls.iter().enumerate() {
        let Some(value) = call.action.writes() else {
            continue;
        };
        let writer = &mut writers[value as usize];
        if writer.is_none_or(|other| call.invoked < prepared.calls[other as usize].invoked) {
            *writer = Some(place as u32);
        }
    }
    let (mut garbage, mut future) = (Vec::new(), Vec::new());
    for (place, call) in prepared
        .calls
        .iter()
        .enumerate()
        .filter(|(_, call)| call.is_required())
    {
        match call
            .action
            .finds()
            .map(|value| (value, writers[value as usize]))
        {
            None | Some((0, _)) => {}
            Some((_, None)) => garbage.push(Fault::Garbage(place as u32)),
            Some((_, Some(writer))) if call.returned < prepared.calls[writer as usize].invoked => {
                future.push(Fault::Future(place as u32, writer));
            }
            Some(_) => {}
        }
    }
    let mut faults = if garbage.is_empty() { future } else { garbage };
    faults.truncate(TOLD);
    faults
}
