//! `ssh`, `scp`, `client`: commands inside the lab's namespaces. The caller's own process enters them, so terminal,
//! signals and exit code are the command's own.

use super::Home;
use crate::lab::site::{Namespaces, enter_command};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// Options of `ssh`.
#[derive(Debug, Args)]
pub struct SshArgs {
    /// The unit, or `app/leader`.
    unit: String,
    /// A command; without one, a shell.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Options of `client`.
#[derive(Debug, Args)]
pub struct ClientArgs {
    /// A command; without one, a shell.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// Options of `scp`.
#[derive(Debug, Args)]
pub struct ScpArgs {
    /// From where and to where: a file, `unit:path` or a path here. After `-- -r` a directory of a unit.
    #[arg(num_args = 2.., required = true, value_name = "FROM TO")]
    words: Vec<String>,
}

/// `ssh`.
pub async fn ssh(home: &Home, arguments: &SshArgs) -> Result<i32> {
    let mut command = in_machine(home, &arguments.unit).await?;
    match &arguments.command[..] {
        [] => command.args(["/bin/bash", "-l"]),
        // As ssh does: one text for a shell.
        words => command.args(["/bin/bash", "-c", &words.join(" ")]),
    };
    become_it(&mut command)
}

/// `client`.
pub async fn client(home: &Home, arguments: &ClientArgs) -> Result<i32> {
    home.line().await?;
    let site = home.site.init_pid().context("the lab has just ended")?;
    let mut command = enter_command(site, Namespaces::Network, None);
    if arguments.command.is_empty() {
        command.args(["/bin/bash"]);
    } else {
        command.args(&arguments.command);
    }
    become_it(&mut command)
}

/// A command in a unit's machine, as root there, with a plain environment.
async fn in_machine(home: &Home, unit: &str) -> Result<Command> {
    let model = home.model().await?;
    let unit = super::resolve_unit(&model, unit)?;
    let machine = model
        .units
        .get(&unit)
        .and_then(|unit| model.machines.get(&unit.machine));
    let init = machine.and_then(|machine| machine.init_pid);
    let init = init.with_context(|| {
        format!("the machine of {unit} is off; `lab boot {unit}` switches it on")
    })?;
    let target = home
        .site
        .host_pid(init)
        .with_context(|| format!("the machine of {unit} has just gone"))?;
    let mut command = enter_command(target, Namespaces::All, Some(Path::new("/root")));
    command.env("HOME", "/root").env("USER", "root");
    command.env(
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    );
    Ok(command)
}

/// What a failure of either way below means.
const NOT_ENTERED: &str = "failed to enter the lab's namespaces";

/// This process goes on as the command: whoever kills the one has killed the other.
fn become_it(command: &mut Command) -> Result<i32> {
    Err(command.exec()).context(NOT_ENTERED)
}

fn finish(command: &mut Command) -> Result<i32> {
    let status = command.status().context(NOT_ENTERED)?;
    Ok(status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1))
}

/// A directory of a unit, into one that is here.
async fn directory(home: &Home, unit: &str, path: &str, to: &str) -> Result<i32> {
    let path = Path::new(path);
    let (parent, name) = (path.parent(), path.file_name());
    let (parent, name) = parent.zip(name).context("the path names no directory")?;
    let mut packing = in_machine(home, unit).await?;
    packing.arg("tar").arg("-C").arg(parent).args(["-cf", "-"]);
    let mut packing = packing.arg("--").arg(name).stdout(Stdio::piped()).spawn()?;
    let packed = packing.stdout.take().context("tar has no output")?;
    let mut unpacking = Command::new("tar");
    unpacking.args(["-C", to, "-xf", "-"]).stdin(packed);
    let code = finish(&mut unpacking)?;
    let packed = packing.wait()?;
    Ok(if packed.success() { code } else { 1 })
}

/// Writes what comes to a file, or into a directory under a name. As with the real one, a file that is new can be executed
/// if the one that was copied can.
const WRITE: &str = r#"to=$1; [ -d "$to" ] && to=${to%/}/$2
[ -e "$to" ] || install -m "$3" /dev/null "$to" && cat > "$to""#;

/// `scp`.
pub async fn scp(home: &Home, arguments: &ScpArgs) -> Result<i32> {
    let (from, to, whole) = match &arguments.words[..] {
        [from, to] => (from, to, false),
        [flag, from, to] if flag == "-r" => (from, to, true),
        _ => bail!("scp takes from where and to where, as in mongo-rs/0:/var/log/syslog ."),
    };
    let remote = |text: &str| {
        let (unit, path) = text.split_once(':')?;
        unit.contains('/')
            .then(|| (unit.to_owned(), path.to_owned()))
    };
    match (remote(from), remote(to)) {
        (Some((unit, path)), None) if whole => directory(home, &unit, &path, to).await,
        (Some((unit, path)), None) => {
            let name = Path::new(&path)
                .file_name()
                .context("the path names no file")?;
            let to = Path::new(to);
            let to = if to.is_dir() {
                to.join(name)
            } else {
                to.to_owned()
            };
            let mut command = in_machine(home, &unit).await?;
            let file = std::fs::File::create(&to)
                .with_context(|| format!("failed to write {}", to.display()))?;
            command.args(["cat", "--", &path]).stdout(Stdio::from(file));
            let code = finish(&mut command)?;
            if code != 0 {
                let _ = std::fs::remove_file(&to);
            }
            Ok(code)
        }
        (None, Some((unit, path))) => {
            let file =
                std::fs::File::open(from).with_context(|| format!("failed to read {from}"))?;
            let mode = file.metadata()?.permissions().mode() & 0o755;
            let name = Path::new(from)
                .file_name()
                .with_context(|| format!("{from} names no file"))?;
            let mut command = in_machine(home, &unit).await?;
            command
                .args(["sh", "-c", WRITE, "sh", &path])
                .arg(name)
                .arg(format!("{mode:o}"))
                .stdin(Stdio::from(file));
            finish(&mut command)
        }
        _ => {
            bail!("one of the two must be unit:path, as in mongo-rs/0:/var/log/mongodb/mongod.log")
        }
    }
}
