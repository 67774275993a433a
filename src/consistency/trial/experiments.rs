//! Experiments: what a set keeps at which write and read concern, and, beside each setting that must hold, one that must
//! be caught. A suite in which nothing is caught proves nothing.

use super::nemesis::FaultKind;
use crate::consistency::options::WriteTestOptions;
use crate::consistency::workload::Workload;
use crate::consistency::workload::settings::{Mode, ReadLevel, Written};
use serde::Serialize;

/// What is expected of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// In every round.
    Holds,
    /// In at least one round it does not.
    Fails,
    /// Neither would be wrong: what is found is told.
    Either,
}

/// One setting.
#[derive(Clone, Copy, Debug)]
pub struct Experiment {
    /// Its name: the number of the question, and a letter where there are several settings.
    pub name: &'static str,
    /// What the clients do.
    pub workload: Workload,
    /// How many there are.
    pub clients: u32,
    /// The write concern.
    pub written: Written,
    /// The read concern; none: that at which the workload must hold.
    pub read: Option<ReadLevel>,
    /// Whom a client knows.
    pub mode: Mode,
    /// Whether the driver tries again.
    pub retry_writes: bool,
    /// The faults.
    pub faults: &'static [FaultKind],
    /// What is expected.
    pub expected: Expected,
}

const CUT: &[FaultKind] = &[FaultKind::PrimaryPair];
const MANY: &[FaultKind] = &[FaultKind::Partition, FaultKind::Kill, FaultKind::Pause];
const KILL: &[FaultKind] = &[FaultKind::Kill];
const PAUSE: &[FaultKind] = &[FaultKind::Pause];
const ONE: Written = Written::Members(1);

/// The questions of jupsen's guide, and the settings that answer them.
pub const SEED: [Experiment; 15] = [
    with("1", Workload::ListAppend, 1, ONE, CUT, Expected::Fails),
    with(
        "2",
        Workload::ListAppend,
        1,
        Written::Majority,
        CUT,
        Expected::Holds,
    ),
    with(
        "3a",
        Workload::ListAppend,
        50,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        retry_writes: true,
        ..with(
            "3b",
            Workload::ListAppend,
            50,
            Written::Majority,
            MANY,
            Expected::Holds,
        )
    },
    with("4a", Workload::ListAppend, 50, ONE, CUT, Expected::Fails),
    with(
        "4b",
        Workload::ListAppend,
        50,
        Written::Members(2),
        CUT,
        Expected::Fails,
    ),
    with(
        "5",
        Workload::Register,
        20,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        read: Some(ReadLevel::Majority),
        mode: Mode::Pinned,
        ..with(
            "6",
            Workload::Register,
            20,
            Written::Majority,
            CUT,
            Expected::Fails,
        )
    },
    Experiment {
        read: Some(ReadLevel::Local),
        mode: Mode::Pinned,
        ..with(
            "7",
            Workload::Register,
            20,
            Written::Majority,
            CUT,
            Expected::Fails,
        )
    },
    Experiment {
        read: Some(ReadLevel::Local),
        ..with("8", Workload::Register, 20, ONE, CUT, Expected::Fails)
    },
    with(
        "9a",
        Workload::Counter,
        20,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    Experiment {
        retry_writes: true,
        ..with(
            "9b",
            Workload::Counter,
            20,
            Written::Majority,
            MANY,
            Expected::Holds,
        )
    },
    with("9c", Workload::Counter, 20, ONE, CUT, Expected::Fails),
    with(
        "10",
        Workload::Gridfs,
        1,
        Written::Majority,
        CUT,
        Expected::Holds,
    ),
    with(
        "11",
        Workload::Gridfs,
        4,
        Written::Majority,
        &[],
        Expected::Fails,
    ),
];

/// More faults and workloads.
pub const MORE: [Experiment; 15] = [
    with(
        "12",
        Workload::TxnAppend,
        10,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    with("13", Workload::TxnAppend, 10, ONE, CUT, Expected::Fails),
    with(
        "14",
        Workload::Bank,
        10,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
    with(
        "15a",
        Workload::ListAppend,
        10,
        Written::Majority,
        KILL,
        Expected::Holds,
    ),
    with(
        "15b",
        Workload::ListAppend,
        10,
        Written::Majority,
        &[FaultKind::KillAll],
        Expected::Holds,
    ),
    with(
        "15c",
        Workload::ListAppend,
        10,
        ONE,
        &[FaultKind::KillAll, FaultKind::Kill],
        Expected::Either,
    ),
    with(
        "16a",
        Workload::Register,
        20,
        Written::Majority,
        PAUSE,
        Expected::Holds,
    ),
    with(
        "16b",
        Workload::ListAppend,
        10,
        ONE,
        PAUSE,
        Expected::Either,
    ),
    with(
        "17a",
        Workload::Register,
        20,
        Written::Majority,
        &[FaultKind::Flaky],
        Expected::Holds,
    ),
    with(
        "17b",
        Workload::Register,
        20,
        Written::Majority,
        &[FaultKind::Slow],
        Expected::Holds,
    ),
    with(
        "17c",
        Workload::Register,
        20,
        Written::Majority,
        &[FaultKind::OneWay],
        Expected::Holds,
    ),
    with(
        "18a",
        Workload::Register,
        20,
        Written::Majority,
        &[FaultKind::Ring],
        Expected::Holds,
    ),
    with(
        "18b",
        Workload::Register,
        20,
        Written::Majority,
        &[FaultKind::Bridge],
        Expected::Holds,
    ),
    with(
        "19",
        Workload::ListAppend,
        10,
        Written::Majority,
        &[FaultKind::NoMajority],
        Expected::Holds,
    ),
    with(
        "set",
        Workload::Set,
        20,
        Written::Majority,
        MANY,
        Expected::Holds,
    ),
];

const fn with(
    name: &'static str,
    workload: Workload,
    clients: u32,
    written: Written,
    faults: &'static [FaultKind],
    expected: Expected,
) -> Experiment {
    Experiment {
        name,
        workload,
        clients,
        written,
        read: None,
        mode: Mode::Set,
        retry_writes: false,
        faults,
        expected,
    }
}

impl Experiment {
    /// Workload, clients and concerns, in words.
    pub fn setting(&self) -> String {
        let read = self.read.unwrap_or(self.workload.default_read()).name();
        let mut text = format!(
            "{} {} clients, w:{}, r:{read}",
            self.workload.name(),
            self.clients,
            self.written
        );
        if self.mode == Mode::Pinned {
            text += ", pinned";
        }
        if self.retry_writes {
            text += ", retryWrites";
        }
        text
    }

    /// The options of its tests.
    pub fn options(&self, common: &WriteTestOptions, seed: u64) -> WriteTestOptions {
        WriteTestOptions {
            workload: self.workload,
            clients: self.clients,
            written: self.written,
            read: self.read,
            mode: self.mode,
            retry_writes: self.retry_writes,
            seed: Some(seed),
            ..common.clone()
        }
    }
}
