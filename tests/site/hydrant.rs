//! The hydrant as a WAR, a walk through it (fixtures/hydrant/WALK.md), and the admin of
//! Django 1.11 from the log-in to an upload.

use std::sync::OnceLock;

use camino::Utf8PathBuf;

use super::browser::Browser;
use super::served::{PASSWORD, Site, copy_folder, djwar, fixture, own_folder};

/// A page, and what it says when the site is up.
pub(crate) const SIGN: (&str, &str) = ("/hello/", "Hello from the hydrant");

/// One more page: which modules Jython compiled, and the byte code that was deployed.
const BYTE_CODE: &str = "\
import json, os, sys, types
from django.http import HttpResponse


def byte_code(request):
    # Those that come from a file; not what is imported at the first look into it.
    modules = [module for module in sys.modules.values() if type(module) is types.ModuleType]
    files = [module.__file__ for module in modules if getattr(module, '__file__', None)]
    deployed = {}
    for root in filter(os.path.isdir, sys.path):
        for folder, _, names in os.walk(root):
            for path in [os.path.join(folder, name) for name in names if name.endswith('$py.class')]:
                deployed[path] = [os.path.getsize(path), os.path.getmtime(path)]
    return HttpResponse(json.dumps({
        'taken': len([path for path in files if path.endswith('$py.class')]),
        'compiled': sorted(path for path in files if path.endswith('.py')),
        'deployed': deployed,
    }))
";

/// The WAR, the same as a folder, and the data of a seeded site.
pub(crate) struct Hydrant {
    pub(crate) project: Utf8PathBuf,
    pub(crate) war: Utf8PathBuf,
    pub(crate) exploded: Utf8PathBuf,
    pub(crate) data: Utf8PathBuf,
}

impl Hydrant {
    pub(crate) fn get() -> &'static Self {
        static HYDRANT: OnceLock<Hydrant> = OnceLock::new();
        HYDRANT.get_or_init(|| {
            let folder = own_folder("hydrant");
            let made = Self {
                project: folder.join("hydrant"),
                war: folder.join("hydrant.war"),
                exploded: folder.join("exploded"),
                data: folder.join("data"),
            };
            copy_folder(&fixture("hydrant"), &made.project);
            let urls = made.project.join("hydrant/urls.py");
            let page = "\nfrom byte_code import byte_code\nurlpatterns.insert(0, url('^byte-code/$', byte_code))\n";
            let text = fs_err::read_to_string(&urls).expect("read");
            fs_err::write(&urls, text + page).expect("written");
            fs_err::write(made.project.join("byte_code.py"), BYTE_CODE).expect("written");
            let project = made.project.as_str();
            djwar(&["build", project, "-o", made.war.as_str()], &[]);
            djwar(
                &["build", project, "--exploded", made.exploded.as_str()],
                &[],
            );
            let manage = |arguments: &[&str]| {
                let (war, data) = (made.war.as_str(), made.data.as_str());
                djwar(
                    &[&["manage", war, "--data-dir", data, "--"], arguments].concat(),
                    &[],
                );
            };
            manage(&["migrate", "--verbosity", "0"]);
            manage(&["seed_feeds", "--password", PASSWORD]);
            made
        })
    }
}

/// The pages, as a visitor sees them.
pub(crate) fn pages(site: &mut Site) {
    let browser = &mut site.browser;
    let hello = browser.get("/hello/").expect(200);
    assert_eq!(hello.response.text(), "Hello from the hydrant");
    assert!(hello.header("content-type").starts_with("text/plain"));
    browser
        .get("/rows/")
        .expect(200)
        .shows("Headline 001 &amp; more");
    let river = browser.get("/").expect(200).shows("The Valve, letter 40");
    for link in river.links() {
        // The admin's asks for a log-in.
        let status = if link == "/admin/" { 302 } else { 200 };
        browser.get(&link).expect(status);
    }
    browser
        .get("/feeds/")
        .expect(200)
        .shows("Brücken &amp; Brunnen")
        .shows("weight 0.75");
    browser
        .get("/entries/1/")
        .expect(200)
        .shows("4 April 2017, 16:30");
    browser
        .get("/feeds/nothing/")
        .expect(404)
        .shows("Nothing here");
    let sheet = browser.get("/static/aggregator/hydrant.css").expect(200);
    assert!(sheet.header("content-type").starts_with("text/css"));
    every_byte(browser);
}

/// The byte code that lies in the deployed WAR: paths, sizes and times. Fails when Jython
/// compiled any module of Django, of the project or of its own library from source.
pub(crate) fn byte_code(site: &mut Site) -> serde_json::Value {
    let mut told = site.browser.get("/byte-code/").expect(200).json();
    assert_eq!(told["compiled"], serde_json::json!([]));
    let taken = told["taken"].as_u64().expect("a number");
    assert!(taken > 300, "{taken}");
    let deployed = told["deployed"].take();
    let number = deployed.as_object().map_or(0, serde_json::Map::len);
    assert!(number > 500, "{number}");
    deployed
}

/// A body of all bytes, up and down.
fn every_byte(browser: &mut Browser) {
    let body: Vec<u8> = (0..=255).cycle().take(700_000).collect();
    let media_type = [("Content-Type", "application/octet-stream")];
    let digest = browser
        .send("POST", "/digest/", &media_type, Some(body))
        .expect(200)
        .json();
    assert_eq!(digest["length"], 700_000);
    let outlines = browser.get("/feeds/subscriptions.opml").expect(200);
    assert_eq!(outlines.response.text().matches("<outline").count(), 3);
}

/// Log in, add, change, upload, delete, log out.
pub(crate) fn admin(site: &mut Site) {
    let browser = &mut site.browser;
    let login = browser.get("/admin/").expect(302).location();
    assert_eq!(
        login,
        format!("/admin/login/?next={}/admin/", browser.context())
    );
    let refused = [("username", "erika"), ("password", "wrong")];
    browser
        .submit("/admin/login/", "/admin/login/", &refused)
        .expect(200)
        .shows("Please enter the correct username and password");
    let right = [("username", "erika"), ("password", PASSWORD)];
    browser
        .submit("/admin/login/", "/admin/login/", &right)
        .expect(302);
    browser
        .get("/admin/")
        .expect(200)
        .shows("Site administration");

    let list = "/admin/aggregator/feed/";
    let add = "/admin/aggregator/feed/add/";
    let mut feed = [
        ("title", "Größe & Maß"),
        ("slug", "groesse"),
        ("address", "http://example.org/feed"),
        ("is_followed", "on"),
        ("weight", "2.25"),
        ("read_at_0", ""),
        ("read_at_1", ""),
    ];
    browser.submit(add, add, &feed).expect(302);
    let page = browser
        .get(list)
        .expect(200)
        .shows("was added successfully")
        .shows("Größe &amp; Maß")
        .shows("2.25");
    let row = page
        .links()
        .into_iter()
        .filter(|link| link.ends_with("/change/"))
        .max_by_key(|link| number_in(link))
        .expect("a row");

    feed[4].1 = "0.10";
    let document: Vec<u8> = (0..=255).collect();
    let file = (
        "source",
        "dokument.xml",
        "application/xml",
        document.as_slice(),
    );
    browser.upload(&row, &row, &feed, file).expect(302);
    browser
        .get(list)
        .expect(200)
        .shows("was changed successfully")
        .shows("0.10");
    let source = browser.get("/feeds/groesse/source/").expect(200);
    assert_eq!(source.response.body, document);
    feed[4].1 = "a lot";
    browser
        .submit(&row, &row, &feed)
        .expect(200)
        .shows("Enter a number.");

    let delete = row.replace("/change/", "/delete/");
    browser
        .submit(&delete, &delete, &[("post", "yes")])
        .expect(302);
    browser
        .get(list)
        .expect(200)
        .shows("was deleted successfully");
    browser.get("/feeds/groesse/").expect(404);
    browser.get("/admin/logout/").expect(200);
    browser.get("/admin/").expect(302);
}

fn number_in(link: &str) -> u32 {
    let digits: String = link.chars().filter(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}
