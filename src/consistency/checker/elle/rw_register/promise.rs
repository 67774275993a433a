//! What models promise of each key, and what may be said of a history that contradicts it.
//!
//! A model with the snapshots of strong snapshot isolation orders the versions of a key by real time: if whoever wrote
//! or read `v` was acknowledged before whoever wrote or read `w` began, and `w` came before `v` all the same, there is
//! a cycle through that moment with one anti-dependency at most. The strong session models do the same for the order
//! of one client. So a history that keeps such a model is never blamed, whatever is inferred from its promise; but
//! what is found by it says nothing against weaker models, and is named so that it does not.

use super::keys::Sure;
use crate::consistency::checker::elle::Options;
use crate::consistency::checker::elle::model::Model;

impl Sure {
    /// What the caller says of the keys.
    pub(super) fn told(options: &Options) -> Self {
        Self {
            linearizable: options.linearizable_keys,
            sequential: options.sequential_keys,
        }
    }

    /// The same, and what a model that is asked about promises.
    pub(super) fn promised(options: &Options) -> Self {
        let any = |weaker| options.models.iter().any(|model| model.implies(weaker));
        let told = Self::told(options);
        let linearizable = told.linearizable || any(Model::STRONG_SNAPSHOT_ISOLATION);
        Self {
            linearizable,
            // Real time has the order of each client in it.
            sequential: told.sequential
                || !linearizable && any(Model::STRONG_SESSION_SNAPSHOT_ISOLATION),
        }
    }
}

/// How an anomaly is called that is there only if the promise is kept: either it is there, or the promise is broken.
pub(super) fn name(name: &str, promised: Sure) -> String {
    let suffix = if promised.linearizable || name.ends_with("-realtime") {
        "realtime"
    } else {
        "process"
    };
    let plain = name
        .trim_end_matches("-process")
        .trim_end_matches("-realtime");
    match plain {
        // The broken promise is one with an anti-dependency.
        "G0" | "G1c" => format!("G-single-item-{suffix}"),
        plain => format!("{plain}-{suffix}"),
    }
}
