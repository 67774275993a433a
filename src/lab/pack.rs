//! A charm as one file: packing a folder and unpacking it into a unit, as Juju does.
//!
//! In: a folder with a charm. Out: a zip in which the same files give the same bytes, on every machine and day.
//! The rules are those of Juju's `juju/charm` (`charmdir.go`, `charmarchive.go`).

mod rules;
mod unpack;

pub use unpack::{UnpackReport, unpack};

use anyhow::{Context, bail};
use fs_err as fs;
use rules::{Ignored, check_link, mode_of};
use std::io::{BufWriter, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// What was packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackReport {
    /// The archive.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The files and links in it, by their path within the charm, sorted.
    pub files: Vec<String>,
    /// What was left out: folders once, without their contents.
    pub ignored: Vec<String>,
}

/// Packs the charm in the folder `dir` into the file `out`, which is replaced in one step.
///
/// # Errors
/// `dir` is no charm, a link leads out of it, a file is neither file, folder nor link, or writing fails. An `out` that was
/// there before is then as it was.
pub fn pack(dir: &Path, out: &Path) -> anyhow::Result<PackReport> {
    if !dir.join("metadata.yaml").is_file() {
        bail!("{} is no charm: it has no metadata.yaml", dir.display());
    }
    let mut partial = out.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let packed = write_archive(dir, &partial, &[out, &partial]).and_then(|packed| {
        fs::rename(&partial, out)
            .map(|()| packed)
            .map_err(Into::into)
    });
    let (files, ignored) = match packed {
        Ok(packed) => packed,
        Err(error) => {
            // The error is what matters; a rest of the archive is only in the way.
            let _ = fs::remove_file(&partial);
            return Err(error.context(format!("failed to pack {}", dir.display())));
        }
    };
    Ok(PackReport {
        path: out.to_owned(),
        bytes: fs::metadata(out)?.len(),
        files,
        ignored,
    })
}

/// The usual file name of a packed charm: `mongo-rs_amd64.charm`.
pub fn file_name(charm: &str) -> String {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64el",
        other => other,
    };
    format!("{charm}_{architecture}.charm")
}

fn write_archive(
    dir: &Path,
    path: &Path,
    own: &[&Path],
) -> anyhow::Result<(Vec<String>, Vec<String>)> {
    let mut packer = Packer {
        ignored: Ignored::read(dir)?,
        // The archive itself may lie in the folder that is packed.
        own: own
            .iter()
            .map(std::path::absolute)
            .collect::<Result<_, _>>()?,
        archive: ZipWriter::new(BufWriter::new(fs::File::create(path)?)),
        files: Vec::new(),
        left_out: Vec::new(),
    };
    packer.folder(&std::path::absolute(dir)?, Path::new(""))?;
    let mut file = packer
        .archive
        .finish()
        .context("failed to finish the archive")?;
    file.flush()?;
    file.get_ref().sync_all()?;
    Ok((packer.files, packer.left_out))
}

struct Packer<W: Write + Seek> {
    ignored: Ignored,
    own: Vec<PathBuf>,
    archive: ZipWriter<W>,
    files: Vec<String>,
    left_out: Vec<String>,
}

impl<W: Write + Seek> Packer<W> {
    /// Packs the contents of the folder `within` of the charm in `root`.
    fn folder(&mut self, root: &Path, within: &Path) -> anyhow::Result<()> {
        let mut entries: Vec<_> = fs::read_dir(root.join(within))?.collect::<Result<_, _>>()?;
        // The order of a folder is the file system's; the archive's is always the same.
        entries.sort_by_key(|entry| entry.file_name());
        for entry in entries {
            let path = within.join(entry.file_name());
            let name = path
                .to_str()
                .with_context(|| format!("the name {} is not UTF-8", path.display()))?
                .to_owned();
            let kind = entry.file_type()?;
            if self.own.contains(&entry.path()) || self.ignored.contains(&path, kind.is_dir()) {
                self.left_out.push(name);
            } else if kind.is_dir() {
                let options = options(0o755);
                self.archive
                    .add_directory(format!("{name}/"), options)
                    .with_context(|| format!("failed to pack {name}"))?;
                self.folder(root, &path)?;
            } else if kind.is_symlink() {
                let target = fs::read_link(entry.path())?;
                check_link(&path, &target).map_err(anyhow::Error::msg)?;
                let target = std::str::from_utf8(target.as_os_str().as_bytes())
                    .context("a link's target is not UTF-8")?;
                self.archive
                    .add_symlink(&name, target, options(0o777))
                    .with_context(|| format!("failed to pack {name}"))?;
                self.files.push(name);
            } else if kind.is_file() {
                self.file(&entry.path(), &path, &name)?;
                self.files.push(name);
            } else {
                bail!(
                    "{name} is a socket, a pipe or a device, and a charm cannot have one; remove it or name it in .jujuignore"
                );
            }
        }
        Ok(())
    }

    fn file(&mut self, source: &Path, path: &Path, name: &str) -> anyhow::Result<()> {
        let mut file = fs::File::open(source)?;
        let metadata = file.metadata()?;
        let options = options(mode_of(path, metadata.permissions().mode()))
            .large_file(metadata.len() >= u64::from(u32::MAX));
        self.archive
            .start_file(name, options)
            .with_context(|| format!("failed to pack {name}"))?;
        std::io::copy(&mut file, &mut self.archive)
            .with_context(|| format!("failed to pack {name}"))?;
        Ok(())
    }
}

/// The same for every file of the same mode: no times, no owners.
fn options(mode: u32) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
}

#[cfg(test)]
mod tests;
