//! The relation hooks that are due: first who departed, then the end of the relation, then the application's databag,
//! then who joined, then who changed.

use super::{Next, Note};
use crate::lab::model::{Hook, HookKind, Life, Model, Relation, RelationView, Unit};
use crate::model::unit::UnitName;

/// The next relation hook of a unit that stays.
pub(super) fn next(model: &Model, unit: &Unit) -> Option<Next> {
    if unit.life != Life::Alive || !unit.started {
        return None;
    }
    model
        .relations_of(unit.name.application())
        .find_map(|relation| {
            let view = unit.relations.get(&relation.id)?;
            if view.left || !view.created {
                return None;
            }
            departed(unit, relation, view)
                .or_else(|| broken(unit, relation))
                .or_else(|| application_changed(unit, relation, view))
                .or_else(|| joined(unit, relation, view))
                .or_else(|| changed(unit, relation, view))
        })
}

/// The next step of a dying unit out of its relations: it sees every member depart, itself being the departing one.
pub(super) fn leave(model: &Model, unit: &Unit) -> Option<Next> {
    model
        .relations_of(unit.name.application())
        .find_map(|relation| {
            let view = unit.relations.get(&relation.id);
            if view.is_none_or(|view| view.left) && !relation.scope.contains(&unit.name) {
                return None;
            }
            let Some(view) = view else {
                return Some(Next::Note(Note::Left(relation.id)));
            };
            if let Some(member) = view.members.keys().next() {
                return Some(departed_hook(unit, relation, member, &unit.name));
            }
            if relation.is_peer() || !view.created {
                return Some(Next::Note(Note::Left(relation.id)));
            }
            Some(Next::Run(about(unit, relation, HookKind::RelationBroken)))
        })
}

fn about(unit: &Unit, relation: &Relation, kind: HookKind) -> Hook {
    let application = unit.name.application();
    Hook {
        prefix: relation
            .endpoint_of(application)
            .map(|end| end.name.clone()),
        relation: Some(relation.id),
        remote_application: relation
            .other_end(application)
            .map(|end| end.application.clone()),
        ..Hook::plain(kind)
    }
}

fn departed_hook(
    unit: &Unit,
    relation: &Relation,
    member: &UnitName,
    departing: &UnitName,
) -> Next {
    Next::Run(Hook {
        remote_unit: Some(member.clone()),
        departing: Some(departing.clone()),
        ..about(unit, relation, HookKind::RelationDeparted)
    })
}

fn departed(unit: &Unit, relation: &Relation, view: &RelationView) -> Option<Next> {
    let gone = view
        .members
        .keys()
        .find(|member| relation.dying || !relation.scope.contains(*member))?;
    Some(departed_hook(unit, relation, gone, gone))
}

fn broken(unit: &Unit, relation: &Relation) -> Option<Next> {
    if !relation.dying {
        return None;
    }
    Some(if relation.is_peer() {
        Next::Note(Note::Left(relation.id))
    } else {
        Next::Run(about(unit, relation, HookKind::RelationBroken))
    })
}

fn application_changed(unit: &Unit, relation: &Relation, view: &RelationView) -> Option<Next> {
    let remote = &relation.other_end(unit.name.application())?.application;
    let version = relation
        .applications
        .get(remote)
        .map_or(0, |bag| bag.version);
    (version > view.application_version).then(|| {
        Next::Run(Hook {
            version,
            ..about(unit, relation, HookKind::RelationChanged)
        })
    })
}

fn joined(unit: &Unit, relation: &Relation, view: &RelationView) -> Option<Next> {
    let new = relation
        .remote_units(&unit.name)
        .find(|other| !view.members.contains_key(*other))?;
    Some(Next::Run(Hook {
        remote_unit: Some(new.clone()),
        ..about(unit, relation, HookKind::RelationJoined)
    }))
}

fn changed(unit: &Unit, relation: &Relation, view: &RelationView) -> Option<Next> {
    let (member, version) = view.members.iter().find_map(|(member, seen)| {
        let version = relation.units.get(member).map_or(0, |bag| bag.version);
        (seen.version != Some(version)).then_some((member, version))
    })?;
    Some(Next::Run(Hook {
        remote_unit: Some(member.clone()),
        version,
        ..about(unit, relation, HookKind::RelationChanged)
    }))
}
