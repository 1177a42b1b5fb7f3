//! `djwar run` as a user runs it: it serves, says so, and cleans up.

mod site;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use site::browser::Browser;
use site::served::{Polls, djwar, fixture};

/// How long a line may take to come: a build on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// A `djwar run` in the background, with a temporary folder of its own.
struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: Vec<String>,
    temporary: tempfile::TempDir,
}

impl Running {
    fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let temporary = tempfile::tempdir().expect("temp dir");
        let mut child = Command::new(env!("CARGO_BIN_EXE_djwar"))
            .arg("run")
            .args(arguments)
            .envs(environment.iter().copied())
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("djwar starts");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            lines,
            seen: Vec::new(),
            temporary,
        }
    }

    /// Waits for a line with `text` on standard error.
    #[track_caller]
    fn wait_for(&mut self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => panic!("{text:?}: {error}\n{}", self.seen.join("\n")),
            }
        }
    }

    /// The address of the line that says so, without the `/` at its end.
    #[track_caller]
    fn serving_at(&mut self) -> String {
        let line = self.wait_for("Serving at http://");
        let (_, url) = line.split_once("Serving at ").expect("an address");
        let url = url.split(' ').next().expect("an address");
        url.trim_end_matches('/').to_owned()
    }

    /// Asks it to stop, as `kill` and a closing terminal do, and checks that
    /// neither a process nor a file of the run is left.
    #[track_caller]
    fn stop(mut self) -> String {
        let process = i32::try_from(self.child.id()).expect("a process id");
        let process = rustix::process::Pid::from_raw(process).expect("a process id");
        rustix::process::kill_process(process, rustix::process::Signal::TERM).expect("signalled");
        let status = self.child.wait().expect("ended");
        self.seen.extend(self.lines.iter());
        let said = self.seen.join("\n");
        assert_eq!(status.code(), Some(0), "{said}");
        let left: Vec<_> = fs_err::read_dir(self.temporary.path())
            .expect("readable")
            .map(|entry| entry.expect("entry").file_name())
            .collect();
        assert!(left.is_empty(), "{left:?}\n{said}");
        // Java and Python have the run's folder in their arguments or their path.
        let folder = self.temporary.path().to_str().expect("UTF-8");
        let processes = command_lines();
        let left: Vec<&String> = processes
            .iter()
            .filter(|line| line.contains(folder))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        said
    }
}

fn command_lines() -> Vec<String> {
    let Ok(entries) = fs_err::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(Result::ok)
        .filter_map(|entry| fs_err::read(entry.path().join("cmdline")).ok())
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .collect()
}

fn fails(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_djwar"))
        .arg("run")
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("djwar starts")
}

fn copy_of(name: &str, folder: &Utf8Path) -> Utf8PathBuf {
    let copy = folder.join(name);
    site::served::copy_folder(&fixture(name), &copy);
    copy
}

fn temporary() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .to_owned();
    (folder, path)
}

#[test]
fn a_project_is_built_migrated_and_served_and_keeps_its_data() {
    let (_folder, path) = temporary();
    let project = copy_of("polls", &path);
    let mut running = Running::start(
        &[
            project.as_str(),
            "--migrate",
            "--port",
            "0",
            "--context",
            "/town",
        ],
        &[],
    );
    let url = running.serving_at();
    assert!(url.ends_with("/town"), "{url}");
    let mut browser = Browser::new(&url);
    let page = browser
        .get("/polls/")
        .expect(200)
        .shows("No questions yet.");
    page.links();
    browser.get("/diagnostics/log/?mark=RUN").expect(200);
    running.wait_for("second line of RUN");
    let said = running.stop();
    assert!(
        !said.contains("org.apache.catalina.startup"),
        "Tomcat's own chatter:\n{said}"
    );

    djwar(&["manage", project.as_str(), "--", "seed_polls"], &[]);
    let mut running = Running::start(&[project.as_str(), "--port", "0"], &[]);
    let mut browser = Browser::new(&running.serving_at());
    browser
        .get("/polls/")
        .expect(200)
        .shows("Your town asks you")
        .shows("Page 1 of 3");
    running.stop();
}

#[test]
fn a_war_is_served_as_it_is() {
    let (_folder, path) = temporary();
    let data = path.join("data");
    let war = Polls::get().war.as_str();
    let mut running = Running::start(&[war, "--port", "0"], &[("DATA_DIR", data.as_str())]);
    let mut browser = Browser::new(&running.serving_at());
    browser.get("/hello/").expect(200).shows("Hello, world");
    browser.get("/static/css/site.css").expect(200);
    running.stop();
}

#[test]
fn a_war_that_is_there_gets_the_variables_of_the_command_line() {
    let (_folder, path) = temporary();
    let data = path.join("data");
    let war = Polls::get().war.as_str();
    let code = "import os; print('the mark is', os.environ['MARK'])";
    let arguments = [
        "manage",
        war,
        "--data-dir",
        data.as_str(),
        "--env",
        "MARK=7",
    ];
    let said = djwar(
        &[&arguments[..], &["--", "shell", "-c", code]].concat(),
        &[],
    );
    assert!(said.contains("the mark is 7"), "{said}");
}

#[test]
fn a_broken_import_leaves_a_503_and_the_traceback_once() {
    let (_folder, path) = temporary();
    let project = copy_of("broken-import", &path);
    let arguments = [project.as_str(), "--port", "0", "--static", "none"];
    let mut running = Running::start(&arguments, &[]);
    let warning = running.wait_for("answers 503");
    let url = warning.split("http://").nth(1).expect("an address");
    let url = format!(
        "http://{}",
        url.split(['/', ' ']).next().expect("an address")
    );
    let mut browser = Browser::new(&url);
    for _ in 0..2 {
        browser.get("/").expect(503).lacks("Traceback");
    }
    let said = running.stop();
    assert_eq!(
        said.matches("Traceback (most recent call last)").count(),
        1,
        "{said}"
    );
}

#[test]
fn a_port_in_use_is_said_before_anything_is_built() {
    let (_folder, path) = temporary();
    let project = copy_of("polls", &path);
    let taken = TcpListener::bind("127.0.0.1:0").expect("free port");
    let port = taken.local_addr().expect("address").port().to_string();
    let output = fails(&[project.as_str(), "--port", &port], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains(&format!(
            "can't listen on 127.0.0.1:{port}: the port is in use"
        )),
        "{said}"
    );
    assert!(said.contains("hint: "), "{said}");
    assert!(!project.join(".djwar").exists(), "it was built before");
}

#[test]
fn no_java_is_said_with_a_hint() {
    let war = fixture("polls");
    let output = fails(&[war.as_str(), "--port", "0"], &[("JAVA_HOME", "/nowhere")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains("no Java found") && said.contains("JAVA_HOME"),
        "{said}"
    );
}

#[test]
fn what_is_no_context_path_is_a_usage_error() {
    let output = fails(&[fixture("polls").as_str(), "--context", "a b"], &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("`a b` is no context path"), "{said}");
}
