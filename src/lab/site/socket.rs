//! Unix sockets in folders with long names.
//!
//! A socket's address holds 108 bytes, and a lab's home may be deeper. So the folder is opened and the socket is named
//! through the descriptor, `/proc/self/fd/N/name`, which is short whatever the folder is called.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// The folder, held open, and the short name of the socket in it.
fn short_name(directory: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    let folder = File::open(directory)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}/{name}", folder.as_raw_fd()));
    Ok((folder, path))
}

/// Listens on the socket `name` in `directory`. A stale socket of that name is replaced; that nobody listens on it any
/// more is the caller's to know (a [`Site`](super::Site) has one controller at a time).
///
/// # Errors
/// The folder cannot be opened, or the socket cannot be made.
pub fn bind_in(directory: &Path, name: &str) -> io::Result<tokio::net::UnixListener> {
    let (_folder, path) = short_name(directory, name)?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    tokio::net::UnixListener::bind(path)
}

/// Connects to the socket `name` in `directory`.
///
/// # Errors
/// The folder cannot be opened, or nobody listens.
pub async fn connect_in(directory: &Path, name: &str) -> io::Result<tokio::net::UnixStream> {
    let (_folder, path) = short_name(directory, name)?;
    tokio::net::UnixStream::connect(path).await
}

/// Connects to the socket `name` in `directory` without a runtime: what a hook tool uses, which lives for milliseconds.
///
/// # Errors
/// The folder cannot be opened, or nobody listens.
pub fn connect_blocking_in(
    directory: &Path,
    name: &str,
) -> io::Result<std::os::unix::net::UnixStream> {
    let (_folder, path) = short_name(directory, name)?;
    std::os::unix::net::UnixStream::connect(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_folder_with_a_name_longer_than_an_address_is_no_hindrance() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("d".repeat(120)).join("e".repeat(120));
        std::fs::create_dir_all(&deep).unwrap();
        for round in 0..2u8 {
            let listener = bind_in(&deep, "controller.sock").unwrap();
            let (client, server) =
                tokio::join!(connect_in(&deep, "controller.sock"), listener.accept());
            let (mut server, _) = server.unwrap();
            server.write_all(&[round]).await.unwrap();
            assert_eq!(client.unwrap().read_u8().await.unwrap(), round);
            connect_blocking_in(&deep, "controller.sock").unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_listens() {
        let root = tempfile::tempdir().unwrap();
        let error = connect_in(root.path(), "controller.sock")
            .await
            .unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
