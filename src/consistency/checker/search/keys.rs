use super::Numbering;
use crate::consistency::checker::operation::{Operation, Symbol};

/// The operations of each key, as places in the list, in the order in which the keys first appear. Linear time.
pub(in crate::consistency::checker) fn by_key<A>(
    operations: &[Operation<A>],
    key: impl Fn(&A) -> Symbol,
) -> Vec<(Symbol, Vec<u32>)> {
    let mut numbering = Numbering::new(operations.len() + 1024);
    numbering.restart();
    let mut groups: Vec<(Symbol, Vec<u32>)> = Vec::new();
    for (place, operation) in operations.iter().enumerate() {
        let symbol = key(&operation.action);
        let number = numbering.number(symbol) as usize;
        if number == groups.len() {
            groups.push((symbol, Vec::new()));
        }
        groups[number].1.push(place as u32);
    }
    groups
}
