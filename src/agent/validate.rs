//! From what was seen to what may be acted on: options that are wrong are set aside with their reason, and what was in
//! force before stays in force. Pure.

use crate::model::databag::Unreadable;
use crate::model::observed::Observed;
use crate::model::options::Options;
use serde_json::Value;

/// What may be acted on.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The options in force; none when there never were right ones.
    pub options: Option<Options>,
    /// What a person must put right, each as a sentence.
    pub problems: Vec<String>,
}

/// Checks the options, and that what must not change has not.
pub fn validate(observed: &Observed) -> Checked {
    let mut problems = Vec::new();
    let before = observed.host.options.as_ref();
    let options = match Options::read(&observed.juju.config) {
        Ok(options) => Some(options),
        Err(refused) => {
            problems.extend(refused.iter().map(ToString::to_string));
            before.cloned()
        }
    };
    let mut options = options.map(|options| freeze_name(options, observed, &mut problems));
    if let (Some((refused, why)), Some(given)) = (&observed.host.refused_options, &options)
        && given.changed(Some(refused)).is_empty()
    {
        let named = named(&given.changed(before), observed);
        problems.push(format!(
            "{named}: mongod refuses it: {why}; correct it, or set it back"
        ));
        options = before.cloned();
    }
    if let (Some(kept), Some((id, location))) =
        (&observed.host.data_directory, &observed.juju.storage)
        && !kept.starts_with(location)
    {
        problems.push(format!(
                "storage {id} is attached, but the data is in {}: to move it, add a unit with storage and remove this one",
                kept.display()
            ));
    }
    if let Some(relation) = &observed.juju.relation {
        let unreadable = relation
            .peers
            .iter()
            .filter_map(|(unit, bag)| Some((unit, bag.as_ref().err()?)));
        problems.extend(unreadable.map(|(unit, why)| format!("{unit}: {why}")));
        // The leader writes what is damaged again; what another version wrote it leaves alone.
        let mends =
            |why: &Unreadable| observed.juju.leader && matches!(why, Unreadable::Garbage(_));
        if let Err(why) = &relation.application
            && !mends(why)
        {
            problems.push(format!("the application: {why}"));
        }
    }
    Checked { options, problems }
}

/// `option port=27018, extra-config=…`: the values as they were given.
fn named(options: &[&str], observed: &Observed) -> String {
    let named = options.iter().map(|name| {
        let value = match observed.juju.config.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        };
        let value: String = value.trim().chars().take(60).collect();
        format!("{name}={value}")
    });
    format!("option {}", named.collect::<Vec<_>>().join(", "))
}

/// The name of a set that exists cannot be changed (M6).
fn freeze_name(mut options: Options, observed: &Observed, problems: &mut Vec<String>) -> Options {
    let application = observed
        .juju
        .application()
        .and_then(|data| data.set_name.clone());
    let own = observed
        .host
        .options
        .as_ref()
        .filter(|_| observed.host.joined);
    let frozen = application.or_else(|| own.map(|options| options.replica_set_name.clone()));
    if let Some(name) = frozen.filter(|name| *name != options.replica_set_name) {
        problems.push(format!(
            "option replica-set-name={}: the set exists and is called {name}; set it back to {name}",
            options.replica_set_name
        ));
        options.replica_set_name = name;
    }
    options
}
