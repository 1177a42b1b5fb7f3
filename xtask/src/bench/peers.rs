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

/// gunicorn with two worker processes, each with `threads` threads; none is the
/// sync worker.
pub(crate) fn gunicorn(
    interpreter: &Interpreter,
    site: &Site,
    folder: &Path,
    name: &str,
    threads: Option<u32>,
) -> Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(&interpreter.program);
    site.enter(interpreter, &mut command)?;
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
    Server::start(name, port, folder, vec![command])
}

/// granian with two worker processes; threads as it comes.
pub(crate) fn granian(
    interpreter: &Interpreter,
    site: &Site,
    folder: &Path,
    name: &str,
) -> Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(&interpreter.program);
    site.enter(interpreter, &mut command)?;
    command
        .args(["-m", "granian", "--interface", "wsgi", "--workers", "2"])
        .args(["--no-ws", "--host", "127.0.0.1"])
        .args(["--port", &port.to_string(), WSGI]);
    Server::start(name, port, folder, vec![command])
}

/// nginx, a Unix socket, two processes of uWSGI.
pub(crate) fn nginx_uwsgi(
    interpreter: &Interpreter,
    site: &Site,
    folder: &Path,
    name: &str,
) -> Result<Server> {
    let port = free_port()?;
    let socket = folder.join("uwsgi.sock");
    let mut workers = Command::new(uwsgi::program(interpreter)?);
    site.enter(interpreter, &mut workers)?;
    workers
        .args(["--master", "--need-app", "--processes", "2"])
        .args(["--module", WSGI, "--listen", BACKLOG])
        .args(["--disable-logging", "--die-on-term", "--socket"])
        .arg(&socket);

    let configuration = folder.join("nginx.conf");
    fs_err::write(&configuration, nginx_configuration(folder, &socket, port))?;
    let mut front = Command::new(tools::find("nginx", "nginx-light")?);
    front.arg("-p").arg(folder).arg("-c").arg(&configuration);
    Server::start(name, port, folder, vec![workers, front])
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
