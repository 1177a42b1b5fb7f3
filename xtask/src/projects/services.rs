//! The servers beside the container: `PostgreSQL` as the end-to-end tests start it,
//! and Redis, which keeps nothing. Gone with the value.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::specification::{Serve, Service};
use crate::django::postgres::{self, Postgres};

const START_LIMIT: Duration = Duration::from_mins(1);
const INTERVAL: Duration = Duration::from_millis(50);

/// Those that one project asked for.
#[derive(Default)]
pub(super) struct Services {
    postgres: Option<Postgres>,
    redis: Option<Redis>,
}

impl Services {
    pub(super) fn start(wanted: &Serve) -> Result<Self> {
        let mut started = Self::default();
        for service in &wanted.services {
            match service {
                Service::Postgresql => {
                    started.postgres =
                        Some(Postgres::start().context("it needs Debian's package `postgresql`")?);
                }
                Service::Redis => started.redis = Some(Redis::start()?),
            }
        }
        Ok(started)
    }

    /// What stands for them in a variable: `{pg-url}`, or its parts.
    pub(super) fn placed(&self, value: &str) -> String {
        let mut value = value.to_owned();
        if let Some(server) = &self.postgres {
            value = value
                .replace("{pg-url}", &server.url())
                .replace("{pg-port}", &server.port().to_string())
                .replace("{pg-user}", postgres::USER)
                .replace("{pg-password}", postgres::PASSWORD)
                .replace("{pg-name}", postgres::DATABASE);
        }
        if let Some(server) = &self.redis {
            value = value.replace("{redis-port}", &server.port.to_string());
        }
        value
    }
}

/// A Redis without a file, on a free port of the loopback interface.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--appendonly", "no"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("it needs Debian's package `redis-server`")?;
        let mut server = Self { child, port };
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if Instant::now() > deadline || server.child.try_wait()?.is_some() {
                bail!("Redis does not start");
            }
            std::thread::sleep(INTERVAL);
        }
        Ok(server)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
