//! Charms as files: packed as Juju packs a directory, unpacked as its agent does.

use anyhow::{Context as _, Result, bail, ensure};
use fs_err as fs;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Component, Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// What Juju leaves out by itself (`charmdir.go`).
const LEFT_OUT: &[&str] = &[".git", ".svn", ".hg", ".bzr", ".tox", "/build/", "/revision", "/version"];
/// The list of files that the last unpacking put in place.
const MANIFEST: &str = ".lab-manifest";

/// What was packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackReport {
    /// How many files and links.
    pub entries: usize,
    /// Bytes of the archive.
    pub bytes: u64,
}

/// Packs a charm's directory. The same directory gives the same bytes every time.
///
/// # Errors
/// Something in it cannot be in a charm: a link that leads outside, a socket, a device.
pub fn pack(directory: &Path, archive: &Path) -> Result<PackReport> {
    ensure!(directory.join("metadata.yaml").is_file(), "{} is not a charm: it has no metadata.yaml", directory.display());
    let left_out = rules(directory)?;
    let mut entries = Vec::new();
    collect(directory, Path::new(""), &left_out, &mut entries)?;
    entries.sort();
    let beside = archive.with_extension("charm.new");
    let mut writer = ZipWriter::new(fs::File::create(&beside)?.into_parts().0);
    for name in &entries {
        let path = directory.join(name);
        if same_file(&path, archive) || same_file(&path, &beside) {
            continue;
        }
        add(&mut writer, directory, name).with_context(|| format!("failed to pack {}", path.display()))?;
    }
    writer.finish()?.sync_all()?;
    fs::rename(&beside, archive)?;
    Ok(PackReport { entries: entries.len(), bytes: fs::metadata(archive)?.len() })
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn rules(directory: &Path) -> Result<Gitignore> {
    let mut builder = GitignoreBuilder::new(directory);
    for rule in LEFT_OUT {
        builder.add_line(None, rule)?;
    }
    let own = directory.join(".jujuignore");
    if own.is_file()
        && let Some(error) = builder.add(&own)
    {
        bail!("{}: {error}", own.display());
    }
    Ok(builder.build()?)
}

fn collect(directory: &Path, under: &Path, left_out: &Gitignore, entries: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory.join(under))? {
        let entry = entry?;
        let (name, kind) = (under.join(entry.file_name()), entry.file_type()?);
        if left_out.matched(&name, kind.is_dir()).is_ignore() {
            continue;
        }
        if kind.is_dir() {
            collect(directory, &name, left_out, entries)?;
        } else if kind.is_file() || kind.is_symlink() {
            entries.push(name);
        } else {
            bail!("{} is neither a file nor a directory nor a link: a charm cannot hold it", name.display());
        }
    }
    Ok(())
}

fn add(writer: &mut ZipWriter<std::fs::File>, directory: &Path, name: &Path) -> Result<()> {
    let path = directory.join(name);
    let text = name.to_str().context("its name is not UTF-8")?;
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let about = fs::symlink_metadata(&path)?;
    if about.is_symlink() {
        let target = fs::read_link(&path)?;
        ensure!(stays_inside(name, &target), "the link leads out of the charm, to {}", target.display());
        writer.add_symlink(text, target.to_str().context("its target is not UTF-8")?, options.unix_permissions(0o777))?;
        return Ok(());
    }
    // Juju's own rule: whoever may run it, all may; nobody but the owner writes.
    let hook = name.starts_with("hooks");
    let mode = if about.permissions().mode() & 0o100 != 0 || hook { 0o755 } else { 0o644 };
    writer.start_file(text, options.unix_permissions(mode))?;
    std::io::copy(&mut fs::File::open(&path)?, writer)?;
    Ok(())
}

fn stays_inside(link: &Path, target: &Path) -> bool {
    let mut depth = link.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            _ => return false,
        }
    }
    true
}

/// Unpacks a charm over what is there: files of the last charm that are not in this one go, foreign ones stay, and one
/// that runs goes on running, because each file is removed and made anew.
///
/// # Errors
/// The archive is damaged, or names a place outside the directory.
pub fn unpack(archive: &Path, directory: &Path) -> Result<()> {
    let mut zip = ZipArchive::new(fs::File::open(archive)?.into_parts().0)
        .with_context(|| format!("{} is not a charm: it cannot be read as a zip file", archive.display()))?;
    let before = manifest(directory);
    let mut now = BTreeSet::new();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let name = entry.enclosed_name().with_context(|| format!("{:?} leads out of the charm", entry.name()))?;
        if entry.is_dir() {
            continue;
        }
        let path = directory.join(&name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if path.symlink_metadata().is_ok() {
            fs::remove_file(&path)?;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if entry.is_symlink() {
            let target = PathBuf::from(String::from_utf8(content).context("a link's target is not UTF-8")?);
            ensure!(stays_inside(&name, &target), "the link {} leads out of the charm", name.display());
            symlink(target, &path)?;
        } else {
            let mut file = fs::File::create(&path)?;
            file.write_all(&content)?;
            let mode = entry.unix_mode().unwrap_or(0) & 0o777;
            fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
        }
        now.insert(name);
    }
    for gone in before.difference(&now) {
        let _ = std::fs::remove_file(directory.join(gone));
    }
    let list: Vec<String> = now.iter().map(|name| name.display().to_string()).collect();
    fs::write(directory.join(MANIFEST), list.join("\n"))?;
    Ok(())
}

fn manifest(directory: &Path) -> BTreeSet<PathBuf> {
    let text = std::fs::read_to_string(directory.join(MANIFEST)).unwrap_or_default();
    text.lines().map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charm() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str, mode: u32| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        put("metadata.yaml", "name: a", 0o600);
        put("dispatch", "#!/bin/sh", 0o700);
        put("target/big", "x", 0o644);
        put("bin/a", "x", 0o755);
        put(".git/config", "x", 0o644);
        put(".jujuignore", "/target/\n*.charm\n", 0o644);
        std::fs::create_dir(folder.path().join("hooks")).unwrap();
        symlink("../dispatch", folder.path().join("hooks/install")).unwrap();
        folder
    }

    #[test]
    fn a_charm_comes_out_as_it_went_in_without_what_is_left_out() {
        let (charm, out) = (charm(), tempfile::tempdir().unwrap());
        let (one, two) = (charm.path().join("a.charm"), out.path().join("b.charm"));
        pack(charm.path(), &one).unwrap();
        pack(charm.path(), &two).unwrap();
        assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
        let to = out.path().join("charm");
        std::fs::create_dir(&to).unwrap();
        unpack(&two, &to).unwrap();
        let mode = |name: &str| std::fs::metadata(to.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("metadata.yaml"), mode("dispatch"), mode("bin/a")), (0o644, 0o755, 0o755));
        assert_eq!(std::fs::read_link(to.join("hooks/install")).unwrap(), Path::new("../dispatch"));
        assert!(!to.join("target").exists() && !to.join(".git").exists() && !to.join("a.charm").exists());
    }

    #[test]
    fn an_upgrade_takes_old_files_away_and_leaves_foreign_ones() {
        let (charm, out) = (charm(), tempfile::tempdir().unwrap());
        let (archive, to) = (out.path().join("a.charm"), out.path().join("charm"));
        std::fs::create_dir(&to).unwrap();
        pack(charm.path(), &archive).unwrap();
        unpack(&archive, &to).unwrap();
        std::fs::write(to.join("foreign"), "kept").unwrap();
        std::fs::remove_file(charm.path().join("bin/a")).unwrap();
        pack(charm.path(), &archive).unwrap();
        unpack(&archive, &to).unwrap();
        assert!(to.join("foreign").exists() && !to.join("bin/a").exists());
    }

    #[test]
    fn links_that_lead_outside_are_refused() {
        for target in ["/etc/passwd", "../../etc/passwd"] {
            let charm = charm();
            symlink(target, charm.path().join("hooks/start")).unwrap();
            let error = pack(charm.path(), &charm.path().join("x.charm")).unwrap_err();
            assert!(format!("{error:#}").contains("leads out of the charm"), "{error:#}");
        }
    }
}
