//! Plans for this unit's server: install, configure, start, and restart when it must and when it is this unit's turn.

use super::super::config_file::mark;
use super::super::desire::Desired;
use super::super::validate::Checked;
use super::members::successor;
use crate::model::observed::{Observed, SetFacts};
use crate::model::plan::{Plan, Step};
use crate::model::set_view::SetView;

/// What the started server was made of: its config and its program. The size of an oplog that exists is no matter of the
/// config's any more, and nothing to restart for.
pub fn started_mark(config: &str, program: &str) -> String {
    let matters = |line: &&str| !line.trim_start().starts_with("oplogSizeMB:");
    let config: String = config.split_inclusive('\n').filter(matters).collect();
    mark(&format!("{program}\n{config}"))
}

/// Plans.
pub fn plan(observed: &Observed, checked: &Checked, desired: &Desired) -> Plan {
    let host = &observed.host;
    let mut sources = host.sources.iter();
    let usable = sources.find(|(_, stamp)| !host.refused.contains_key(stamp));
    let installed = host.program.as_ref().map(|(stamp, _)| stamp);
    match (usable, installed) {
        (Some((source, stamp)), installed)
            if installed != Some(stamp)
            // The first of several sources wins, and one that was refused does not push a good one out.
            && (installed.is_none()
                || host
                    .sources
                    .first()
                    .is_some_and(|(_, first)| first == stamp)) =>
        {
            return Plan::step(
                Step::InstallServer(source.clone()),
                "this program is not installed yet",
            );
        }
        (None, None) => return Plan::blocked(no_program(observed)),
        _ => {}
    }
    let Some(config) = &desired.config else {
        return match &observed.juju.address {
            Err(why) => Plan::wait_long(format!("an address of this unit: {why}")),
            Ok(_) => Plan::blocked(checked.problems.join("; ")),
        };
    };
    if host.joined && !host.data_there && !host.running {
        return Plan::blocked(format!(
            "the data directory {} is gone: bring it back, or remove this unit and add another",
            desired.data_directory.display()
        ));
    }
    let mut held = host.held.iter();
    // One that is over and could not be ended may need what is to be done here: the server does not start with a config of
    // before, as after a reboot with another address.
    if let Some(held) = held.find(|held| held.takes_server() && !desired.over.contains(&held.id)) {
        // Started, stopped or asked by nobody until the fault is over: a server that stands still does not answer.
        return Plan::wait_long(format!("the fault {} ({}) to end", held.kind, held.id));
    }
    if host.config.as_ref() != Some(config) {
        if let (Some((refused, why)), Some(options)) = (&host.refused_options, &desired.options)
            && options.changed(Some(refused)).is_empty()
        {
            return Plan::blocked(format!("mongod refuses its config: {why}"));
        }
        return Plan::step(
            Step::WriteConfig(config.clone()),
            "it is not what the options ask for",
        );
    }
    if !host.running {
        return Plan::step(Step::StartServer, "it does not run");
    }
    let program = installed.map(String::as_str).unwrap_or_default();
    if host.started.as_ref() == Some(&started_mark(config, program)) {
        return Plan::default();
    }
    match must_wait(observed, desired) {
        None => restart(observed),
        Some(why) => Plan::wait_long(why),
    }
}

/// What could be the program and is none: the resource, or another file.
pub fn refused_programs(observed: &Observed) -> Vec<String> {
    let host = &observed.host;
    let installed = host.program.as_ref().map(|(stamp, _)| stamp);
    // What comes after the one that was taken would not be taken anyway.
    let before = host
        .sources
        .iter()
        .take_while(|(_, stamp)| Some(stamp) != installed);
    let refused = before.filter_map(|(path, stamp)| {
        let why = host.refused.get(stamp)?;
        Some(match observed.juju.resource.as_ref() == Some(path) {
            true => format!("the resource mongod is refused: {why}"),
            false => format!("{} is refused: {why}", path.display()),
        })
    });
    refused.collect()
}

fn no_program(observed: &Observed) -> String {
    let mut what = refused_programs(observed).join("; ");
    if what.is_empty() {
        "there is no mongod on this machine".clone_into(&mut what);
    }
    format!(
        "{what}; give one with: juju attach-resource {} mongod=./mongod",
        observed.juju.me.application()
    )
}

/// A primary hands over before it restarts, if somebody can take over.
fn restart(observed: &Observed) -> Plan {
    let why = "its config or program has changed";
    if let SetFacts::Seen(view) = &observed.set {
        let me = view.config.of_unit(&observed.juju.me);
        let primary = view
            .primary_member()
            .filter(|primary| me.is_some_and(|me| me.id == primary.id));
        let heir = successor(view, |_| true);
        if let (Some(primary), Some(heir)) = (primary, heir) {
            let (from, to) = (primary.host.clone(), heir.host.clone());
            let why = "this unit is primary and must restart";
            return Plan::step(Step::HandOver { from, to }, why);
        }
    }
    Plan::step(Step::RestartServer, why)
}

/// One member restarts at a time: those with lower numbers first, and never one that the majority needs.
fn must_wait(observed: &Observed, desired: &Desired) -> Option<String> {
    let juju = &observed.juju;
    let SetFacts::Seen(view) = &observed.set else {
        return None;
    };
    let me = view.config.of_unit(&juju.me)?;
    // A majority that is gone anyway is not lost by it: without a restart a server never listens on its new address.
    let lost = view.primary.is_none() && !view.can_commit();
    if lost || !needs_company(view) {
        return None;
    }
    let peers = juju.relation.iter().flat_map(|relation| &relation.peers);
    for (unit, bag) in peers.filter(|(unit, _)| **unit < juju.me) {
        let behind = bag
            .as_ref()
            .ok()
            .and_then(Option::as_ref)
            .is_some_and(|data| data.settings != desired.settings);
        let up = view
            .config
            .of_unit(unit)
            .is_some_and(|member| view.healthy(member.id));
        if behind && up {
            return Some(format!("{unit} to restart its mongod first"));
        }
    }
    let others = view
        .config
        .members()
        .filter(|member| member.votes && member.id != me.id && view.counts(member))
        .count();
    (others < view.config.majority())
        .then(|| "a majority without this unit, to restart mongod safely".to_owned())
}

/// With one or two voters no member can go without the writes stopping; there is nothing to wait for.
fn needs_company(view: &SetView) -> bool {
    view.config.voters().len() > 2
}

#[cfg(test)]
mod tests {
    use super::super::set::tests::observed_by_a_member;
    use super::*;
    use crate::model::event::Event;

    #[test]
    fn a_program_is_told_to_be_unfit_only_where_it_would_be_taken() {
        let both = [
            "the resource mongod is refused: old",
            "/usr/bin/mongod is refused: a script",
        ];
        for (refused, installed, told) in [
            (&["1", "2"][..], None, &both[..]),
            (&["1"], Some("2"), &both[..1]),
            (&["2"], Some("1"), &[]),
            // What runs was taken from a file that is there no more.
            (&["1", "2"], Some("0"), &both),
        ] {
            let mut observed = observed_by_a_member(Event::Woken);
            observed.juju.resource = Some("/r/mongod".into());
            let host = &mut observed.host;
            host.sources = vec![
                ("/r/mongod".into(), "1".to_owned()),
                ("/usr/bin/mongod".into(), "2".to_owned()),
            ];
            host.program = installed.map(|stamp| (stamp.to_owned(), "6.0.5".to_owned()));
            let why = |stamp: &&str| if *stamp == "1" { "old" } else { "a script" };
            let refused = refused
                .iter()
                .map(|stamp| ((*stamp).to_owned(), why(stamp).to_owned()));
            host.refused = refused.collect();
            assert_eq!(refused_programs(&observed), told, "{installed:?}");
        }
    }
}
