//! The file that remembers which seed answered. Whatever is wrong with it, it is only forgotten.

use super::file;
use crate::model::seeds::Memory;
use std::io::Read;
use std::path::Path;

/// No file of ours is larger: a hundred lists of fifty addresses.
const MOST_BYTES: u64 = 1 << 20;

/// What is remembered; nothing when the file cannot be read.
pub fn load(path: &Path) -> Memory {
    // Not a pipe, which would be waited for.
    if !std::fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Memory::default();
    }
    let mut text = String::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    read.map_or_else(|_| Memory::default(), |_| Memory::read(&text))
}

/// Keeps it, at once or not at all.
///
/// # Errors
/// When it cannot be written; nothing depends on it.
pub fn save(path: &Path, memory: &Memory) -> Result<(), file::FileError> {
    if let Some(directory) = path.parent().filter(|directory| !directory.is_dir()) {
        file::make_directory(directory, 0o700, None)?;
    }
    // Commands that run side by side each write a file of their own.
    let own = path.with_extension(format!("{}", std::process::id()));
    file::write(&own, memory.text().as_bytes(), 0o600, None)?;
    let put = file::rename(&own, path);
    if put.is_err() {
        file::remove(&own)?;
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::address::HostPort;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_no_file_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/seeds.json");
        assert_eq!(load(&path), Memory::default());
        let mut memory = Memory::default();
        let seeds = [HostPort::new("a", 1), HostPort::new("b", 2)];
        memory.remember(&seeds, &seeds[1], 7);
        save(&path, &memory).unwrap();
        assert_eq!(load(&path), memory);
        let beside = std::fs::read_dir(folder.path().join("a/b")).unwrap();
        assert_eq!(beside.count(), 1);
        std::fs::write(&path, [0xff, 0]).unwrap();
        assert_eq!(load(&path), Memory::default());
        save(&path, &memory).unwrap();
        assert_eq!(load(&path), memory);
        // Where a directory is in the way, nothing is kept and nothing is left beside it.
        let taken = folder.path().join("taken/seeds.json");
        std::fs::create_dir_all(&taken).unwrap();
        assert_eq!(load(&taken), Memory::default());
        assert!(save(&taken, &memory).is_err());
        let left = std::fs::read_dir(folder.path().join("taken")).unwrap();
        assert_eq!(left.count(), 1);
    }
}
