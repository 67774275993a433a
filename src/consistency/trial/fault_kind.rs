//! Faults that a trial can begin, and what they ask of the charm's actions.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

/// One kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// The network between units is cut, in one of several shapes.
    Partition,
    /// The primary and one secondary are cut off from the rest: jupsen's.
    PrimaryPair,
    /// A cut through which packets go one way only.
    OneWay,
    /// Everybody hears a majority, no two the same one.
    Ring,
    /// Two halves, and one unit that hears both.
    Bridge,
    /// A cut after which no side can elect.
    NoMajority,
    /// The primary's server dies, and is started again.
    Kill,
    /// All servers die at once, and are started again.
    KillAll,
    /// The primary's server stands still.
    Pause,
    /// The primary's server is stopped in order, and started again.
    StopNode,
    /// Packets between units are lost.
    Flaky,
    /// Few packets between units pass.
    Slow,
}

impl FaultKind {
    /// Its name in histories and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::PrimaryPair => "primary-pair",
            Self::OneWay => "one-way",
            Self::Ring => "ring",
            Self::Bridge => "bridge",
            Self::NoMajority => "no-majority",
            Self::KillAll => "kill-all",
            other => other.action(),
        }
    }

    /// The charm's action.
    #[must_use]
    pub fn action(self) -> &'static str {
        match self {
            Self::Partition
            | Self::PrimaryPair
            | Self::OneWay
            | Self::Ring
            | Self::Bridge
            | Self::NoMajority => "partition",
            Self::Kill | Self::KillAll => "kill",
            Self::Pause => "pause",
            Self::StopNode => "stop-node",
            Self::Flaky => "flaky",
            Self::Slow => "slow",
        }
    }

    /// Whether it is asked of all units; else of that of the primary.
    #[must_use]
    pub fn strikes_all(self) -> bool {
        self == Self::KillAll
    }

    /// The action's parameters, by chance.
    pub fn parameters(self, seconds: u64, chance: &mut StdRng) -> Vec<String> {
        const SHAPES: [&str; 5] = [
            "primary-pair",
            "primary-alone",
            "halves",
            "majorities-ring",
            "bridge",
        ];
        let mut one_of = |of: &[&str]| of.choose(chance).copied().unwrap_or_default().to_owned();
        let own = match self {
            Self::Partition => vec![format!("shape={}", one_of(&SHAPES))],
            Self::PrimaryPair => vec!["shape=primary-pair".to_owned()],
            Self::OneWay => vec![
                format!("shape={}", one_of(&SHAPES[..3])),
                format!("direction={}", one_of(&["in", "out"])),
            ],
            Self::Ring => vec!["shape=majorities-ring".to_owned()],
            Self::Bridge => vec!["shape=bridge".to_owned()],
            Self::NoMajority => vec!["shape=no-majority".to_owned()],
            Self::Kill | Self::KillAll => return vec![format!("restart-after={seconds}")],
            Self::Flaky => vec![format!("loss={}", chance.random_range(10..=60))],
            Self::Slow => vec!["latency=0".to_owned(), "rate=50".to_owned()],
            Self::Pause | Self::StopNode => Vec::new(),
        };
        own.into_iter()
            .chain([format!("delay={seconds}")])
            .collect()
    }
}
