//! `mongod`'s own rules for a reconfig, over raw documents: what it accepts, and with which error it refuses the rest.
//! The numbers M1 to M20 are those of docs/mongod-rules.md; the order of the checks and every code were measured with MongoDB
//! 6.0.5 (`mongod_answers_each_reconfig_as_the_reference_does`). Nothing of ours is used here but this folder.

pub mod compatible;
pub mod member;
pub mod refusal;
pub mod shape;
pub mod values;
pub mod whole;
pub mod write_concern;

use mongodb::bson::{Bson, Document};
use refusal::{Code, Refusal, refuse};
use shape::Config;

/// The largest version, so that a forced one cannot run over.
const MOST_VERSION: i64 = i32::MAX as i64;

/// What the node that is asked is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It takes writes.
    Primary,
    /// It follows, or is no member.
    Other,
    /// It is primary, and in the middle of another reconfig.
    Reconfiguring,
}

/// The node that is asked to reconfigure, and what it knows.
pub struct Node<'a> {
    /// The config in force on it, as stored: with `newlyAdded`. None before the set is initiated.
    pub installed: Option<&'a Document>,
    /// The host under which it finds itself.
    pub host: &'a str,
    /// What it does.
    pub doing: Doing,
    /// The election term.
    pub term: i64,
    /// M10: a majority has the config in force.
    pub config_committed: bool,
    /// M10: what was committed before it is committed under it.
    pub oplog_committed: bool,
    /// M17: a default write concern is set for the whole cluster.
    pub write_concern_set: bool,
    /// M18: the custom write concern that is the cluster's default.
    pub custom_write_concern: Option<&'a str>,
    /// Whether the member with this host answers it.
    pub answers: &'a dyn Fn(&str) -> bool,
    /// What force adds to the version; `mongod` draws it: 10,000 to 110,000 (M16).
    pub jump: i64,
}

/// Whether this node takes this config. The document that it then stores.
///
/// # Errors
/// What `mongod` answers.
pub fn reconfigure(node: &Node, proposed: &Document, force: bool) -> Result<Document, Refusal> {
    let Some(installed) = node.installed else {
        return refuse(Code::NotYetInitialized, "there is no config yet");
    };
    if !force {
        may_begin(node)?;
    }
    let new = Config::read(proposed)?;
    let old = Config::read(installed)?;
    if new.name != old.name {
        // The set's name is the command line's, so this is no comparison of two configs for it (measured: 93, not 103).
        return refuse(
            Code::InvalidReplicaSetConfig,
            "the config set name differs from the command line set name",
        );
    }
    if new.members.iter().any(|member| member.newly_added) {
        return refuse(
            Code::InvalidReplicaSetConfig,
            "cannot provide newlyAdded field",
        );
    }
    let (document, new) = completed(node, installed, &old, proposed, force)?;
    write_concern::keeps_the_implicit_default(node, &old, &new)?;
    if new.customized_defaults {
        return refuse(
            Code::CustomizedGetLastErrorDefaults,
            "customized getLastErrorDefaults",
        );
    }
    whole::check(&new)?;
    write_concern::keeps_the_custom_default(node, &new)?;
    compatible::check(&old, &new)?;
    if !force {
        compatible::one_voter(&old, &new)?;
    }
    finds_itself(node, &new, force)?;
    if !force {
        quorum(node, &new)?;
    }
    Ok(document)
}

/// M10 and M12: these come before the proposal is even read (measured).
fn may_begin(node: &Node) -> Result<(), Refusal> {
    match node.doing {
        Doing::Other => {
            return refuse(
                Code::NotWritablePrimary,
                "should only be run on a writable PRIMARY",
            );
        }
        Doing::Reconfiguring => {
            return refuse(
                Code::ConfigurationInProgress,
                "currently updating its configuration",
            );
        }
        Doing::Primary => {}
    }
    if !node.config_committed {
        let why = "the current config has not yet propagated to a majority of nodes";
        return refuse(Code::CurrentConfigNotCommittedYet, why);
    }
    if !node.oplog_committed {
        let why = "the last optime of the previous config is not committed in the current config";
        return refuse(Code::CurrentConfigNotCommittedYet, why);
    }
    Ok(())
}

/// The document with what `mongod` adds by itself: the term, the set's id, `newlyAdded` (M14), force's version (M16).
fn completed(
    node: &Node,
    installed: &Document,
    old: &Config,
    proposed: &Document,
    force: bool,
) -> Result<(Document, Config), Refusal> {
    let mut document = proposed.clone();
    let mut settings = proposed
        .get_document("settings")
        .cloned()
        .unwrap_or_default();
    if let (None, Some(id)) = (settings.get("replicaSetId"), values::set_id(installed)) {
        settings.insert("replicaSetId", id);
        document.insert("settings", settings);
    }
    if force {
        document.remove("term");
        let version = old.version.max(values::version(proposed)) + node.jump;
        document.insert("version", version.min(MOST_VERSION));
    } else {
        document.insert("term", node.term);
        mark_newly_added(&mut document, old)?;
    }
    let config = Config::read(&document)?;
    Ok((document, config))
}

/// M14. Measured: several voters that are new may come at once, even an eighth, because none of them votes yet; and one
/// that was marked stays so even without its vote.
fn mark_newly_added(document: &mut Document, old: &Config) -> Result<(), Refusal> {
    let Ok(members) = document.get_array_mut("members") else {
        return Ok(());
    };
    for value in members {
        let Bson::Document(raw) = value else { continue };
        let member = member::Member::read(raw)?;
        let marked = match old.member(member.id) {
            Some(before) => before.newly_added,
            None => member.votes && !member.arbiter,
        };
        if marked {
            raw.insert("newlyAdded", true);
        }
    }
    Ok(())
}

/// M7.
fn finds_itself(node: &Node, new: &Config, force: bool) -> Result<(), Refusal> {
    let Some(own) = new.members.iter().find(|member| member.host == node.host) else {
        return refuse(
            Code::NodeNotFound,
            "no host described in new configuration maps to this node",
        );
    };
    if !force && !own.electable() {
        return refuse(
            Code::NodeNotElectable,
            "this node is not electable under the new configuration",
        );
    }
    Ok(())
}

/// A rule that is easily overlooked, measured: before it installs a config, `mongod` asks all its members, and a majority
/// of its voters must answer. So no reconfig leads into a set without a live majority, unless one dies meanwhile.
fn quorum(node: &Node, new: &Config) -> Result<(), Refusal> {
    let there = |host: &str| host == node.host || (node.answers)(host);
    let answered = new.voters().filter(|member| there(&member.host)).count();
    if answered < new.majority() {
        return refuse(
            Code::NodeNotFound,
            "quorum check failed because not enough voting nodes responded",
        );
    }
    Ok(())
}

/// The document as `replSetGetConfig` shows it: without `newlyAdded` (M14).
pub fn shown(stored: &Document) -> Document {
    let mut document = stored.clone();
    if let Ok(members) = document.get_array_mut("members") {
        for value in members {
            if let Bson::Document(member) = value {
                member.remove("newlyAdded");
            }
        }
    }
    document
}
