//! Where a server puts what it rolled back: `rollback/COLLECTION-UUID/removed.MOMENT.bson` under its data
//! (<https://www.mongodb.com/docs/v6.0/core/replica-set-rollbacks/>).

use std::io;
use std::path::{Path, PathBuf};

/// One file of documents that a server took back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollbackFile {
    /// Where it is.
    pub path: PathBuf,
    /// The UUID of the collection, in lower case.
    pub collection: String,
}

/// All of them, in the order of their paths; none where nothing was ever rolled back.
///
/// # Errors
/// A directory that cannot be read.
pub fn files(data: &Path) -> io::Result<Vec<RollbackFile>> {
    let mut files = Vec::new();
    for folder in entries(&data.join("rollback"))? {
        let collection = folder.file_name().unwrap_or_default().to_string_lossy();
        for path in entries(&folder)? {
            if path.extension().is_some_and(|ending| ending == "bson") {
                files.push(RollbackFile {
                    path,
                    collection: collection.to_lowercase(),
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_server_took_back() {
        let data = tempfile::tempdir().unwrap();
        assert_eq!(files(data.path()).unwrap(), []);
        let folder = data.path().join("rollback/0A");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(data.path().join("rollback/stray"), "").unwrap();
        for name in ["removed.2.bson", "removed.1.bson", "note.txt"] {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let found = files(data.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|it| it.path.file_name().unwrap())
            .collect();
        assert_eq!(names, ["removed.1.bson", "removed.2.bson"]);
        assert!(found.iter().all(|it| it.collection == "0a"));
    }
}
