//! What a person wants of the members, as a situation's file says it.

use super::field::{Field, Refused, number, parsed, whole};
use crate::model::address::HostPort;
use crate::model::desired::MOST_VOTERS;
use crate::model::policy::{MemberPolicy, Policy};
use crate::model::unit::UnitName;
use mongodb::bson::Bson;
use std::collections::BTreeMap;

/// What is wanted; nothing said is nothing wanted.
pub(super) fn policy(field: &Field) -> Result<Policy, Refused> {
    let Some(policy) = field.object(&["voters", "demoted", "dropped", "members"])? else {
        return Ok(Policy::default());
    };
    let odd = |value: &Bson| {
        whole::<usize>(value).filter(|number| *number <= MOST_VOTERS && number % 2 == 1)
    };
    let units = "a list of units, such as [\"mongo-rs/0\"]";
    let hosts = "a list of addresses, such as [\"10.0.0.1:27017\"]";
    let demoted = policy.field("demoted").list(units)?;
    let dropped = policy.field("dropped").list(hosts)?;
    let demoted = demoted.iter().map(|field| unit_name(field));
    let dropped = dropped.iter().map(|field| host(field));
    let members = policy
        .field("members")
        .entries("an object, a field for each unit")?;
    let members = members.iter().map(|(name, field)| {
        let unit = name.parse().map_err(|_| wrong_unit(&field.path))?;
        Ok((unit, member(field)?))
    });
    Ok(Policy {
        voters: policy.field("voters").optional("1, 3, 5 or 7", odd)?,
        demoted: demoted.collect::<Result<_, Refused>>()?,
        dropped: dropped.collect::<Result<_, Refused>>()?,
        members: members.collect::<Result<_, Refused>>()?,
    })
}

fn member(field: &Field) -> Result<MemberPolicy, Refused> {
    let Some(member) = field.object(&["priority", "hidden", "votes", "delay", "tags"])? else {
        return Ok(MemberPolicy::default());
    };
    let priority = |value: &Bson| number(value).filter(|it| (0.0..=1000.0).contains(it));
    let yes = "true or false";
    let tags = member.field("tags");
    let pairs = tags
        .entries("an object of texts")?
        .into_iter()
        .map(|(name, field)| {
            Ok((
                name.to_owned(),
                field.required("a text", |value| value.as_str().map(str::to_owned))?,
            ))
        })
        .collect::<Result<BTreeMap<_, _>, Refused>>()?;
    Ok(MemberPolicy {
        priority: member
            .field("priority")
            .optional("a number from 0 to 1000", priority)?,
        hidden: member.field("hidden").optional(yes, Bson::as_bool)?,
        votes: member.field("votes").optional(yes, Bson::as_bool)?,
        delay: member
            .field("delay")
            .optional("a whole number of seconds", whole)?,
        tags: tags.value.map(|_| pairs),
    })
}

/// The name of a unit.
pub(super) fn unit_name(field: &Field) -> Result<UnitName, Refused> {
    field.required("a unit, such as mongo-rs/0", parsed)
}

/// An address.
pub(super) fn host(field: &Field) -> Result<HostPort, Refused> {
    field.required("an address with a port, such as 10.0.0.1:27017", parsed)
}

/// That a key is no unit.
pub(super) fn wrong_unit(path: &str) -> Refused {
    Refused::Value {
        field: path.to_owned(),
        found: "no unit's".to_owned(),
        allowed: "under a unit's name, such as mongo-rs/0".to_owned(),
    }
}
