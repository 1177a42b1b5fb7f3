//! A site in a container, with data of its own.

use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::{Container, Deployment, Server};
use djwar::error::Failure;
use djwar::model::WarPath;

use super::browser::Browser;
use super::machine;

/// How long the first answer may take: Django's import on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The password that erika and max have in the seeded data.
pub(crate) const PASSWORD: &str = "correct horse";

/// The WAR under test and the data of a seeded site, made once per test program.
pub(crate) struct Polls {
    pub(crate) war: Utf8PathBuf,
    seeded: Utf8PathBuf,
}

impl Polls {
    pub(crate) fn get() -> &'static Self {
        static POLLS: OnceLock<Polls> = OnceLock::new();
        POLLS.get_or_init(Self::make)
    }

    fn make() -> Self {
        let folder = own_folder("polls");
        let project = folder.join("polls");
        copy_folder(&fixture("polls"), &project);
        let war = folder.join("polls.war");
        djwar(&["build", project.as_str(), "-o", war.as_str()], &[]);
        let seeded = folder.join("seeded");
        let data = folder.join("data");
        let manage = |arguments: &[&str]| {
            let mut all = vec!["manage", war.as_str(), "--data-dir", data.as_str(), "--"];
            all.extend_from_slice(arguments);
            djwar(&all, &[("DATA_DIR", seeded.as_str())]);
        };
        manage(&["migrate", "--verbosity", "0"]);
        manage(&["seed_polls", "--password", PASSWORD]);
        Self { war, seeded }
    }
}

/// An empty folder for what this test program makes once under that name. It stays, as
/// a static value is never dropped: the next run empties it.
pub(crate) fn own_folder(name: &str) -> Utf8PathBuf {
    let folder = Utf8Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(env!("CARGO_CRATE_NAME"))
        .join(name);
    if folder.exists() {
        fs_err::remove_dir_all(&folder).expect("old folder removed");
    }
    folder
}

/// How a container is to serve the site.
pub(crate) struct Wanted {
    deployment: Deployment,
    description: String,
    /// Copied for each site; the variable names the copy.
    seeded: Option<Utf8PathBuf>,
    data_variable: &'static str,
    /// A page, and what it says when the site is up.
    sign: (&'static str, &'static str),
}

impl Wanted {
    /// The polls site at `context` of `container`.
    pub(crate) fn polls(container: Container, context: &str) -> Self {
        let polls = Polls::get();
        let mut wanted = Self::war(&polls.war, container, context, ("/hello/", "Hello, world"));
        wanted.seeded = Some(polls.seeded.clone());
        wanted
    }

    /// Another WAR; `sign` is a page, and what it says when the site is up.
    pub(crate) fn war(
        war: &Utf8Path,
        container: Container,
        context: &str,
        sign: (&'static str, &'static str),
    ) -> Self {
        Self {
            description: String::new(),
            deployment: Deployment::of(war)
                .on(container)
                .at(context.parse().expect("a context path")),
            seeded: None,
            data_variable: "DATA_DIR",
            sign,
        }
    }

    /// With a copy of this folder as its data folder.
    pub(crate) fn data(mut self, folder: &Utf8Path) -> Self {
        self.seeded = Some(folder.to_owned());
        self.data_variable = "DJWAR_DATA_DIR";
        self
    }

    /// With one more environment variable of the container.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.deployment = self.deployment.variable(name, value);
        self
    }

    /// With one more system property of the container's JVM.
    pub(crate) fn property(mut self, name: &str, value: &str) -> Self {
        self.deployment = self.deployment.java_option(format!("-D{name}={value}"));
        self
    }

    /// With one more file below the container's base folder.
    pub(crate) fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        let path = WarPath::new(path).expect("a relative path");
        self.deployment = self.deployment.file(path, content);
        self
    }

    /// With one more option of the container's JVM.
    pub(crate) fn java_option(mut self, option: &str) -> Self {
        self.deployment = self.deployment.java_option(option.to_owned());
        self
    }

    /// Not unpacked by the container.
    pub(crate) fn packed(mut self) -> Self {
        self.deployment = self.deployment.packed();
        self
    }

    /// With a container that looks for newer WARs.
    pub(crate) fn redeploying(mut self) -> Self {
        self.deployment = self.deployment.redeploying();
        self
    }

    /// Starts it with a copy of the seeded data, and waits until the site answers.
    pub(crate) fn start(mut self) -> Site {
        self.description = self.deployment.description();
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .to_owned();
        let data = root.join("data");
        if let Some(seeded) = &self.seeded {
            copy_folder(seeded, &data);
        }
        // A PATH that exists and holds no program at all, so that no Python of the
        // host can be found: without a PATH, a default one would be searched.
        let no_programs = root.join("no-programs");
        fs_err::create_dir(&no_programs).expect("folder");
        let deployment = self
            .deployment
            .variable("PATH", no_programs.as_str())
            .variable("HOME", root.as_str())
            // Without it the JVM takes file names for ASCII.
            .variable("LANG", "C.UTF-8")
            .variable(self.data_variable, data.as_str());
        let mut server = machine::start(deployment)
            .unwrap_or_else(|error| panic!("{}: {}", self.description, Failure::from(error)));
        let (page, words) = self.sign;
        let answer = server.wait_until(page, PATIENCE, |answer| answer.text().contains(words));
        if let Err(error) = answer {
            panic!(
                "{}: {}\n{}",
                self.description,
                Failure::from(error),
                server.log().text().unwrap_or_default()
            );
        }
        Site {
            browser: Browser::new(&server.base_url()),
            server: Some(server),
            description: self.description,
            folder,
        }
    }
}

/// The site, served.
pub(crate) struct Site {
    pub(crate) browser: Browser,
    server: Option<Server>,
    description: String,
    folder: tempfile::TempDir,
}

impl Site {
    /// Its copy of the seeded data.
    pub(crate) fn data(&self) -> Utf8PathBuf {
        Utf8Path::from_path(self.folder.path())
            .expect("UTF-8")
            .join("data")
    }

    pub(crate) fn server(&mut self) -> &mut Server {
        self.server.as_mut().expect("it runs")
    }

    /// The container's log so far.
    pub(crate) fn log(&mut self) -> String {
        self.server().log().text().expect("the log")
    }

    /// Waits until the container's log holds `text`; it is written by another
    /// process than the one that answered.
    #[track_caller]
    pub(crate) fn wait_for_log(&mut self, text: &str) {
        let log = self.server().log().clone();
        let deadline = std::time::Instant::now() + PATIENCE;
        let mut cursor = 0;
        loop {
            if log.text().expect("the log").contains(text) {
                return;
            }
            assert!(
                std::time::Instant::now() < deadline,
                "the log does not have {text:?}:\n{}",
                log.text().expect("the log")
            );
            log.next(&mut cursor, Duration::from_millis(50));
        }
    }

    /// Stops the container: in order, and nothing is left.
    #[track_caller]
    pub(crate) fn stop(mut self) -> String {
        let server = self.server.take().expect("it runs");
        let stopped = server.stop().expect("the log");
        assert!(!stopped.killed, "it had to be killed:\n{}", stopped.log);
        assert_eq!(stopped.survivors, [], "{}", stopped.log);
        stopped.log
    }
}

/// A test that fails has its container's log behind its message.
impl Drop for Site {
    fn drop(&mut self) {
        if let Some(server) = &self.server
            && std::thread::panicking()
        {
            #[expect(clippy::print_stderr, reason = "shown by cargo test with the failure")]
            {
                let log = server.log().tail(60);
                eprintln!("--- the log of {} ends with\n{log}\n---", self.description);
            }
        }
    }
}

/// A folder of `fixtures/`. Read only: tests that write take a copy.
pub(crate) fn fixture(name: &str) -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

/// Runs djwar as a user does; a failure shows what it said.
#[track_caller]
pub(crate) fn djwar(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_djwar"))
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .expect("djwar starts");
    assert!(
        output.status.success(),
        "djwar {}: {}\n{}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn copy_folder(from: &Utf8Path, to: &Utf8Path) {
    // What running a fixture by hand leaves in it is no part of it.
    let leftovers = [".djwar", "dist", "__pycache__"];
    let entries = walkdir::WalkDir::new(from)
        .into_iter()
        .filter_entry(|entry| {
            entry.depth() == 0 || !leftovers.iter().any(|name| entry.file_name() == *name)
        });
    for entry in entries {
        let entry = entry.expect("readable");
        let below = entry.path().strip_prefix(from).expect("below");
        let target = to.as_std_path().join(below);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target).expect("folder");
        } else {
            fs_err::copy(entry.path(), target).expect("copied");
        }
    }
}
