//! The same project under gunicorn: the Python, packages and files of the WAR,
//! without djwar's handler and without a container. Its pages are what the WAR's have
//! to be.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::{Client, Owner, Response, UnpackedWar, management_command};
use djwar::error::Failure;
use djwar::resolve::Host;

use super::specification::Serve;
use crate::bench::GUNICORN;
use crate::shell;

const START_LIMIT: Duration = Duration::from_mins(4);
const INTERVAL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(2);

/// Letters and digits in a row that nobody writes: tokens, nonces, digests.
const TOKEN: usize = 30;

/// One worker process.
pub(super) struct Gunicorn {
    child: Child,
    address: String,
    log: Utf8PathBuf,
}

impl Gunicorn {
    pub(super) fn start(
        wanted: &Serve,
        war: &Utf8Path,
        folder: &Utf8Path,
        data: &Utf8Path,
        work: &Utf8Path,
    ) -> Result<Self> {
        let packages = work.join("gunicorn-packages");
        let mut pip = shell::command("python3", &["-m", "pip", "install", "--quiet"]);
        shell::run(pip.args(["--target", packages.as_str(), GUNICORN]))?;
        let host = Host::of_this_process();
        let said = |error| anyhow!("{}", Failure::from(error));
        let owner = Owner {
            project: None,
            aside: work.join("written"),
        };
        let war = UnpackedWar::open(war, &work.join("gunicorn"), &owner).map_err(said)?;
        // Links the data into the project, as for a command; the command is not run.
        management_command(&war, &host, data, &["check".to_owned()]).map_err(said)?;
        // What djwar left out of the WAR, such as a front end that was built into
        // STATIC_ROOT, an operator of gunicorn has.
        shell::run(
            shell::command("cp", &["-R", "--no-clobber"])
                .arg(folder.join("."))
                .arg(war.application()),
        )?;
        let interpreter = war
            .interpreter(&host)
            .context("the WAR has no Python for this machine")?;
        // The first is djwar's handler.
        let path = war.python_path();
        let path = path.iter().skip(1).map(|folder| folder.as_str());
        let path: Vec<&str> = path.chain([packages.as_str()]).collect();
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let log = work.join("gunicorn.log");
        let file = fs_err::File::create(&log)?.into_parts().0;
        let python = |arguments: &[&str]| -> std::io::Result<Command> {
            let mut command = interpreter.command(&host);
            command
                .arg("-m")
                .args(arguments)
                .current_dir(war.application())
                .envs(&wanted.environment)
                .env("PYTHONPATH", path.join(":"))
                .env(
                    "DJANGO_SETTINGS_MODULE",
                    war.parameter("settings").unwrap_or_default(),
                )
                .stdin(Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file.try_clone()?);
            Ok(command)
        };
        // As its operator would: the WAR's own collected files are not its.
        // What went wrong is in the log, and to be seen in the pages.
        python(&["django", "collectstatic", "--noinput", "--verbosity=0"])?.status()?;
        let wsgi = war.parameter("wsgi").unwrap_or_default();
        let mut command = python(&["gunicorn", wsgi])?;
        command.args([
            "--bind",
            &address,
            "--timeout",
            "300",
            "--no-control-socket",
        ]);
        let child = command.spawn()?;
        Ok(Self {
            child,
            address,
            log,
        })
    }

    fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Fails when a page differs from the container's in more than tokens.
    pub(super) fn compare(&mut self, wanted: &Serve, container: &str) -> Result<()> {
        let client = Client::new(PATIENCE);
        let deadline = Instant::now() + START_LIMIT;
        for (page, words) in &wanted.pages {
            let own = loop {
                match client.get(&format!("{}{page}", self.base_url())) {
                    Ok(answer) => break answer,
                    Err(_) if Instant::now() < deadline && self.child.try_wait()?.is_none() => {
                        std::thread::sleep(INTERVAL);
                    }
                    Err(error) => {
                        let log = fs_err::read_to_string(&self.log)?;
                        bail!("gunicorn: {}\n{log}", Failure::from(error));
                    }
                }
            };
            let theirs = client
                .get(&format!("{container}{page}"))
                .map_err(|error| anyhow!("{}", Failure::from(error)))?;
            if !own.text().contains(words) {
                let log = fs_err::read_to_string(&self.log)?;
                bail!(
                    "under gunicorn `{page}` lacks {words:?}: {}\n{log}",
                    own.status
                );
            }
            let ours = plain(&theirs, container, &wanted.context);
            let peers = plain(&own, &self.base_url(), "");
            if let Some((ours, peers)) = difference(&ours, &peers) {
                bail!("`{page}` differs from gunicorn's:\n  {ours}\n  {peers}");
            }
        }
        Ok(())
    }
}

impl Drop for Gunicorn {
    fn drop(&mut self) {
        // Its parent ends the workers when it is asked to.
        let process = i32::try_from(self.child.id()).ok();
        if let Some(process) = process.and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// Status, type and text, without tokens, the server's address and the context path:
/// gunicorn serves the project at `/`.
fn plain(answer: &Response, base: &str, context: &str) -> String {
    let address = base.trim_start_matches("http://");
    let address = address.trim_end_matches(context);
    let text = answer.text().replace(address, "SERVER");
    let text = match context {
        "" | "/" => text,
        context => text.replace(&format!("{context}/"), "/"),
    };
    let mut plain = format!("{} {}\n", answer.status, answer.header("Content-Type"));
    let mut run = String::new();
    for letter in text.chars().chain(['\n']) {
        if letter.is_ascii_alphanumeric() || ":.-_".contains(letter) {
            run.push(letter);
            continue;
        }
        plain.push_str(if is_told_anew(&run) { "TOKEN" } else { &run });
        run.clear();
        plain.push(letter);
    }
    plain
}

/// Whether a page that is asked for twice says it twice differently: a token, the time
/// of day, a UUID.
fn is_told_anew(word: &str) -> bool {
    let longest = word
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(str::len);
    let is_time = || {
        let (before, after) = word.split_once(':').unwrap_or_default();
        before.ends_with(|letter: char| letter.is_ascii_digit())
            && after.starts_with(|letter: char| letter.is_ascii_digit())
    };
    let is_uuid = || {
        let parts = word.split('-').map(str::len);
        parts.eq([8, 4, 4, 4, 12])
            && word
                .chars()
                .all(|letter| letter.is_ascii_hexdigit() || letter == '-')
    };
    longest.max() >= Some(TOKEN) || is_time() || is_uuid()
}

/// The first lines that differ.
fn difference<'a>(ours: &'a str, peers: &'a str) -> Option<(&'a str, &'a str)> {
    let mut lines = ours.lines().zip(peers.lines());
    lines
        .find(|(one, other)| one != other)
        .or_else(|| (ours.len() != peers.len()).then_some(("one is longer", "than the other")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_addresses_are_no_difference_and_words_are() {
        let page = |body: &str| Response {
            status: 200,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        let token = "a1".repeat(32);
        let one = plain(
            &page(&format!("<i>{token}</i> http://127.0.0.1:1/ctx/x")),
            "http://127.0.0.1:1/ctx",
            "/ctx",
        );
        let other = plain(
            &page(&format!(
                "<i>{}</i> http://127.0.0.1:2/x",
                token.to_uppercase()
            )),
            "http://127.0.0.1:2",
            "",
        );
        assert_eq!(difference(&one, &other), None);
        let at = |time: &str| plain(&page(&format!("<b>{time}</b>")), "http://host", "");
        assert_eq!(at("2026-11-23T16:49:37.657123"), at("2026-11-23T17:03:00"));
        assert_ne!(at("2026-11-23"), at("2026-11-24"));
        let id = "588dba3e-b522-4a70-95cc-97c1002bac74";
        assert_eq!(at(id), at(&id.replace('5', "a")));
        assert_ne!(at("un-like-this"), at("un-like-that"));
        assert!(difference(&one, &plain(&page("another"), "http://127.0.0.1:2", "")).is_some());
    }
}
