//! The other servers: gunicorn, granian, and nginx before uWSGI. Each as its own
//! documentation deploys it, logging of requests off on all sides.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::interpreter::Interpreter;
use super::server::{Server, free_port};
use super::site::{Site, WSGI};
use super::{tools, uwsgi};

/// Longer than any load's connections; the default 100 of uWSGI would drop some.
const BACKLOG: &str = "1024";

/// Where one of them runs.
pub(crate) struct Peer<'a> {
    pub(crate) interpreter: &'a Interpreter,
    pub(crate) site: &'a Site,
    /// Its own.
    pub(crate) folder: &'a Path,
    /// For people.
    pub(crate) name: &'a str,
}

impl Peer<'_> {
    /// gunicorn with two worker processes, each with `threads` threads; none is the
    /// sync worker.
    pub(crate) fn gunicorn(&self, threads: Option<u32>) -> Result<Server> {
        let port = free_port()?;
        let mut command = self.command(&self.interpreter.program)?;
        command
            .args(["-m", "gunicorn", WSGI, "--workers", "2"])
            .args(["--bind", &format!("127.0.0.1:{port}")]);
        if let Some(threads) = threads {
            command.args([
                "--worker-class",
                "gthread",
                "--threads",
                &threads.to_string(),
            ]);
        }
        self.start(port, vec![command])
    }

    /// granian with two worker processes; threads as it comes.
    pub(crate) fn granian(&self) -> Result<Server> {
        let port = free_port()?;
        let mut command = self.command(&self.interpreter.program)?;
        command
            .args(["-m", "granian", "--interface", "wsgi", "--workers", "2"])
            .args(["--no-ws", "--host", "127.0.0.1"])
            .args(["--port", &port.to_string(), WSGI]);
        self.start(port, vec![command])
    }

    /// nginx, a Unix socket, two processes of uWSGI.
    pub(crate) fn nginx_uwsgi(&self) -> Result<Server> {
        let port = free_port()?;
        let socket = self.folder.join("uwsgi.sock");
        let mut workers = self.command(&uwsgi::program(self.interpreter)?)?;
        workers
            .args(["--master", "--need-app", "--processes", "2"])
            .args(["--module", WSGI, "--listen", BACKLOG])
            .args(["--disable-logging", "--die-on-term", "--socket"])
            .arg(&socket);

        let configuration = self.folder.join("nginx.conf");
        fs_err::write(
            &configuration,
            nginx_configuration(self.folder, &socket, port),
        )?;
        let mut front = Command::new(tools::find("nginx", "nginx-light")?);
        front
            .arg("-p")
            .arg(self.folder)
            .arg("-c")
            .arg(&configuration);
        self.start(port, vec![workers, front])
    }

    /// A command in the site.
    fn command(&self, program: &Path) -> Result<Command> {
        let mut command = Command::new(program);
        self.site.enter(self.interpreter, &mut command)?;
        Ok(command)
    }

    fn start(&self, port: u16, commands: Vec<Command>) -> Result<Server> {
        Server::start(self.name, port, self.folder, commands)
    }
}

fn nginx_configuration(folder: &Path, socket: &Path, port: u16) -> String {
    let (folder, socket) = (folder.display(), socket.display());
    // Started by root its workers would be `www-data`, whom the socket and the
    // temporary folder are closed to.
    let user = if rustix::process::geteuid().is_root() {
        "user root;\n"
    } else {
        ""
    };
    format!(
        "{user}daemon off;\nworker_processes auto;\npid {folder}/nginx.pid;\nerror_log stderr;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n  access_log off;\n  keepalive_requests 10000000;\n\
         \x20 client_body_temp_path {folder}/body;\n  uwsgi_temp_path {folder}/uwsgi;\n\
         \x20 proxy_temp_path {folder}/proxy;\n  fastcgi_temp_path {folder}/fastcgi;\n\
         \x20 scgi_temp_path {folder}/scgi;\n\
         \x20 server {{\n    listen 127.0.0.1:{port} backlog=1024;\n\
         \x20   location / {{ include /etc/nginx/uwsgi_params; uwsgi_pass unix:{socket}; }}\n  }}\n}}\n"
    )
}
