//! A `MariaDB` of the suite's own: a temporary folder, a free port, no passwords.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const START_LIMIT: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(50);
const SERVER: &str = "/usr/sbin/mariadbd";

pub(crate) struct Mariadb {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Mariadb {
    /// Starts one; nothing where it is not installed.
    pub(crate) fn start() -> Result<Option<Self>> {
        if !std::path::Path::new(SERVER).is_file() {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("djwar-my-").tempdir()?;
        let data = format!("--datadir={}", folder.path().join("data").display());
        // Root's server runs as the user of Debian's package, who must get to the folder.
        let user = rustix::process::geteuid()
            .is_root()
            .then_some("--user=mysql");
        if user.is_some() {
            let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            fs_err::set_permissions(folder.path(), open)?;
        }
        let install = Command::new("mariadb-install-db")
            .args(["--no-defaults", &data])
            .args(user)
            .output()
            .context("can't start `mariadb-install-db`")?;
        if !install.status.success() {
            bail!(
                "mariadb-install-db: {}",
                String::from_utf8_lossy(&install.stderr)
            );
        }
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let child = Command::new(SERVER)
            .args(["--no-defaults", &data, "--skip-grant-tables"])
            .args(["--bind-address=127.0.0.1", "--character-set-server=utf8mb3"])
            .args([format!("--port={port}"), "--socket=socket".to_owned()])
            .arg("--innodb-flush-log-at-trx-commit=0")
            .args(user)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(
                fs_err::File::create(folder.path().join("log"))?
                    .into_parts()
                    .0,
            )
            .spawn()?;
        let mut server = Self {
            child,
            port,
            _folder: folder,
        };
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline || server.child.try_wait()?.is_some() {
                bail!("MariaDB does not start");
            }
            std::thread::sleep(INTERVAL);
        }
        Ok(Some(server))
    }

    pub(crate) fn url(&self) -> String {
        format!("mysql://root:none@127.0.0.1:{}/", self.port)
    }
}

impl Drop for Mariadb {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
