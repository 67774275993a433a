//! What Juju's worker did round by round: those of the cases `wk-*` that are about members. The others are in
//! `elsewhere`.

use super::{check, other, same};

#[test]
fn rounds_of_the_worker_end_where_ours_do() {
    check(&[
        same("wk-03", "0vP 1D 2D", "0 1@99 2", "0v 1@99 2"),
        // The primary gives its vote up; then the next one does, which has the only vote.
        same("wk-14", "0vP 1vS 2vS", "0! 1 2", "step down, 0 1v 2"),
        other(
            "wk-14",
            ["0S 1vP 2S", "0! 1! 2", "0 1v 2v", "step down, 0 1 2v"],
            "the same first step, but ours tells the plan to its end",
        ),
        same("wk-14", "0S 1vP 2vS", "0! 1! 2", "step down, 0 1 2v"),
    ]);
}
