//! `fixtures/hydrant` on Jython in the container's JVM: Django 1.11 with its own
//! sqlite3 backend over JDBC. And `DjangoServlet` for a project outside the web
//! application, by a web.xml that is written by hand.

mod site;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::{self, Jetty12Ee10, Tomcat9, Tomcat10, Tomcat11};
use site::hydrant::{self, Hydrant, SIGN};
use site::served::{Wanted, copy_folder, djwar, fixture};
use zip::write::SimpleFileOptions;

/// A Tomcat that looks into no jar.
const SKIPS_JARS: &str = "<Context><JarScanner><JarScanFilter defaultPluggabilityScan=\"false\" \
                          defaultTldScan=\"false\"/></JarScanner></Context>";

fn serves_the_site(container: Container, context: &str) {
    let hydrant = Hydrant::get();
    let mut site = Wanted::war(&hydrant.war, container, context, SIGN)
        .data(&hydrant.data)
        .start();
    let deployed = hydrant::byte_code(&mut site);
    hydrant::pages(&mut site);
    hydrant::admin(&mut site);
    assert_eq!(
        hydrant::byte_code(&mut site),
        deployed,
        "the container's unpacking keeps byte code good, and none is written"
    );
    site.stop();
}

#[test]
fn tomcat_9_serves_pages_and_the_admin_under_a_context_path() {
    serves_the_site(Tomcat9, "/ctx");
}

#[test]
fn tomcat_10_serves_pages_and_the_admin_at_the_root() {
    serves_the_site(Tomcat10, "/");
}

#[test]
fn jetty_12_serves_pages_and_the_admin_under_a_context_path() {
    serves_the_site(Jetty12Ee10, "/ctx");
}

/// The runtime's jar is not looked into then, and `<absolute-ordering>` names nothing.
#[test]
fn a_tomcat_that_skips_all_jars_serves_the_site() {
    let mut site = Wanted::war(&Hydrant::get().war, Tomcat11, "/ctx", SIGN)
        .file("conf/Catalina/localhost/ctx.xml", SKIPS_JARS)
        .start();
    hydrant::byte_code(&mut site);
    site.stop();
}

#[test]
fn a_tomcat_that_unpacks_nothing_serves_pages_and_the_admin() {
    let hydrant = Hydrant::get();
    let mut site = Wanted::war(&hydrant.war, Tomcat10, "/ctx", SIGN)
        .data(&hydrant.data)
        .packed()
        .start();
    hydrant::byte_code(&mut site);
    hydrant::pages(&mut site);
    hydrant::admin(&mut site);
    site.stop();
}

#[test]
fn django_1_8_is_served_with_its_forms_admin_and_static_files() {
    let folder = tempfile::tempdir().expect("temp dir");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let (project, war) = (folder.join("guestbook"), folder.join("guestbook.war"));
    copy_folder(&fixture("guestbook"), &project);
    djwar(&["build", project.as_str(), "-o", war.as_str()], &[]);
    let data = folder.join("data");
    djwar(
        &[
            "manage",
            war.as_str(),
            "--data-dir",
            data.as_str(),
            "--",
            "migrate",
            "--verbosity",
            "0",
        ],
        &[],
    );
    let sign = ("/", "Nobody yet");
    let mut site = Wanted::war(&war, Tomcat10, "/ctx", sign)
        .data(&data)
        .start();
    let guest = [
        ("name", "Jürgen & Ana"),
        ("words", "Schön!"),
        ("paid", "12.50"),
    ];
    let seen = site.browser.submit("/", "/", &guest).expect(302).location();
    assert_eq!(seen, "/");
    site.browser
        .get("/")
        .expect(200)
        .shows("<li>Jürgen &amp; Ana (12,50): Schön!</li>");
    let login = site.browser.get("/admin/").expect(302).location();
    assert_eq!(login, "/admin/login/?next=/ctx/admin/");
    site.browser.get(&login).expect(200).shows("Benutzername");
    for sheet in ["/static/book/book.css", "/static/admin/css/base.css"] {
        site.browser.get(sheet).expect(200);
    }
    site.stop();
}

/// A web application with the engine's jars, the packages and this web.xml, and
/// without the project.
fn hand_written(folder: &Utf8Path, init_params: &[(&str, &str)]) -> Utf8PathBuf {
    let mut parameters = String::new();
    for (name, value) in init_params {
        write!(
            parameters,
            "<init-param><param-name>{name}</param-name><param-value>{value}</param-value></init-param>"
        )
        .expect("a String takes it");
    }
    let web_xml = format!(
        "<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\">\
         <servlet><servlet-name>django</servlet-name>\
         <servlet-class>org.djwar.runtime.jakarta.DjangoServlet</servlet-class>\
         <init-param><param-name>djwar.engine</param-name><param-value>jython</param-value></init-param>\
         {parameters}<load-on-startup>1</load-on-startup></servlet>\
         <servlet-mapping><servlet-name>django</servlet-name><url-pattern>/site/*</url-pattern></servlet-mapping></web-app>"
    );
    let war = folder.join("hand.war");
    let mut zip = zip::ZipWriter::new(fs_err::File::create(&war).expect("created"));
    let options = SimpleFileOptions::default();
    let mut put = |name: &str, content: &[u8]| {
        zip.start_file(name, options).expect("started");
        zip.write_all(content).expect("written");
    };
    put("WEB-INF/web.xml", web_xml.as_bytes());
    let exploded = &Hydrant::get().exploded;
    for part in ["lib", "python/handler", "python/jdbc", "python/lib"] {
        for entry in walkdir::WalkDir::new(exploded.join("WEB-INF").join(part)) {
            let entry = entry.expect("readable");
            if entry.file_type().is_file() {
                let name = entry.path().strip_prefix(exploded).expect("below");
                let name = name.to_str().expect("UTF-8");
                put(name, &fs_err::read(entry.path()).expect("read"));
            }
        }
    }
    zip.finish().expect("written");
    war
}

#[test]
fn a_servlet_serves_a_folder_outside_the_war_by_a_handler_of_the_users() {
    let hydrant = Hydrant::get();
    let folder = tempfile::tempdir().expect("temp dir");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let project = folder.join("outside");
    copy_folder(&hydrant.project, &project);
    fs_err::write(
        project.join("workshop.py"),
        "from django.core.wsgi import get_wsgi_application\n\n\n\
         class Handler(object):\n    made = 0\n\n    \
         def __init__(self):\n        Handler.made += 1\n        self.django = get_wsgi_application()\n\n    \
         def __call__(self, environ, start_response):\n        \
         def start(status, headers, exc_info=None):\n            \
         return start_response(status, headers + [('X-Handler', 'number %d' % Handler.made)], exc_info)\n        \
         return self.django(environ, start)\n",
    )
    .expect("written");
    let war = hand_written(
        folder,
        &[
            ("django.app.home", project.as_str()),
            ("django.handler", "workshop.Handler"),
            ("django.settings", "hydrant.settings"),
        ],
    );
    let sign = ("/site/hello/", SIGN.1);
    let mut site = Wanted::war(&war, Tomcat10, "/ctx", sign)
        .variable("DEBUG", "true")
        .start();
    for _ in 0..2 {
        let page = site.browser.get("/site/rows/").expect(200);
        assert_eq!(page.header("x-handler"), "number 1", "one for all requests");
    }
    let login = site.browser.get("/site/admin/").expect(302).location();
    assert_eq!(login, "/site/admin/login/?next=/ctx/site/admin/");
    // Developing without packing: an edited template shows at the next request.
    let template = project.join("aggregator/templates/aggregator/rows.html");
    let text = fs_err::read_to_string(&template).expect("read");
    fs_err::write(&template, text.replace("Fifty rows", "Half a hundred")).expect("written");
    site.browser
        .get("/site/rows/")
        .expect(200)
        .shows("Half a hundred");
    site.stop();
}

#[test]
fn a_handler_or_folder_that_is_not_there_is_named_in_the_log() {
    let folder = tempfile::tempdir().expect("temp dir");
    let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let war = hand_written(folder, &[("django.app.home", "/no/such/folder")]);
    let down = ("/site/", "could not start");
    let mut site = Wanted::war(&war, Tomcat10, "/", down).start();
    site.browser
        .get("/site/")
        .expect(503)
        .shows("is `/no/such/folder`, but there is no such folder");
    site.stop();

    let project = Hydrant::get().project.as_str();
    let war = hand_written(
        folder,
        &[
            ("django.app.home", project),
            ("django.handler", "garage.Handler"),
            ("django.settings", "hydrant.settings"),
        ],
    );
    let mut site = Wanted::war(&war, Tomcat10, "/", down).start();
    site.browser.get("/site/").expect(503).lacks("garage");
    site.wait_for_log(
        "the handler `garage.Handler` can't be imported: there is no module `garage` on sys.path",
    );
    let log = site.stop();
    assert_eq!(log.matches("Traceback").count(), 1, "{log}");
}

#[test]
fn the_projects_own_tests_run_by_manage() {
    let hydrant = Hydrant::get();
    let data = tempfile::tempdir().expect("temp dir");
    let data = data.path().to_str().expect("UTF-8");
    let war = hydrant.war.as_str();
    let output = Command::new(env!("CARGO_BIN_EXE_djwar"))
        .args(["manage", war, "--data-dir", data, "--", "test"])
        .output()
        .expect("djwar starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("Ran 4 tests") && said.contains("OK"),
        "{said}"
    );
}
