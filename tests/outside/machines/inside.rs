//! What runs inside a site in the place of the controller.

use super::{HOME, OUTCOME, SCENARIO};
use mongo_rs::lab::machine::{Bind, LAB_IN_MACHINE, Machine, MachineSpec};
use mongo_rs::lab::network::{CONTROLLER_V4, Network};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Not a test by itself: does nothing unless it is started as a controller.
#[test]
fn scenario() {
    let (Some(scenario), Some(home)) = (std::env::var_os(SCENARIO), std::env::var_os(HOME)) else {
        return;
    };
    let home = PathBuf::from(home);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runtime.block_on(async {
            match scenario.to_str().unwrap() {
                "one" => one(&home, true).await,
                "plain" => plain(&home).await,
                "five" => five(&home).await,
                "stay" => stay(&home).await,
                other => panic!("no scenario {other}"),
            }
        });
    }))
    .is_err();
    if failed {
        report(&home, "bad");
    }
    // The outside ends the site; until then its lock is held.
    std::thread::park();
}

fn report(home: &Path, outcome: &str) {
    std::fs::write(home.join("outcome.new"), outcome).unwrap();
    std::fs::rename(home.join("outcome.new"), home.join(OUTCOME)).unwrap();
}

fn spec(home: &Path, id: u32) -> MachineSpec {
    let shared = home.join("shared");
    std::fs::create_dir_all(&shared).unwrap();
    let storage = home.join(format!("storage-{id}"));
    std::fs::create_dir_all(&storage).unwrap();
    let mut binds = vec![
        Bind {
            from: shared,
            to: "/var/lib/juju/shared".into(),
            read_only: true,
        },
        Bind {
            from: storage,
            to: "/var/lib/juju/storage/data/0".into(),
            read_only: false,
        },
    ];
    if id == 1 {
        binds.push(Bind {
            from: mongod(),
            to: "/var/lib/test/mongod".into(),
            read_only: true,
        });
    }
    MachineSpec {
        id,
        hostname: format!("juju-{id}"),
        lease: None,
        dir: home.join("machines").join(id.to_string()),
        binds,
        booted: false,
        programs: Vec::new(),
        lab: super::lab().to_owned(),
    }
}

fn mongod() -> PathBuf {
    std::env::var_os("MONGOD")
        .map(PathBuf::from)
        .or_else(|| which::which("mongod").ok())
        .or_else(|| {
            Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache/mongo-rs/6.0.5/mongod"))
        })
        .filter(|path| path.exists())
        .expect("no mongod: name one in the environment variable MONGOD")
}

/// Runs a shell script in a machine: its exit code and output.
async fn shell(machine: &Machine, script: &str) -> (i32, String) {
    let output = machine
        .command(Path::new("/bin/sh"), Path::new("/var/lib"))
        .args(["-c", script])
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(text).unwrap(),
    )
}

/// As [`shell`], and it must succeed.
async fn ok(machine: &Machine, script: &str) -> String {
    let (code, text) = shell(machine, script).await;
    assert_eq!(code, 0, "{script}\n{text}");
    text
}

/// Puts the machines' folders on an overlay, on which the kernel allows no other.
async fn plain(home: &Path) {
    for folder in ["machines", "overlay/upper", "overlay/work"] {
        std::fs::create_dir_all(home.join(folder)).unwrap();
    }
    let root = std::fs::read_to_string("/proc/self/uid_map")
        .unwrap()
        .contains("4294967295");
    let upper = home.join("overlay/upper");
    let work = home.join("overlay/work");
    let options = format!(
        "lowerdir={},upperdir={},workdir={}{}",
        home.join("machines").display(),
        upper.display(),
        work.display(),
        if root { "" } else { ",userxattr" }
    );
    let mounted = std::process::Command::new("mount")
        .args(["-t", "overlay", "overlay", "-o", &options])
        .arg(home.join("machines"))
        .status()
        .unwrap();
    assert!(mounted.success());
    one(home, false).await;
}

async fn one(home: &Path, overlays: bool) {
    let network = Network::create().await.unwrap();
    let machine = Machine::boot(&spec(home, 1), &network).await.unwrap();
    std::fs::write(home.join("notes"), machine.notes().join("\n")).unwrap();
    system(&machine).await;
    if overlays {
        elsewhere(&machine).await;
    }
    machine.crash().await.unwrap();
    let machine = Machine::boot(&spec(home, 1), &network).await.unwrap();
    kept(&machine).await;
    machine.crash().await.unwrap();
    report(home, "good");
}

async fn stay(home: &Path) {
    let network = Network::create().await.unwrap();
    let machine = Machine::boot(&spec(home, 1), &network).await.unwrap();
    ok(&machine, "setsid sleep 1000 >/dev/null 2>&1 & :").await;
    std::fs::write(home.join("init"), machine.init_pid().to_string()).unwrap();
    report(home, "good");
    std::future::pending::<()>().await;
}

/// What a machine is to a hook.
async fn system(machine: &Machine) {
    assert_eq!(
        ok(machine, "hostname; pwd; id -u").await,
        "juju-1\n/var/lib\n0\n"
    );
    assert_eq!(ok(machine, "cat /etc/hostname").await, "juju-1\n");
    assert_eq!(shell(machine, "exit 7").await.0, 7);
    ok(
        machine,
        "test ! -e /run/systemd/system && test ! -e /etc/mongod.conf && test ! -e /var/lib/mongodb",
    )
    .await;
    ok(
        machine,
        "ls /var/lib/juju | grep -v -e shared -e storage && exit 1 || true",
    )
    .await;
    // What hooks write, and where they may not.
    ok(machine, "echo 1 > /etc/mongod.conf; mkdir -p /var/lib/mongodb /var/log/mongodb; echo 2 > /var/lib/mongodb/x").await;
    ok(
        machine,
        "echo 3 > /run/x; echo 3 > /tmp/x; echo 4 > /root/x",
    )
    .await;
    ok(machine, "echo 7 > /var/lib/juju/storage/data/0/x").await;
    assert_ne!(shell(machine, "echo 8 > /var/lib/juju/shared/x").await.0, 0);
    assert_ne!(shell(machine, "echo 8 > /x").await.0, 0);
    assert_ne!(shell(machine, "echo 1 > /proc/sys/kernel/sysrq").await.0, 0);
    ok(machine, "echo 1 > /proc/sys/net/ipv4/ip_forward").await;
    ok(
        machine,
        &format!("test -x {LAB_IN_MACHINE} && ls -l /etc/passwd /usr/bin/env > /dev/null"),
    )
    .await;
    ok(
        machine,
        "test \"$(ls /root /home)\" = \"$(printf '/home:\\n\\n/root:\\nx')\"",
    )
    .await;
    for outside in [
        "/etc/mongod.conf",
        "/opt/x",
        "/usr/local/bin/x",
        "/run/x",
        "/tmp/x",
        "/var/lib/mongodb/x",
    ] {
        assert!(!Path::new(outside).exists(), "{outside} leaked");
    }
}

/// Where a machine can write only with overlays.
async fn elsewhere(machine: &Machine) {
    ok(
        machine,
        "echo 5 > /opt/x && echo 6 > /usr/local/bin/x && echo 7 > /srv/x",
    )
    .await;
    for outside in ["/opt/x", "/usr/local/bin/x", "/srv/x"] {
        assert!(!Path::new(outside).exists(), "{outside} leaked");
    }
}

/// What is there after a crash and a boot.
async fn kept(machine: &Machine) {
    let kept = "cat /etc/mongod.conf /var/lib/mongodb/x /root/x /var/lib/juju/storage/data/0/x";
    assert_eq!(ok(machine, kept).await, "1\n2\n4\n7\n");
    ok(machine, "test ! -e /run/x && test ! -e /tmp/x").await;
}

async fn five(home: &Path) {
    let network = Network::create().await.unwrap();
    let begun = Instant::now();
    let mut machines = Vec::new();
    for id in 1..=5 {
        machines.push(Machine::boot(&spec(home, id), &network).await.unwrap());
    }
    eprintln!("five machines booted in {:?}", begun.elapsed());
    assert!(Machine::boot(&spec(home, 200), &network).await.is_err());
    system(&machines[0]).await;
    elsewhere(&machines[0]).await;
    reach(&machines).await;
    isolation(&machines).await;
    firewall(&machines).await;
    killing(&machines[1]).await;
    let mut machines = database(home, &network, machines).await;
    // An orderly shutdown ends a mongod in good order, and says when something would not end.
    let last = machines.pop().unwrap();
    ok(
        &last,
        "setsid sh -c 'trap \"\" TERM; : > /run/deaf; while :; do sleep 1; done' >/dev/null 2>&1 & :",
    )
    .await;
    ok(&last, "until test -e /run/deaf; do sleep 0.02; done").await;
    assert!(!last.shutdown(Duration::from_millis(300)).await.unwrap());
    assert!(
        machines
            .pop()
            .unwrap()
            .shutdown(Duration::from_secs(20))
            .await
            .unwrap()
    );
    for machine in machines {
        machine.crash().await.unwrap();
    }
    report(home, "good");
}

/// Everyone reaches everyone, by both families, and the controller.
async fn reach(machines: &[Machine]) {
    let listener = tokio::net::TcpListener::bind((CONTROLLER_V4, 0))
        .await
        .unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = "import socket,threading\n\
        s=socket.create_server(('::',7000),family=socket.AF_INET6,dualstack_ipv6=True)\n\
        while True:\n c,_=s.accept(); c.sendall(socket.gethostname().encode()); c.close()";
    for machine in machines {
        ok(
            machine,
            &format!("setsid python3 -c \"{server}\" >/dev/null 2>&1 & :"),
        )
        .await;
    }
    for from in machines {
        for to in machines {
            let script = format!(
                "import socket,time\n\
                 for host in ('{}','{}'):\n \
                  for attempt in range(200):\n  \
                   try: c=socket.create_connection((host,7000),timeout=5); break\n  \
                   except ConnectionRefusedError: time.sleep(0.02)\n \
                  assert c.recv(64).decode()=='juju-{}', host",
                to.addresses().ipv4,
                to.addresses().ipv6,
                to.id()
            );
            ok(from, &format!("python3 -c \"{script}\"")).await;
        }
        let call = format!(
            "python3 -c \"import socket;socket.create_connection(('{CONTROLLER_V4}',{port}),timeout=5)\""
        );
        let ((), (_, peer)) = tokio::join!(
            async {
                ok(from, &call).await;
            },
            async { listener.accept().await.unwrap() }
        );
        assert_eq!(peer.ip(), from.addresses().ipv4);
    }
    let shown = ok(&machines[2], "ip -brief link show eth0").await;
    assert!(shown.contains(&machines[2].addresses().mac), "{shown}");
    assert_eq!(ok(&machines[2], "ip route show default").await, "");
}

/// Processes and files of one machine do not exist for another.
async fn isolation(machines: &[Machine]) {
    ok(&machines[0], "setsid sleep 4242 >/dev/null 2>&1 & :").await;
    let sleeps = || {
        let mut processes = machines[0].processes().into_iter();
        processes.any(|process| process.command == "sleep 4242")
    };
    until("it sleeps", sleeps).await;
    assert!(
        !machines[1]
            .processes()
            .iter()
            .any(|process| process.command == "sleep 4242")
    );
    assert_ne!(
        shell(&machines[1], "grep -lxz '424[2]' /proc/[0-9]*/cmdline")
            .await
            .0,
        0
    );
    for path in [
        "/var/lib/mongodb",
        "/etc/mongod.conf",
        "/tmp/x",
        "/run/x",
        "/root/x",
        "/var/lib/juju/storage/data/0/x",
    ] {
        assert_ne!(
            shell(&machines[1], &format!("test -e {path}")).await.0,
            0,
            "{path} is seen by another machine"
        );
    }
    ok(&machines[0], "echo x > /dev/shm/x").await;
    assert_ne!(shell(&machines[1], "test -e /dev/shm/x").await.0, 0);
}

/// The kernel heals a cut by itself.
async fn firewall(machines: &[Machine]) {
    let (one, other) = (&machines[0], &machines[1]);
    let address = other.addresses().ipv4;
    let call = format!(
        "python3 -c \"import socket;socket.create_connection(('{address}',7000),timeout=0.4)\""
    );
    ok(one, &call).await;
    let rules = format!(
        "table inet lab_test {{ set cut {{ type ipv4_addr\n flags timeout\n elements = {{ {address} timeout 2s }}\n }}\n\
         chain out {{ type filter hook output priority 0\n ip daddr @cut drop\n }}\n }}"
    );
    let begun = Instant::now();
    ok(one, &format!("printf '%s\\n' '{rules}' | nft -f -")).await;
    assert_ne!(shell(one, &call).await.0, 0, "the cut does not cut");
    assert_ne!(
        shell(other, "nft list table inet lab_test").await.0,
        0,
        "another machine has the rule"
    );
    while shell(one, &call).await.0 != 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "the kernel did not heal the cut"
        );
    }
    assert!(
        begun.elapsed() >= Duration::from_millis(1900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(
        ok(one, "cat /proc/net/nf_conntrack 2>/dev/null | wc -l").await,
        "0\n"
    );
}

/// Killing a command kills its program and leaves what the program started.
async fn killing(machine: &Machine) {
    let mut child = machine
        .command(Path::new("/bin/sh"), Path::new("/"))
        .args(["-c", "sleep 777 & exec sleep 778"])
        .spawn()
        .unwrap();
    let has = |seconds: &str| {
        machine
            .processes()
            .iter()
            .any(|process| process.command == format!("sleep {seconds}"))
    };
    until("both sleep", || has("777") && has("778")).await;
    child.kill().await.unwrap();
    until("the program is gone", || !has("778")).await;
    assert!(has("777"));
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "not within 10 s: {what}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A mongod outlives the command that started it, dies with its machine, and finds its data again.
async fn database(home: &Path, network: &Network, mut machines: Vec<Machine>) -> Vec<Machine> {
    let start = "/var/lib/test/mongod --fork --dbpath /var/lib/mongodb --logpath /var/log/mongodb/mongod.log \
                 --wiredTigerCacheSizeGB 0.25 --bind_ip_all --pidfilepath /run/mongod.pid";
    let first = machines.remove(0);
    ok(&first, start).await;
    let runs = |machine: &Machine| {
        machine
            .processes()
            .iter()
            .any(|process| process.command.contains("--dbpath"))
    };
    assert!(runs(&first), "{:?}", first.processes());
    let call = format!(
        "python3 -c \"import socket;socket.create_connection(('{}',27017),timeout=5)\"",
        first.addresses().ipv4
    );
    ok(&machines[0], &call).await;
    let pids: Vec<u32> = first
        .processes()
        .into_iter()
        .map(|process| process.pid)
        .collect();
    let begun = Instant::now();
    first.crash().await.unwrap();
    eprintln!("a machine with a mongod crashed in {:?}", begun.elapsed());
    for pid in pids {
        assert!(
            !Path::new(&format!("/proc/{pid}")).exists(),
            "process {pid} outlived its machine"
        );
    }
    assert!(
        !std::fs::read_to_string("/proc/self/net/dev")
            .unwrap()
            .contains(" m1:")
    );
    assert_ne!(shell(&machines[0], &call).await.0, 0);

    let begun = Instant::now();
    let first = Machine::boot(&spec(home, 1), network).await.unwrap();
    eprintln!("a machine booted again in {:?}", begun.elapsed());
    kept(&first).await;
    assert!(!runs(&first));
    ok(&first, start).await;
    ok(&machines[0], &call).await;
    machines.push(first);
    machines.swap(0, 4);
    machines.swap(3, 4);
    machines
}
