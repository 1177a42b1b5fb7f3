//! The gallery in Tomcat: compiled extensions (Pillow, numpy, psycopg), a real
//! PostgreSQL, uploads, and connections that worker processes hold.
#![cfg(target_os = "linux")]

mod site;

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::Tomcat10;
use djwar::deploy::Member;
use site::gallery::{compiled_packages, pages, searches, upload};
use site::postgres::Postgres;
use site::served::{Site, Wanted, copy_folder, djwar, fixture, own_folder};

const PATIENCE: Duration = Duration::from_mins(2);
const SIGN: (&str, &str) = ("/versions.json", "psycopg_implementation");

/// The WAR of the fixture, and one of its next version, which asks the database
/// at import, in the process that workers are forked from.
struct Wars {
    first: Utf8PathBuf,
    next: Utf8PathBuf,
}

impl Wars {
    fn get() -> &'static Self {
        static WARS: OnceLock<Wars> = OnceLock::new();
        WARS.get_or_init(|| {
            let folder = own_folder("gallery");
            let project = folder.join("gallery");
            copy_folder(&fixture("gallery"), &project);
            let first = folder.join("first.war");
            djwar(&["build", project.as_str(), "-o", first.as_str()], &[]);
            replace(
                &project.join("src/photos/templates/photos/index.html"),
                "All pictures",
                "Every picture",
            );
            let wsgi = project.join("src/gallery/wsgi.py");
            replace(
                &wsgi,
                "application = get_wsgi_application()\n",
                "application = get_wsgi_application()\n\n\
                 from django.db import connection  # noqa: E402\n\n\
                 with connection.cursor() as cursor:\n    \
                 cursor.execute(\"SELECT count(*) FROM photos_photo\")\n    \
                 print(f\"asked at import: {cursor.fetchone()[0]} photos\")\n",
            );
            let next = folder.join("next.war");
            djwar(&["build", project.as_str(), "-o", next.as_str()], &[]);
            Self { first, next }
        })
    }
}

fn replace(path: &Utf8Path, old: &str, new: &str) {
    let text = fs_err::read_to_string(path).expect("read");
    assert!(text.contains(old), "{path} lacks {old:?}");
    fs_err::write(path, text.replace(old, new)).expect("written");
}

/// A gallery with the sample pictures in a database and a folder of its own.
struct Gallery {
    postgres: Postgres,
    war: Utf8PathBuf,
    data: Utf8PathBuf,
    folder: tempfile::TempDir,
}

impl Gallery {
    /// `djwar manage` fills it as an administrator would. Nothing when there is no
    /// PostgreSQL.
    fn filled(war: &Utf8Path) -> Option<Self> {
        let postgres = Postgres::start()?;
        let folder = tempfile::tempdir().expect("temp dir");
        let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
        let data = root.join("data");
        let gallery = Self {
            war: war.to_owned(),
            data,
            postgres,
            folder,
        };
        gallery.manage(&["migrate", "--verbosity", "0"]);
        let said = gallery.manage(&["draw_samples"]);
        assert!(said.contains("4 photos hang in the gallery."), "{said}");
        Some(gallery)
    }

    fn manage(&self, arguments: &[&str]) -> String {
        let mut all = vec!["manage", self.war.as_str()];
        all.extend(["--data-dir", self.data.as_str(), "--"]);
        all.extend_from_slice(arguments);
        // A cache of its own: one of the user's would keep the unpacked WAR.
        let cache = self.data.with_file_name("cache");
        let url = self.postgres.url();
        let environment = [("DATABASE_URL", &*url), ("DJWAR_CACHE_DIR", cache.as_str())];
        djwar(&all, &environment)
    }

    fn at(&self, context: &str) -> Wanted {
        Wanted::war(&self.war, Tomcat10, context, SIGN)
            .property("djwar.data-dir", self.data.as_str())
    }

    /// The site has stopped; so does PostgreSQL, with no session left.
    fn stop(self) {
        self.postgres.wait_until_ended(&self.postgres.sessions());
        drop(self.postgres);
        self.folder.close().expect("folder removed");
    }
}

#[test]
fn tomcat_serves_the_gallery_and_keeps_uploads_through_a_redeploy() {
    let wars = Wars::get();
    let Some(gallery) = Gallery::filled(&wars.first) else {
        return;
    };
    let mut site = gallery
        .at("/")
        .variable("DATABASE_URL", &gallery.postgres.url())
        .redeploying()
        .start();
    compiled_packages(&mut site.browser);
    pages(&mut site.browser);
    searches(&mut site.browser);
    let (photo, uploaded) = upload(&mut site.browser);
    kept_files(&gallery.data);
    own_python(&mut site, "webapps/ROOT/");

    let before = site.server().processes();
    site.server()
        .redeploy(&wars.next)
        .unwrap_or_else(|error| panic!("{error}"));
    site.server()
        .wait_until("/", PATIENCE, |page| page.text().contains("Every picture"))
        .unwrap_or_else(|error| panic!("{error}"));
    let mut visitor = site.browser.stranger();
    visitor
        .get("/")
        .expect(200)
        .shows("<span>Town hall at noon</span>")
        .shows("<span>Lighthouse at dusk</span>");
    visitor.get(&photo).expect(200).shows("1000 × 500");
    for (path, bytes) in &uploaded {
        let body = visitor.get(path).expect(200).response.body;
        assert!(body == *bytes, "{path} is another file now");
    }
    upload(&mut visitor);
    let after = site.server().processes();
    for process in &before[1..] {
        assert!(!after.contains(process), "{process:?} is still there");
    }
    own_python(&mut site, "webapps/ROOT/");
    site.stop();
    gallery.stop();
}

#[test]
fn tomcat_serves_a_packed_gallery_under_a_context_path() {
    let Some(gallery) = Gallery::filled(&Wars::get().first) else {
        return;
    };
    let mut site = gallery
        .at("/ctx")
        .property("djwar.env.DATABASE_URL", &gallery.postgres.url())
        .packed()
        .start();
    compiled_packages(&mut site.browser);
    pages(&mut site.browser);
    searches(&mut site.browser);
    upload(&mut site.browser);
    kept_files(&gallery.data);
    own_python(&mut site, "");
    site.stop();
    gallery.stop();
}

#[test]
fn workers_share_no_connection_and_recover_from_lost_ones() {
    let Some(gallery) = Gallery::filled(&Wars::get().next) else {
        return;
    };
    let mut site = gallery
        .at("/")
        .variable("DATABASE_URL", &gallery.postgres.url())
        .start();
    // The parent did have one, else the test would show nothing.
    site.wait_for_log("asked at import: 4 photos");
    for _ in 0..20 {
        site.browser.get("/").expect(200).shows("Every picture");
    }
    let port = gallery.postgres.port();
    let processes = site.server().processes();
    let python: Vec<&Member> = processes[1..].iter().collect();
    let parent = parent_of(&python);
    assert_eq!(connections(parent, port), BTreeSet::new(), "{processes:?}");
    let mut seen = BTreeSet::new();
    let mut workers = 0;
    for worker in python.iter().filter(|one| one.process != parent) {
        let own = connections(worker.process, port);
        assert!(own.len() <= 4, "more than its threads: {own:?}");
        assert!(own.is_disjoint(&seen), "two processes share a connection");
        seen.extend(own);
        workers += 1;
    }
    assert_eq!(workers, 2, "{processes:?}");
    let before = gallery.postgres.sessions();
    assert_eq!(before.len(), seen.len(), "all of PostgreSQL's are workers'");
    assert!(!before.is_empty());

    gallery.postgres.terminate(&before);
    // CONN_HEALTH_CHECKS: nobody sees an error, whichever thread answers.
    for _ in 0..20 {
        site.browser
            .get("/?q=ferry")
            .expect(200)
            .shows("Ferries in the harbour");
    }
    let after = gallery.postgres.sessions();
    assert!(!after.is_empty());
    assert!(after.iter().all(|one| !before.contains(one)), "{after:?}");
    let unchanged = site.server().processes();
    assert_eq!(unchanged, processes, "no worker was lost");
    site.stop();
    gallery.stop();
}

#[test]
fn the_projects_own_tests_pass_in_the_wars_python() {
    let Some(gallery) = Gallery::filled(&Wars::get().first) else {
        return;
    };
    // A test that fails gives a status, which fails this one; so do no tests.
    let said = gallery.manage(&["test", "photos"]);
    assert!(said.contains("Found 8 test(s)"), "{said}");
    gallery.stop();
}

/// They lie in the data folder, not in the deployed application.
fn kept_files(data: &Utf8Path) {
    for name in ["originals/hall.bmp", "thumbnails/hall.jpg"] {
        let path = data.join("src/media").join(name);
        assert!(path.is_file(), "{path} is missing");
    }
}

/// The interpreter is the WAR's, and its PATH leads to no other.
fn own_python(site: &mut Site, folder: &str) {
    let base = site.server().base().to_owned();
    let processes = site.server().processes();
    let (java, python) = processes.split_first().expect("the JVM");
    assert!(java.executable.as_str().ends_with("java"), "{java:?}");
    assert_eq!(python.len(), 3, "a parent and two workers: {processes:?}");
    for process in python {
        let executable = &process.executable;
        assert!(executable.starts_with(base.join(folder)), "{process:?}");
        assert!(executable.as_str().contains("/bin/python3"), "{process:?}");
        let environment = fs_err::read(format!("/proc/{}/environ", process.process));
        let environment = String::from_utf8(environment.expect("readable")).expect("UTF-8");
        let path = environment
            .split('\0')
            .find_map(|variable| variable.strip_prefix("PATH="))
            .expect("a PATH");
        for place in path
            .split(':')
            .filter(|place| !place.starts_with(base.as_str()))
        {
            let programs = fs_err::read_dir(place).expect("a folder");
            assert_eq!(programs.count(), 0, "{place} holds programs");
        }
    }
}

/// The process that the others were forked from.
fn parent_of(python: &[&Member]) -> u32 {
    let parent_of = |process: u32| -> u32 {
        let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).expect("alive");
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let mut fields = fields.split_whitespace();
        fields.nth(1).expect("a parent").parse().expect("a number")
    };
    let ids: Vec<u32> = python.iter().map(|one| one.process).collect();
    let parents: BTreeSet<u32> = ids.iter().map(|&id| parent_of(id)).collect();
    let found: Vec<u32> = ids.into_iter().filter(|id| parents.contains(id)).collect();
    assert_eq!(found.len(), 1, "one parent: {python:?}");
    found[0]
}

/// The TCP connections to `port` that a process holds, by their inodes.
fn connections(process: u32, port: u16) -> BTreeSet<String> {
    let table = fs_err::read_to_string(format!("/proc/{process}/net/tcp")).expect("a table");
    let remote = format!(":{port:04X}");
    let established: BTreeSet<&str> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields.len() > 9 && fields[2].ends_with(&remote) && fields[3] == "01")
        .map(|fields| fields[9])
        .collect();
    let descriptors = fs_err::read_dir(format!("/proc/{process}/fd")).expect("descriptors");
    descriptors
        .filter_map(|entry| fs_err::read_link(entry.ok()?.path()).ok())
        .filter_map(|target| {
            let target = target.to_str()?;
            let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
            established.contains(inode).then(|| inode.to_owned())
        })
        .collect()
}
