//! Keeps the model in an embedded database: one document an entity, every change one transaction.
//!
//! In: a [`Model`]. Out: after a start, the same model. A controller that is killed at any instant finds the state
//! before a change or after it, never between.

use crate::lab::model::Model;
use anyhow::{Context as _, Result};
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const DOCUMENTS: TableDefinition<&str, &[u8]> = TableDefinition::new("documents");
const SETTINGS: &str = "settings";

/// The database of one lab.
pub struct Store {
    path: PathBuf,
    database: Database,
    /// What the database holds, so that only what changed is written.
    written: BTreeMap<String, Vec<u8>>,
}

impl Store {
    /// Opens the database, or makes it, and reads the model; an empty database gives none.
    pub fn open(path: &Path) -> Result<(Self, Option<Model>)> {
        let database = Database::create(path).with_context(|| {
            format!(
                "failed to open the lab's database {}; if another controller has it, end that one, \
                 and if the file is damaged, `lab destroy` removes it",
                path.display()
            )
        })?;
        let mut written = BTreeMap::new();
        let transaction = database.begin_write()?;
        {
            let table = transaction.open_table(DOCUMENTS)?;
            for entry in table.iter()? {
                let (key, value) = entry?;
                written.insert(key.value().to_owned(), value.value().to_owned());
            }
        }
        transaction.commit()?;
        let model = if written.contains_key(SETTINGS) {
            Some(compose(&written)?)
        } else {
            None
        };
        Ok((
            Self {
                path: path.to_owned(),
                database,
                written,
            },
            model,
        ))
    }

    /// Writes what differs from the last write, in one transaction.
    pub fn save(&mut self, model: &Model) -> Result<()> {
        let documents = decompose(model)?;
        let removed: Vec<&String> = self
            .written
            .keys()
            .filter(|key| !documents.contains_key(*key))
            .collect();
        let changed: Vec<(&String, &Vec<u8>)> = documents
            .iter()
            .filter(|(key, value)| self.written.get(*key) != Some(*value))
            .collect();
        if removed.is_empty() && changed.is_empty() {
            return Ok(());
        }
        self.write(&removed, &changed).with_context(|| {
            format!(
                "failed to write {} documents to {}",
                changed.len(),
                self.path.display()
            )
        })?;
        self.written = documents;
        Ok(())
    }

    fn write(&self, removed: &[&String], changed: &[(&String, &Vec<u8>)]) -> Result<()> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(DOCUMENTS)?;
            for key in removed {
                table.remove(key.as_str())?;
            }
            for (key, value) in changed {
                table.insert(key.as_str(), value.as_slice())?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// How many documents the database holds.
    pub fn len(&self) -> Result<u64> {
        use redb::ReadableTableMetadata as _;
        Ok(self.database.begin_read()?.open_table(DOCUMENTS)?.len()?)
    }

    /// Whether the database holds nothing.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.len()? == 0)
    }
}

fn decompose(model: &Model) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut documents = BTreeMap::new();
    put(&mut documents, SETTINGS.to_owned(), &model.settings)?;
    put_all(&mut documents, "application", &model.applications)?;
    put_all(&mut documents, "unit", &model.units)?;
    put_all(&mut documents, "machine", &model.machines)?;
    put_all(&mut documents, "relation", &model.relations)?;
    put_all(&mut documents, "storage", &model.storage)?;
    put_all(&mut documents, "operation", &model.operations)?;
    put_all(&mut documents, "task", &model.tasks)?;
    Ok(documents)
}

fn compose(documents: &BTreeMap<String, Vec<u8>>) -> Result<Model> {
    let settings = documents
        .get(SETTINGS)
        .context("the lab's database has no settings")?;
    Ok(Model {
        settings: serde_json::from_slice(settings)
            .context("failed to read the model's settings")?,
        applications: all(
            documents,
            "application",
            |a: &crate::lab::model::Application| a.name.clone(),
        )?,
        units: all(documents, "unit", |u: &crate::lab::model::Unit| {
            u.name.clone()
        })?,
        machines: all(documents, "machine", |m: &crate::lab::model::Machine| m.id)?,
        relations: all(documents, "relation", |r: &crate::lab::model::Relation| {
            r.id
        })?,
        storage: all(documents, "storage", |s: &crate::lab::model::Storage| {
            s.id.clone()
        })?,
        operations: all(
            documents,
            "operation",
            |o: &crate::lab::model::Operation| o.id,
        )?,
        tasks: all(documents, "task", |t: &crate::lab::model::Task| t.id)?,
    })
}

fn put<T: Serialize>(
    documents: &mut BTreeMap<String, Vec<u8>>,
    key: String,
    value: &T,
) -> Result<()> {
    let bytes =
        serde_json::to_vec(value).with_context(|| format!("failed to write {key} as JSON"))?;
    documents.insert(key, bytes);
    Ok(())
}

fn put_all<K: ToString, T: Serialize>(
    documents: &mut BTreeMap<String, Vec<u8>>,
    kind: &str,
    entities: &BTreeMap<K, T>,
) -> Result<()> {
    for (key, value) in entities {
        put(documents, format!("{kind}:{}", key.to_string()), value)?;
    }
    Ok(())
}

fn all<K: Ord, T: DeserializeOwned>(
    documents: &BTreeMap<String, Vec<u8>>,
    kind: &str,
    key_of: impl Fn(&T) -> K,
) -> Result<BTreeMap<K, T>> {
    let prefix = format!("{kind}:");
    let mut entities = BTreeMap::new();
    for (key, value) in documents.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        let entity: T =
            serde_json::from_slice(value).with_context(|| format!("failed to read {key}"))?;
        entities.insert(key_of(&entity), entity);
    }
    Ok(entities)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::model::{Application, Unit};
    use crate::lab::moment::Moment;

    #[test]
    fn a_model_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.redb");
        let (mut store, none) = Store::open(&path).unwrap();
        assert!(none.is_none());
        let mut model = Model::default();
        model.settings.name = "lab".to_owned();
        let app = Application {
            name: "a".to_owned(),
            ..Application::default()
        };
        model.applications.insert("a".to_owned(), app);
        for number in [0, 10] {
            let name: crate::model::unit::UnitName = format!("a/{number}").parse().unwrap();
            model
                .units
                .insert(name.clone(), Unit::new(name, number, Moment(7)));
        }
        store.save(&model).unwrap();
        assert_eq!(store.len().unwrap(), 4);
        model.units.pop_last();
        store.save(&model).unwrap();
        drop(store);
        let (store, read) = Store::open(&path).unwrap();
        assert_eq!(read, Some(model));
        assert_eq!(store.len().unwrap(), 3);
    }
}
