//! A PostgreSQL of the test's own: a cluster in a temporary folder, on a free
//! port of the loopback interface, with a password, gone with the value.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

use super::skip::skipped;

pub(crate) const USER: &str = "curator";
/// With letters that a URL must escape: it travels in `DATABASE_URL`.
pub(crate) const PASSWORD: &str = "p@ss w/rd%41";
const PASSWORD_IN_URL: &str = "p%40ss%20w%2Frd%2541";
pub(crate) const DATABASE: &str = "gallery";

/// A port that was free may be taken before the server listens.
const ATTEMPTS: u32 = 5;
/// How long it may take to end its sessions and itself.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// How often that is looked at.
const INTERVAL: Duration = Duration::from_millis(20);

/// A running cluster.
pub(crate) struct Postgres {
    child: Child,
    port: u16,
    programs: Utf8PathBuf,
    /// Removed when the value is dropped.
    _folder: tempfile::TempDir,
}

impl Postgres {
    /// Starts one, or says why the test is skipped and returns nothing.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = find_programs() else {
            skipped(
                "this test needs a PostgreSQL server, and there is no \
                 /usr/lib/postgresql/*/bin/initdb: install Debian's package `postgresql`",
            );
            return None;
        };
        let folder = tempfile::Builder::new()
            .prefix("djwar-pg-")
            .tempdir()
            .expect("temp dir");
        let root = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        let account = Account::unprivileged();
        let word = root.join("password");
        fs_err::write(&word, PASSWORD).expect("written");
        for path in [&root, &word] {
            account.give(path);
        }
        let data = root.join("data");
        let mut initdb = account.command(&programs.join("initdb"), &root);
        initdb
            .args(["-D", data.as_str(), "-U", USER, "--pwfile", word.as_str()])
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--no-instructions"]);
        let output = initdb.output().expect("initdb starts");
        assert!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let (child, port) = listen(&account, &programs, &root, &data);
        let cluster = Self {
            child,
            port,
            programs,
            _folder: folder,
        };
        cluster.ask_in("postgres", &format!("CREATE DATABASE {DATABASE}"));
        Some(cluster)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The database's address, as a `DATABASE_URL`.
    pub(crate) fn url(&self) -> String {
        let port = self.port;
        format!("postgresql://{USER}:{PASSWORD_IN_URL}@127.0.0.1:{port}/{DATABASE}")
    }

    /// The database's address, as libpq's environment variables.
    pub(crate) fn variables(&self) -> [(&'static str, String); 5] {
        [
            ("PGHOST", "127.0.0.1".to_owned()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", USER.to_owned()),
            ("PGPASSWORD", PASSWORD.to_owned()),
            ("PGDATABASE", DATABASE.to_owned()),
        ]
    }

    /// The rows of a query, with `|` between their columns.
    #[track_caller]
    pub(crate) fn ask(&self, query: &str) -> Vec<String> {
        self.ask_in(DATABASE, query)
    }

    /// The sessions of the application, by their process ids in PostgreSQL.
    pub(crate) fn sessions(&self) -> Vec<String> {
        self.ask(&format!(
            "SELECT pid FROM pg_stat_activity WHERE datname = '{DATABASE}' \
             AND pid <> pg_backend_pid() ORDER BY pid"
        ))
    }

    /// Ends these sessions from the server's side, and returns when they are gone.
    #[track_caller]
    pub(crate) fn terminate(&self, sessions: &[String]) {
        for session in sessions {
            let asked = self.ask(&format!("SELECT pg_terminate_backend({session})"));
            assert_eq!(asked, ["t"], "session {session}");
        }
        self.wait_until_ended(sessions);
    }

    /// Waits until these sessions are gone: the server needs a moment to see that
    /// a client has closed its connection.
    #[track_caller]
    pub(crate) fn wait_until_ended(&self, sessions: &[String]) {
        let deadline = Instant::now() + STOP_LIMIT;
        loop {
            let alive = self.sessions();
            let left: Vec<&String> = sessions.iter().filter(|one| alive.contains(one)).collect();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "sessions are left: {left:?}");
            std::thread::sleep(INTERVAL);
        }
    }

    #[track_caller]
    fn ask_in(&self, database: &str, query: &str) -> Vec<String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--tuples-only", "--no-align", "--quiet"])
            .args(["-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER])
            .args(["-p", &self.port.to_string(), "-d", database, "-c", query])
            .env("PGPASSWORD", PASSWORD)
            .output()
            .expect("psql starts");
        assert!(
            output.status.success(),
            "{query}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        signal(&self.child, rustix::process::Signal::INT);
        let deadline = Instant::now() + STOP_LIMIT;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                signal(&self.child, rustix::process::Signal::KILL);
                let _ = self.child.wait();
            }
            std::thread::sleep(INTERVAL);
        }
    }
}

/// INT is PostgreSQL's "fast shutdown": it ends its sessions and its children.
fn signal(child: &Child, signal: rustix::process::Signal) {
    let process = i32::try_from(child.id()).ok();
    if let Some(process) = process.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(process, signal);
    }
}

/// Debian keeps them off the PATH, one folder per major version.
fn find_programs() -> Option<Utf8PathBuf> {
    let versions = fs_err::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, Utf8PathBuf)> = versions
        .filter_map(|entry| Utf8PathBuf::from_path_buf(entry.ok()?.path()).ok())
        .filter_map(|path| Some((path.file_name()?.parse().ok()?, path.join("bin"))))
        .filter(|(_, path)| path.join("initdb").is_file() && path.join("psql").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// Starts the server and returns when it accepts connections.
fn listen(
    account: &Account,
    programs: &Utf8Path,
    root: &Utf8Path,
    data: &Utf8Path,
) -> (Child, u16) {
    let mut said = Vec::new();
    for _ in 0..ATTEMPTS {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let mut child = account
            .command(&programs.join("postgres"), root)
            .args(["-D", data.as_str(), "-p", &port.to_string(), "-F"])
            .args(["-c", "listen_addresses=127.0.0.1"])
            .args(["-c", &format!("unix_socket_directories={root}")])
            .args(["-c", "log_destination=stderr"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("postgres starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let is_ready = lines.by_ref().map_while(Result::ok).any(|line| {
            let ready = line.contains("database system is ready to accept connections");
            said.push(line);
            ready
        });
        if is_ready {
            // A full pipe would stop it.
            std::thread::spawn(move || lines.for_each(drop));
            return (child, port);
        }
        let _ = child.wait();
    }
    panic!("PostgreSQL does not start:\n{}", said.join("\n"))
}

/// Who runs PostgreSQL, which refuses to be run by root.
struct Account(Option<(u32, u32)>);

impl Account {
    /// This user; for root the one that Debian's package makes.
    fn unprivileged() -> Self {
        if !rustix::process::geteuid().is_root() {
            return Self(None);
        }
        let users = fs_err::read_to_string("/etc/passwd").expect("the users");
        let fields = users
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields.first() == Some(&"postgres"))
            .expect("the user `postgres` of Debian's package");
        let number = |at: usize| fields[at].parse().expect("a number");
        Self(Some((number(2), number(3))))
    }

    fn give(&self, path: &Utf8Path) {
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(path, Some(user), Some(group)).expect("owner changed");
        }
    }

    fn command(&self, program: &Utf8Path, directory: &Utf8Path) -> Command {
        let mut command = Command::new(program);
        // Root's own folder would be forbidden to it.
        command.current_dir(directory).env("LC_ALL", "C");
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}
