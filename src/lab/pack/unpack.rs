//! Unpacking a charm into a unit, the first time and over an older one.

use super::rules::check_link;
use anyhow::{Context, bail};
use fs_err as fs;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};
use zip::ZipArchive;

/// What was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackReport {
    /// Files, links and folders that the charm has.
    pub written: usize,
    /// What the charm before had and this one has not, sorted.
    pub removed: Vec<String>,
}

/// Unpacks the charm `archive` into the folder `dir`, over another that may be there.
///
/// * Modes are those in the archive; a file that was packed without one gets none, as with Juju.
/// * Each file is removed and then made anew, so that a program that runs from it goes on with the old one.
/// * What the charm before had and this one has not is removed: files, and folders with all that is in them. Files that
///   came from neither stay. The list of what a charm has is kept beside the folder, in `<dir>.manifest`.
/// * Cut off at any point, it can be done again, with this archive or another.
///
/// # Errors
/// The file is no charm, or an entry leads out of the folder: nothing is changed then. Or writing fails.
pub fn unpack(archive: &Path, dir: &Path) -> anyhow::Result<UnpackReport> {
    let file = fs::File::open(archive)?.into_parts().0;
    let mut zip = ZipArchive::new(file)
        .with_context(|| format!("{} is no packed charm", archive.display()))?;
    let entries = inspect(&mut zip)
        .with_context(|| format!("{} is no charm that Juju would take", archive.display()))?;
    let new: BTreeSet<String> = entries
        .iter()
        .flat_map(|entry| with_parents(&entry.path))
        .collect();
    let manifest = manifest_path(dir);
    let old = read_manifest(&manifest)?;
    fs::create_dir_all(dir)?;
    // If this is cut off, both charms' files are known to be a charm's.
    write_manifest(&manifest, old.union(&new))?;
    for entry in &entries {
        extract(&mut zip, entry, dir)
            .with_context(|| format!("failed to unpack {}", entry.path.display()))?;
    }
    let mut removed: Vec<String> = old.difference(&new).cloned().collect();
    for name in removed.iter().rev() {
        remove(&dir.join(name))?;
    }
    write_manifest(&manifest, new.iter())?;
    removed.sort();
    Ok(UnpackReport {
        written: new.len(),
        removed,
    })
}

/// What an entry of the archive becomes.
enum Kind {
    Folder,
    File,
    Link(PathBuf),
}

struct Entry {
    index: usize,
    path: PathBuf,
    mode: u32,
    kind: Kind,
}

/// Looks at every entry before anything is changed.
fn inspect(zip: &mut ZipArchive<File>) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for index in 0..zip.len() {
        let mut entry = zip
            .by_index(index)
            .with_context(|| format!("failed to read entry {index}"))?;
        let name = entry
            .name()
            .context("an entry's name is damaged")?
            .into_owned();
        let path = entry
            .enclosed_name()
            .filter(|path| {
                path.components()
                    .all(|part| matches!(part, Component::Normal(_)))
            })
            .with_context(|| format!("the entry {name:?} leads out of the charm"))?;
        let mode = entry.unix_mode().unwrap_or(0);
        let kind = if entry.is_dir() {
            Kind::Folder
        } else if entry.is_symlink() {
            let mut target = String::new();
            entry
                .read_to_string(&mut target)
                .with_context(|| format!("failed to read the link {name:?}"))?;
            let target = PathBuf::from(target);
            check_link(&path, &target).map_err(anyhow::Error::msg)?;
            Kind::Link(target)
        } else {
            Kind::File
        };
        entries.push(Entry {
            index,
            path,
            mode: mode & 0o777,
            kind,
        });
    }
    if !entries
        .iter()
        .any(|entry| entry.path == Path::new("metadata.yaml") && matches!(entry.kind, Kind::File))
    {
        bail!("it has no metadata.yaml");
    }
    let links: BTreeSet<&Path> = entries
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::Link(_)))
        .map(|entry| entry.path.as_path())
        .collect();
    for entry in &entries {
        // A file "in" a link would be written wherever the link leads.
        if let Some(link) = entry
            .path
            .ancestors()
            .skip(1)
            .find(|parent| links.contains(parent))
        {
            bail!(
                "{} is inside {}, which is a link",
                entry.path.display(),
                link.display()
            );
        }
    }
    Ok(entries)
}

fn extract(zip: &mut ZipArchive<File>, entry: &Entry, dir: &Path) -> anyhow::Result<()> {
    let target = dir.join(&entry.path);
    if let Some(parent) = entry.path.parent() {
        make_parents(dir, parent)?;
    }
    match &entry.kind {
        Kind::Folder => {
            make_folder(&target)?;
            // The unit's agent must get in, whatever the archive says.
            fs::set_permissions(&target, std::fs::Permissions::from_mode(entry.mode | 0o700))?;
        }
        Kind::Link(leads_to) => {
            remove(&target)?;
            std::os::unix::fs::symlink(leads_to, &target)?;
        }
        Kind::File => {
            remove(&target)?;
            let mut source = zip.by_index(entry.index)?;
            let mut file = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&target)?;
            std::io::copy(&mut source, &mut file)?;
            // After the creation, because that is subject to the umask.
            file.set_permissions(std::fs::Permissions::from_mode(entry.mode))?;
            file.flush()?;
        }
    }
    Ok(())
}

/// Makes the folders above an entry; an archive need not name them.
fn make_parents(dir: &Path, parent: &Path) -> anyhow::Result<()> {
    let mut path = dir.to_owned();
    for component in parent.components() {
        path.push(component);
        make_folder(&path)?;
    }
    Ok(())
}

/// Makes a folder where none is; a link or a file there makes room.
fn make_folder(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Ok(()),
        Ok(_) => fs::remove_file(path)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    std::fs::DirBuilder::new()
        .mode(0o755)
        .create(path)
        .with_context(|| format!("failed to make {}", path.display()))
}

/// Removes whatever is there, without following a link.
fn remove(path: &Path) -> anyhow::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(fs::remove_dir_all(path)?),
        Ok(_) => Ok(fs::remove_file(path)?),
        Err(error)
            if matches!(
                error.kind(),
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// A path and all folders above it, as text.
fn with_parents(path: &Path) -> impl Iterator<Item = String> {
    path.ancestors()
        .filter(|part| !part.as_os_str().is_empty())
        .map(|part| part.to_string_lossy().into_owned())
}

fn manifest_path(dir: &Path) -> PathBuf {
    let mut path = dir.as_os_str().to_owned();
    path.push(".manifest");
    PathBuf::from(path)
}

fn read_manifest(path: &Path) -> anyhow::Result<BTreeSet<String>> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text)
            .with_context(|| format!("{} is damaged; remove the unit", path.display())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error.into()),
    }
}

fn write_manifest<'a>(path: &Path, names: impl Iterator<Item = &'a String>) -> anyhow::Result<()> {
    let text = serde_json::to_vec(&names.collect::<Vec<_>>())
        .context("failed to write down a manifest")?;
    let partial = path.with_extension("manifest.partial");
    fs::write(&partial, text)?;
    Ok(fs::rename(&partial, path)?)
}
