//! `djwar skeleton`: Maven makes the same WAR from it, and serves the project so that
//! edits show. For both engines; `hydrant`'s files are kept as golden ones.

mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use support::{FixtureCopy, djwar, run};

/// Where the project lies in a skeleton.
const APPLICATION: &str = "src/main/webapp/WEB-INF/python/app";

/// A first start on a loaded machine, with Maven's own downloads before it.
const PATIENCE: Duration = Duration::from_mins(8);

struct Skeleton {
    project: FixtureCopy,
    _temporary: tempfile::TempDir,
    folder: Utf8PathBuf,
    name: &'static str,
}

impl Skeleton {
    fn of(name: &'static str) -> Self {
        Self::with(name, |_| ())
    }

    /// Of a fixture that was edited.
    fn with(name: &'static str, edit: impl FnOnce(&FixtureCopy)) -> Self {
        let temporary = tempfile::tempdir().expect("temp dir");
        let folder = Utf8Path::from_path(temporary.path())
            .expect("UTF-8")
            .join("skeleton");
        let project = FixtureCopy::of(name);
        edit(&project);
        let skeleton = Self {
            project,
            _temporary: temporary,
            folder,
            name,
        };
        let said = skeleton.write();
        assert!(said.contains("Wrote "), "{said}");
        skeleton
    }

    /// Runs `djwar skeleton`; what it said.
    fn write(&self) -> String {
        let (assert, stdout, stderr) = run(djwar()
            .arg("skeleton")
            .arg(self.project.path())
            .args(["--group-id", "org.example.sites", "-o"])
            .arg(&self.folder));
        assert.success();
        assert_eq!(stdout.trim(), self.folder.as_str());
        stderr
    }

    fn maven(&self) -> Command {
        let mut command = Command::new("mvn");
        command
            .args(["-B", "-ntp", "-Dstyle.color=never"])
            .current_dir(&self.folder);
        command
    }

    fn package(&self) -> Utf8PathBuf {
        let output = self
            .maven()
            .args(["-q", "package"])
            .output()
            .expect("Maven is installed");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        self.folder.join(format!("target/{}.war", self.name))
    }

    fn build(&self) -> Utf8PathBuf {
        let war = self.folder.with_file_name("built.war");
        let (assert, ..) = run(djwar()
            .arg("build")
            .arg(self.project.path())
            .arg("-o")
            .arg(&war));
        assert.success();
        war
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let path = self.folder.join(APPLICATION).join(path);
        let text = fs_err::read_to_string(&path).expect("a file of the project");
        assert!(text.contains(from), "{path}: {text}");
        fs_err::write(path, text.replace(from, to)).expect("written");
    }

    fn text(&self, path: &str) -> String {
        fs_err::read_to_string(self.folder.join(path)).expect("a file of the skeleton")
    }
}

/// Names and contents; Maven writes folders as entries of their own, djwar doesn't.
fn entries(war: &Utf8Path) -> BTreeMap<String, Vec<u8>> {
    let file = fs_err::File::open(war).expect("a WAR");
    let mut archive = zip::ZipArchive::new(file).expect("a zip");
    let mut entries = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).expect("an entry");
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().expect("UTF-8").into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).expect("readable");
        entries.insert(name, Sha256::digest(&bytes).to_vec());
    }
    entries
}

fn assert_same(built: &Utf8Path, packaged: &Utf8Path) {
    let (built, packaged) = (entries(built), entries(packaged));
    assert!(built.len() > 20, "{}", built.len());
    let differing: Vec<&String> = built
        .iter()
        .filter(|(name, digest)| packaged.get(*name) != Some(digest))
        .map(|(name, _)| name)
        .chain(packaged.keys().filter(|name| !built.contains_key(*name)))
        .collect();
    assert!(differing.is_empty(), "{differing:?}");
}

/// `mvn jetty:run` on a port of its own.
struct Jetty {
    child: Child,
    port: u16,
    log: Utf8PathBuf,
}

impl Jetty {
    fn start(skeleton: &Skeleton) -> Self {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let log = skeleton.folder.with_file_name("jetty.log");
        let file = fs_err::File::create(&log).expect("a log").into_parts().0;
        let child = skeleton
            .maven()
            .arg("jetty:run")
            .arg(format!("-Djetty.http.port={port}"))
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("Maven is installed");
        let mut jetty = Self { child, port, log };
        let started = Instant::now();
        while jetty.page("/hello/").is_none() {
            let ended = jetty.child.try_wait().expect("a child");
            let log = || fs_err::read_to_string(&jetty.log).unwrap_or_default();
            assert!(ended.is_none(), "{}", log());
            assert!(started.elapsed() < PATIENCE, "{}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
        jetty
    }

    /// The answer to one request, when somebody listens.
    fn page(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok()?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }

    #[track_caller]
    fn shows(&self, path: &str, text: &str) {
        let page = self.page(path).expect("an answer");
        let log = || fs_err::read_to_string(&self.log).unwrap_or_default();
        assert!(page.contains(text), "{page}\n{}", log());
    }
}

impl Drop for Jetty {
    fn drop(&mut self) {
        let process = i32::try_from(self.child.id()).expect("a process id");
        if let Some(process) = rustix::process::Pid::from_raw(process) {
            // SIGTERM, so that the engine ends its processes.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// Digests of contents change with every change of the runtime.
fn without_digests(text: &str) -> String {
    let is_digest = |part: &str| {
        part.len() == 12
            && part
                .bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    text.lines()
        .map(|line| match line.rsplit_once('-') {
            Some((start, end)) if is_digest(end.split('<').next().unwrap_or_default()) => {
                format!("{start}-DIGEST{}\n", &end[12..])
            }
            _ => format!("{line}\n"),
        })
        .collect()
}

#[track_caller]
fn assert_golden(name: &str, text: &str) {
    let path = Utf8Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/hydrant")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs_err::create_dir_all(path.parent().expect("a folder")).expect("folder");
        fs_err::write(&path, text).expect("written");
    }
    let golden = fs_err::read_to_string(&path).expect("a golden file");
    assert!(
        golden == text,
        "{path} is not what djwar writes now; look at the difference, then set UPDATE_GOLDEN=1\n{text}"
    );
}

#[test]
fn maven_makes_and_serves_a_project_on_cpython() {
    let skeleton = Skeleton::of("polls");
    assert_same(&skeleton.build(), &skeleton.package());
    let jetty = Jetty::start(&skeleton);
    jetty.shows("/hello/", "Hello, world");
    skeleton.edit("polls/views.py", "Hello, world", "Hello, edited");
    jetty.shows("/hello/", "Hello, edited");
    skeleton.edit("polls/templates/polls/board.html", "board", "bulletin");
    jetty.shows("/polls/board/", "bulletin");
    drop(jetty);

    // Run again: what was edited stays, also when the project changed there.
    skeleton.project.write("polls/views.py", "nothing = None\n");
    skeleton.project.write("polls/fresh.py", "fresh = True\n");
    let said = skeleton.write();
    assert!(
        said.contains(&format!("left `{APPLICATION}/polls/views.py` alone")),
        "{said}"
    );
    assert!(
        skeleton
            .text(&format!("{APPLICATION}/polls/views.py"))
            .contains("Hello, edited")
    );
    assert!(
        skeleton
            .text(&format!("{APPLICATION}/polls/fresh.py"))
            .contains("fresh")
    );
}

#[test]
fn maven_makes_and_serves_a_project_on_jython() {
    let skeleton = Skeleton::of("hydrant");
    assert_golden("pom.xml", &without_digests(&skeleton.text("pom.xml")));
    assert_golden("web.xml", &skeleton.text("src/main/webapp/WEB-INF/web.xml"));
    assert_same(&skeleton.build(), &skeleton.package());
    let jetty = Jetty::start(&skeleton);
    jetty.shows("/hello/", "Hello from the hydrant");
    skeleton.edit("aggregator/views.py", "from the hydrant", "from the pump");
    skeleton.edit(
        "aggregator/templates/aggregator/rows.html",
        "Fifty rows",
        "Fifty edited rows",
    );
    jetty.shows("/hello/", "Hello from the pump");
    jetty.shows("/rows/", "Fifty edited rows");
}

#[test]
fn maven_makes_the_same_war_with_nested_packages() {
    let skeleton = Skeleton::with("minimal", |project| {
        project.write("djwar.toml", "packages = \"nested\"\nstatic = \"copy\"\n");
    });
    let built = skeleton.build();
    let is_packages = |name: &String| name.starts_with("WEB-INF/python/packages-");
    assert!(entries(&built).keys().any(is_packages));
    // What an earlier state of the requirements left: the runtime must not take it.
    let python = skeleton.folder.join("src/main/webapp/WEB-INF/python");
    fs_err::create_dir_all(&python).expect("made");
    let stale = python.join("packages-0123456789abcdef.zip");
    fs_err::write(&stale, "of other requirements").expect("written");
    assert_same(&built, &skeleton.package());
    assert!(!stale.exists());
    assert!(
        skeleton
            .text(".gitignore")
            .contains("/WEB-INF/python/packages-*.zip\n")
    );
}

#[test]
fn a_folder_with_somebody_s_pom_and_one_in_the_project_are_refused() {
    let project = FixtureCopy::of("minimal");
    let temporary = tempfile::tempdir().expect("temp dir");
    let folder = Utf8Path::from_path(temporary.path()).expect("UTF-8");
    fs_err::write(folder.join("pom.xml"), "<project/>").expect("written");
    let (assert, _, stderr) = run(djwar()
        .arg("skeleton")
        .arg(project.path())
        .arg("-o")
        .arg(folder));
    assert.code(2);
    assert!(stderr.contains("pom.xml` is there already"), "{stderr}");
    let text = fs_err::read_to_string(folder.join("pom.xml")).expect("there");
    assert_eq!(text, "<project/>");

    let (assert, _, stderr) = run(djwar()
        .arg("skeleton")
        .arg(project.path())
        .arg("-o")
        .arg(project.path().join("maven")));
    assert.code(2);
    assert!(stderr.contains("is inside the project"), "{stderr}");
    assert!(!project.path().join("maven").exists());
}
