//! The processes of this machine as `/proc` tells them, and one process's number in several PID namespaces.
//!
//! A process of a lab has a number in each namespace around it: one on the host, one in the site, one in its machine.
//! The kernel lists them, outermost first, in the `NSpid` line of `/proc/PID/status`.

use std::path::Path;

/// What `/proc/PID/status` says about one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The number in the reader's own PID namespace.
    pub pid: u32,
    /// The parent's number there; 0 when the parent is outside of it.
    pub parent: u32,
    /// The numbers from the reader's namespace inwards; the first is `pid`.
    pub numbers: Vec<u32>,
    /// Whether only the exit status is left of it.
    pub zombie: bool,
}

/// Reads the text of `/proc/PID/status`. Nothing if a line is missing, as for a process that ends meanwhile.
pub fn parse(text: &str) -> Option<Status> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(str::trim)
    };
    Some(Status {
        pid: field("Pid")?.parse().ok()?,
        parent: field("PPid")?.parse().ok()?,
        numbers: field("NSpid")?
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .ok()?,
        zombie: field("State")?.starts_with('Z'),
    })
}

/// All processes that the reader can see. One that ends meanwhile is left out.
pub fn all() -> Vec<Status> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter_map(one)
        .collect()
}

/// One process, by its number in the reader's PID namespace.
pub fn one(pid: u32) -> Option<Status> {
    parse(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// When a process started, in clock ticks since the machine did: with the number it names a process for good, because
/// numbers are given again.
pub fn start_time(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the program's name in brackets and may itself hold blanks and brackets.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()
}

/// Whether a process lives: it is there, started when it should have, and is not a zombie.
pub fn lives(pid: u32, started: u64) -> bool {
    start_time(pid) == Some(started) && one(pid).is_some_and(|status| !status.zombie)
}

/// The command line, blanks between the arguments; empty for a zombie.
pub fn command_line(pid: u32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes)
        .trim_end_matches('\0')
        .replace('\0', " ")
}

/// Whether two processes are in the same namespace of a kind (`pid`, `net`, `mnt`).
pub fn same_namespace(kind: &str, one: u32, other: u32) -> bool {
    let link = |pid: u32| {
        std::fs::read_link(
            Path::new("/proc")
                .join(pid.to_string())
                .join("ns")
                .join(kind),
        )
        .ok()
    };
    link(one).is_some_and(|namespace| link(other) == Some(namespace))
}

/// The reader's number of a process that a site's init knows as `inside`. `init` is the reader's number of that init.
///
/// Two sites may both have a process 17, so a candidate must also descend from this init.
pub fn translate(processes: &[Status], init: u32, inside: u32) -> Option<u32> {
    let depth = processes
        .iter()
        .find(|status| status.pid == init)?
        .numbers
        .len();
    let descends = |mut pid: u32| {
        // A chain is never longer than there are processes; a list read while they change might hold a ring.
        for _ in 0..=processes.len() {
            if pid == init {
                return true;
            }
            match processes.iter().find(|status| status.pid == pid) {
                Some(status) => pid = status.parent,
                None => return false,
            }
        }
        false
    };
    processes
        .iter()
        .find(|status| status.numbers.get(depth - 1) == Some(&inside) && descends(status.pid))
        .map(|status| status.pid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(pid: u32, parent: u32, numbers: &[u32]) -> Status {
        Status {
            pid,
            parent,
            numbers: numbers.to_vec(),
            zombie: false,
        }
    }

    #[test]
    fn a_status_is_read() {
        let text = "Name:\tmongod\nUmask:\t0022\nState:\tZ (zombie)\nPid:\t4021\nPPid:\t4000\nNSpid:\t4021\t30\t7\n";
        let read = parse(text).unwrap();
        assert_eq!(
            read,
            Status {
                zombie: true,
                ..status(4021, 4000, &[4021, 30, 7])
            }
        );
        assert_eq!(parse("Name:\tgone\n"), None);
    }

    #[test]
    fn a_number_is_translated_within_its_own_site() {
        let processes = [
            status(1, 0, &[1]),
            status(100, 1, &[100]),
            status(101, 100, &[101, 1]),
            status(110, 101, &[110, 17]),
            status(111, 110, &[111, 18, 1]),
            status(200, 1, &[200]),
            status(201, 200, &[201, 1]),
            status(210, 201, &[210, 17]),
        ];
        assert_eq!(translate(&processes, 101, 18), Some(111));
        assert_eq!(translate(&processes, 101, 17), Some(110));
        assert_eq!(
            translate(&processes, 201, 17),
            Some(210),
            "the other site's process of the same number"
        );
        assert_eq!(translate(&processes, 201, 18), None);
        assert_eq!(translate(&processes, 999, 1), None);
        let ring = [
            status(5, 6, &[5, 1]),
            status(6, 5, &[6, 2]),
            status(9, 1, &[9, 3]),
        ];
        assert_eq!(translate(&ring, 9, 2), None);
    }

    #[test]
    fn this_process_is_seen_and_a_number_given_again_is_not_it() {
        let me = std::process::id();
        let started = start_time(me).unwrap();
        assert!(lives(me, started));
        assert!(!lives(me, started + 1));
        assert!(all().iter().any(|status| status.pid == me));
        assert!(same_namespace("pid", me, me));
        assert!(!command_line(me).is_empty());
    }
}
