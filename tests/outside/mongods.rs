//! Real mongods on loopback ports, each stopped by its process id when it goes out of scope.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mongodb::bson::{Bson, Document, doc};
use mongodb::error::ErrorKind;
use mongodb::options::ClientOptions;
use mongodb::{Client, Collection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long anything here may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// One mongod and its data.
pub struct Mongod {
    /// Its port on loopback.
    pub port: u16,
    loopback: IpAddr,
    directory: PathBuf,
    arguments: Vec<String>,
    child: Option<Child>,
    _own_directory: Option<TempDir>,
}

impl Mongod {
    /// Starts one outside of any set.
    pub fn standalone() -> Self {
        Self::alone(&[])
    }

    /// Starts one with `--replSet`, without a configuration.
    pub fn not_initiated() -> Self {
        Self::alone(&["--replSet", "rs"])
    }

    fn alone(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let mut mongod = Self::start(data, V4, arguments);
        mongod._own_directory = Some(directory);
        mongod
    }

    fn start(directory: PathBuf, loopback: IpAddr, arguments: &[&str]) -> Self {
        std::fs::create_dir_all(&directory).unwrap();
        let arguments = arguments.iter().map(ToString::to_string).collect();
        let mut mongod = Self {
            port: free_port(),
            loopback,
            directory,
            arguments,
            child: None,
            _own_directory: None,
        };
        mongod.restart();
        mongod
    }

    /// `127.0.0.1:port` or `[::1]:port`.
    pub fn address(&self) -> String {
        SocketAddr::new(self.loopback, self.port).to_string()
    }

    /// Where its data is.
    pub fn data(&self) -> &Path {
        &self.directory
    }

    /// Starts it again on the same data and waits until it answers.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.address());
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("stdout.log"))
            .unwrap();
        let child = Command::new(executable())
            .arg("--dbpath")
            .arg(&self.directory)
            .args([
                "--port",
                &self.port.to_string(),
                "--bind_ip",
                &self.loopback.to_string(),
                "--nounixsocket",
            ])
            .args(self.loopback.is_ipv6().then_some("--ipv6"))
            .args(["--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "64"])
            .args(["--setParameter", "enableTestCommands=1"])
            .args(["--setParameter", "diagnosticDataCollectionEnabled=false"])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(Stdio::null())
            .spawn();
        self.child =
            Some(child.unwrap_or_else(|error| panic!("{}: {error}", executable().display())));
        wait("mongod listens", || {
            self.fail_if_ended();
            std::net::TcpStream::connect((self.loopback, self.port)).is_ok()
        });
    }

    fn fail_if_ended(&mut self) {
        let ended = self
            .child
            .as_mut()
            .and_then(|child| child.try_wait().unwrap());
        if let Some(status) = ended {
            let log = std::fs::read_to_string(self.directory.join("stdout.log")).unwrap();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines[lines.len().saturating_sub(5)..].join("\n");
            panic!("mongod on port {} ended with {status}:\n{last}", self.port);
        }
    }

    /// kill -9.
    pub fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
        if let Some(mut child) = self.child.take() {
            child.wait().unwrap();
        }
    }

    /// Sends a signal to it.
    pub fn signal(&self, signal: Signal) {
        if let Some(child) = &self.child {
            kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();
        }
    }

    /// Runs a command on this member itself.
    pub async fn run(&self, command: Document) -> mongodb::error::Result<Document> {
        let admin = self.client().database("admin");
        let deadline = Instant::now() + PATIENCE;
        loop {
            match admin.run_command(command.clone()).await {
                Err(error) if was_not_asked(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                answer => return answer,
            }
        }
    }

    /// The config as it is stored on this member, with what `replSetGetConfig` hides.
    pub async fn stored_config(&self) -> Document {
        let configs: Collection<Document> =
            self.client().database("local").collection("system.replset");
        let deadline = Instant::now() + PATIENCE;
        loop {
            // A member that is removed or steps down closes its connections.
            match configs.find_one(doc! {}).await {
                Ok(config) => return config.unwrap(),
                Err(error) => assert!(Instant::now() < deadline, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The list that this member itself has.
    pub async fn list(&self, namespace: &str) -> Vec<i64> {
        let (database, collection) = namespace.split_once('.').unwrap();
        let documents: Collection<Document> =
            self.client().database(database).collection(collection);
        let document = documents.find_one(doc! {}).await.unwrap().unwrap();
        let value = document.get_array("value").unwrap();
        value
            .iter()
            .filter_map(Bson::as_i32)
            .map(i64::from)
            .collect()
    }

    fn client(&self) -> Client {
        let mut options = ClientOptions::default();
        options.hosts = vec![self.address().parse().unwrap()];
        options.direct_connection = Some(true);
        options.server_selection_timeout = Some(Duration::from_secs(5));
        Client::with_options(options).unwrap()
    }
}

impl Drop for Mongod {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A replica set, whose elections take two seconds.
pub struct ReplicaSet {
    /// The members, by position.
    pub members: Vec<Mongod>,
    _directory: TempDir,
}

impl ReplicaSet {
    /// Starts and initiates one of three, and waits until it is whole.
    pub async fn start() -> Self {
        Self::on(V4).await
    }

    /// The same on another loopback address.
    pub async fn on(loopback: IpAddr) -> Self {
        Self::of(3, loopback, &[]).await
    }

    /// One of a single member, started with more arguments.
    pub async fn single(arguments: &[&str]) -> Self {
        Self::of(1, V4, arguments).await
    }

    async fn of(count: u32, loopback: IpAddr, arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let arguments = [&["--replSet", "rs"], arguments].concat();
        let start = |position: u32| {
            let data = directory.path().join(position.to_string());
            Mongod::start(data, loopback, &arguments)
        };
        let set = Self {
            members: (0..count).map(start).collect(),
            _directory: directory,
        };
        let member = |(id, mongod): (i32, &Mongod)| {
            Bson::Document(doc! {"_id": id, "host": mongod.address()})
        };
        let members: Vec<Bson> = (0..).zip(&set.members).map(member).collect();
        let settings = doc! {"electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500};
        let config = doc! {"_id": "rs", "members": members, "settings": settings};
        set.members[0]
            .run(doc! {"replSetInitiate": config})
            .await
            .unwrap();
        set.whole().await;
        set
    }

    /// The URL with all members.
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.members.iter().map(Mongod::address).collect();
        format!("mongodb://{}/?replicaSet=rs", addresses.join(","))
    }

    /// Waits for a primary, and for all others to be secondaries.
    pub async fn whole(&self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut states = Vec::new();
            for member in &self.members {
                states.push(state(member).await);
            }
            states.sort_unstable();
            let mut whole = vec!["secondary"; self.members.len()];
            whole[0] = "primary";
            if states == whole {
                return;
            }
            assert!(Instant::now() < deadline, "not whole: {states:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The position of the primary.
    pub async fn primary(&self) -> usize {
        let deadline = Instant::now() + PATIENCE;
        loop {
            for (position, member) in self.members.iter().enumerate() {
                if state(member).await == "primary" {
                    return position;
                }
            }
            assert!(Instant::now() < deadline, "no primary");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Else all that it says.
async fn state(member: &Mongod) -> String {
    match member.run(doc! {"hello": 1}).await {
        Ok(reply) if reply.get_bool("isWritablePrimary").unwrap_or(false) => "primary".to_owned(),
        Ok(reply) if reply.get_bool("secondary").unwrap_or(false) => "secondary".to_owned(),
        other => format!("{}: {other:?}", member.address()),
    }
}

/// A port that was free a moment ago and is in no range from which the kernel takes the ports of
/// outgoing connections, so that it is still free when a member is started again.
pub fn free_port() -> u16 {
    loop {
        let port = rand::random_range(15_000..32_000);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Polls a condition under [`PATIENCE`].
pub fn wait(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition() {
        assert!(Instant::now() < deadline, "waited too long: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `$MONGOD`, or the one on `PATH`, or the one in the cache.
fn executable() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the tests' own switch")]
    let named = std::env::var("MONGOD").ok().map(PathBuf::from);
    #[expect(
        clippy::disallowed_methods,
        reason = "the cache is below the home directory"
    )]
    let home = std::env::var("HOME").unwrap_or_default();
    let cached = || Path::new(&home).join(".cache/mongo-rs/6.0.5/mongod");
    named
        .or_else(|| which::which("mongod").ok())
        .unwrap_or_else(cached)
}

/// A server that takes over a config may close a connection that is just being made.
fn was_not_asked(error: &mongodb::error::Error) -> bool {
    let ended = |why: &std::io::Error| why.kind() == std::io::ErrorKind::UnexpectedEof;
    let closed = matches!(&*error.kind, ErrorKind::Io(why) if ended(why));
    closed && error.contains_label("RetryableError")
}
