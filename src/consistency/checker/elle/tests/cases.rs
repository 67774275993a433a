//! Elle's own cases, re-expressed (facts from github.com/jepsen-io/elle @ ccdee6f, jepsen-io/mongodb @ cfe3cb9 and
//! ligurio/elle-cli @ 0e3fd6e).
//!
//! `#` names a case; then come its lines. `?` asks: models, anomalies, and the verdict, the anomalies and the weakest
//! models ruled out that must come of it. `@` names an anomaly and the lines where it must be found. `>` is a line and
//! those that depend on it by the data.

pub const CASES: &str = "\
# g1a-aborted-read
0 fail: a x 1
0 ok: r x [1]
? read-uncommitted | - | unknown | empty-transaction-graph | read-committed
? read-committed | - | invalid | G1a empty-transaction-graph | read-committed
? - | G2 | unknown | empty-transaction-graph | read-committed
? repeatable-read | - | invalid | G1a empty-transaction-graph | read-committed
# g1c-circular-information-flow
0 ok: a x 1, r y [1]
0 ok: a x 2, a y 1
0 ok: r x [1,2], r y [1]
? - | G0 | valid | - | -
? - | G1 | invalid | G1c | read-committed
? - | G2 | valid | - | -
# g-single-read-skew
0 ok: a x 1, a y 1
0 ok: a x 2, r y _
0 ok: r x [1,2]
? - | G0 | valid | - | -
? - | G1 | valid | - | -
? - | G-single | invalid | G-single-item | consistent-view repeatable-read
? - | G2 | invalid | G-single-item | consistent-view repeatable-read
# g2-item-write-skew
0 ok: a x 1, r y _
0 ok: a y 1, r x _
? - | G0 | valid | - | -
? - | G1 | valid | - | -
? read-committed | - | valid | - | -
? - | G2 | invalid | G2-item | repeatable-read
? serializable | - | invalid | G2-item | repeatable-read
? repeatable-read | - | invalid | G2-item | repeatable-read
# g-single-realtime-stale-read
0 invoke: a x 1
0 ok: a x 1
1 invoke: a x 2
1 ok: a x 2
2 invoke: r x _
2 ok: r x [1]
3 invoke: r x _
3 ok: r x [1,2]
? - | G2 | valid | - | -
? serializable | - | valid | - | -
? strict-serializable | - | invalid | G-single-item-realtime | strong-snapshot-isolation
# g-nonadjacent-process
0 invoke: r x _, r z _
0 ok: r x _, r z [1]
1 invoke: a x 1
1 ok: a x 1
1 invoke: r z _
1 ok: r z _
2 invoke: a z 1
2 ok: a z 1
? serializable | - | valid | - | -
? strong-session-snapshot-isolation | - | invalid | G-nonadjacent-item-process | strong-session-snapshot-isolation
# dirty-update-direct
0 fail: a x 1
1 ok: a x 2
2 ok: r x [1,2]
? - | dirty-update | invalid | dirty-update | read-committed
# dirty-update-indirect
0 fail: a x 1
1 info: a x 2
2 ok: a x 3
3 ok: r x [1,2,3]
? - | dirty-update | invalid | dirty-update | read-committed
# g2-item-repeatable-read
0 ok: r x _, a y 1
0 ok: r y _, a x 1
? read-committed | - | valid | - | -
? repeatable-read | - | invalid | G2-item | repeatable-read
# lost-update
0 invoke: a x 0
0 ok: a x 0
0 invoke: r x _, a x 1
0 ok: r x [0], a x 1
0 invoke: r x _, a x 2
0 ok: r x [0], a x 2
? strict-serializable | - | invalid | G2-item lost-update | cursor-stability update-atomic
# one-txn-double-write-ok
0 invoke: r x _, a x 1, a x 2
0 ok: r x _, a x 1, a x 2
0 invoke: r x _
0 ok: r x [1,2]
? strict-serializable | - | valid | - | -
# rr-g-single-item
0 invoke: a x 1, a y 1
0 ok: a x 1, a y 1
0 invoke: r x _, r y _
0 ok: r x [1], r y _
? repeatable-read | - | invalid | G-single-item | consistent-view repeatable-read
# future-read
0 invoke: r x [1], a x 1
0 ok: r x [1], a x 1
? read-committed | - | invalid | empty-transaction-graph future-read | read-committed
# mongodb-stale-read
0 invoke: a x 1
0 ok: a x 1
1 invoke: r x _
1 ok: r x _
? strong-snapshot-isolation | - | invalid | G-single-item-realtime | strong-snapshot-isolation
# unit-g1b-one-of-three
0 ok: r x [1]
0 ok: r x [1,2], r y [3]
0 ok: a x 1, a x 2
0 ok: r x [1,2,3]
@ G1b 0
# unit-g1b-internal-read-ok
0 ok: a x 1, r x [1], a x 2
# unit-internal-nil-then-2
0 invoke: r x _, r x _
0 ok: r x _, r x [2]
@ internal 1
# unit-future-read-external
0 invoke: r x _, a x 1
0 ok: r x [0,1,2], a x 1
@ future-read 1
# graph-read-empty-append-read
0 ok: r x _
0 ok: a x 1
0 ok: r x [1]
> 0 1
> 1 2
# graph-append-append-read
0 ok: a x 2
0 ok: a x 1
0 ok: r x [1,2]
> 0 2
> 1 0
# graph-adya-figure-3
0 ok: a z 1, a x 1, a y 1
0 ok: r x [1], a y 2
0 ok: r y [1,2], a z 3
0 ok: r z [1,3]
> 0 1 2
> 1 2
> 2 3
# graph-g1c
0 ok: a x 1, r y [1]
0 ok: a x 2, a y 1
0 ok: r x [1,2]
> 0 1
> 1 0 2
# graph-g2
0 ok: r x _, a y 1
0 ok: r y _, a x 1
0 ok: r x [1], r y [1]
> 0 1 2
> 1 0 2
# graph-single-append-without-read
0 ok: r x _
0 ok: a x 1
> 0 1
# duplicate-appends-rejected
0 invoke: a x 1, r y _
1 invoke: a y 2, a x 1
? strict-serializable | - | unknown | duplicate-appends | -
# si-without-g-single
2 invoke: a 9 2
2 ok: a 9 2
4 invoke: a 8 1, r 9 _
4 ok: a 8 1, r 9 _
7 invoke: r 6 _, r 8 _, a 9 5
7 ok: r 6 _, r 8 _, a 9 5
9 invoke: a 6 2, r 9 _
9 ok: a 6 2, r 9 [2]
? snapshot-isolation repeatable-read | - | invalid | G2-item | repeatable-read
# elle-issue-30
2 invoke: a 4 2, a 5 5
0 invoke: r 2 _, r 3 _, a 4 0
1 invoke: a 3 1, a 2 4, r 4 _
2 ok: a 4 2, a 5 5
2 invoke: a 2 8
1 ok: a 3 1, a 2 4, r 4 []
1 invoke: a 3 7, a 4 10
0 ok: r 2 [], r 3 [], a 4 0
2 ok: a 2 8
1 ok: a 3 7, a 4 10
? serializable | G0 | invalid | G2-item | repeatable-read
# rw-g1b
0 ok: w x 1, w x 2
0 ok: r x 1
? - | G0 | unknown | empty-transaction-graph | read-committed
? - | G1 | invalid | G1b empty-transaction-graph | read-committed
? repeatable-read | - | invalid | G1b empty-transaction-graph | read-committed
# rw-g1c
0 ok: w x 1, r y 1
0 ok: w y 1, r x 1
? - | G0 | valid | - | -
? read-uncommitted | - | valid | - | -
? - | G1 | invalid | G1c | read-committed
? read-committed | - | invalid | G1c | read-committed
? - | G2 | valid | - | -
? serializable | - | invalid | G1c | read-committed
# rw-cyclic-versions-linearizable-keys
0 invoke: w x 1
0 ok: w x 1
0 invoke: r x _
0 ok: r x 2
0 invoke: r x _
0 ok: r x 1
? strict-serializable | linearizable-keys | invalid | cyclic-versions garbage-read | read-uncommitted
# rw-known-miss-garbage-read
0 invoke: w x 1
0 ok: w x 1
0 invoke: r x _
0 ok: r x 2
? strict-serializable | linearizable-keys | invalid | garbage-read | read-uncommitted
# rw-g-single-initial-state
0 invoke: r x _, r y _
1 invoke: w y 1, w x 2
1 ok: w y 1, w x 2
0 ok: r x _, r y 1
? serializable | - | invalid | G-single-item | consistent-view repeatable-read
# rw-internal
0 ok: r x 1, r x 2
? - | internal | invalid | empty-transaction-graph internal | read-atomic
";
