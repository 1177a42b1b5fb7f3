//! What else may be in the web application and around Django: the container's
//! authentication, other filters, error pages, forwards. Tomcat brings filters for
//! it, so that no class has to be compiled here.

mod site;

use std::io::{Read as _, Write as _};

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::{Tomcat9, Tomcat10};
use site::probes::{self, SIGN};
use site::served::{Site, Wanted};
use site::wire::Wire;
use zip::write::SimpleFileOptions;

const NEIGHBOURS: &str = r"
  <filter>
    <filter-name>refusing</filter-name>
    <filter-class>org.apache.catalina.filters.RemoteAddrFilter</filter-class>
    <init-param><param-name>deny</param-name><param-value>.*</param-value></init-param>
  </filter>
  <filter-mapping><filter-name>refusing</filter-name><url-pattern>/raw/seen/refused</url-pattern></filter-mapping>
  <filter>
    <filter-name>reading</filter-name>
    <filter-class>org.apache.catalina.filters.RequestDumperFilter</filter-class>
  </filter>
  <filter-mapping><filter-name>reading</filter-name><url-pattern>/raw/read/read</url-pattern></filter-mapping>
  <filter>
    <filter-name>adding</filter-name>
    <filter-class>org.apache.catalina.filters.HttpHeaderSecurityFilter</filter-class>
  </filter>
  <filter-mapping><filter-name>adding</filter-name><url-pattern>/*</url-pattern></filter-mapping>
  <error-page><error-code>403</error-code><location>/static/probes/digits.txt</location></error-page>
  <error-page><error-code>404</error-code><location>/static/probes/digits.txt</location></error-page>
  <error-page><error-code>500</error-code><location>/static/probes/digits.txt</location></error-page>
  <security-constraint>
    <web-resource-collection><url-pattern>/raw/environ/members/*</url-pattern></web-resource-collection>
    <auth-constraint><role-name>member</role-name></auth-constraint>
  </security-constraint>
  <login-config><auth-method>BASIC</auth-method></login-config>
  <security-role><role-name>member</role-name></security-role>
";

/// The probes' WAR with more in its web.xml, users of the container's, and a page
/// that forwards.
fn crowded(folder: &Utf8Path) -> Utf8PathBuf {
    let users = folder.join("users.xml");
    fs_err::write(
        &users,
        "<tomcat-users><user username=\"erika\" password=\"horse\" roles=\"member\"/></tomcat-users>",
    )
    .expect("written");
    let mut old =
        zip::ZipArchive::new(fs_err::File::open(probes::war()).expect("the WAR")).expect("a zip");
    let mut web_xml = String::new();
    old.by_name("WEB-INF/web.xml")
        .expect("there")
        .read_to_string(&mut web_xml)
        .expect("text");
    let path = folder.join("crowded.war");
    let mut new = zip::ZipWriter::new(fs_err::File::create(&path).expect("created"));
    for index in 0..old.len() {
        let entry = old.by_index_raw(index).expect("an entry");
        if entry.name().expect("a name") != "WEB-INF/web.xml" {
            new.raw_copy_file(entry).expect("copied");
        }
    }
    for (name, text) in [
        (
            "WEB-INF/web.xml",
            web_xml.replace("</web-app>", &format!("{NEIGHBOURS}</web-app>")),
        ),
        (
            "META-INF/context.xml",
            format!(
                "<Context><Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\"{users}\"/></Context>"
            ),
        ),
        (
            "static/to-a-file.jsp",
            "<jsp:forward page=\"/static/probes/digits.txt\"/>".to_owned(),
        ),
        (
            "static/to-django.jsp",
            "<jsp:forward page=\"/page/forwarded/\"/>".to_owned(),
        ),
    ] {
        new.start_file(name, SimpleFileOptions::default())
            .expect("started");
        new.write_all(text.as_bytes()).expect("written");
    }
    new.finish().expect("written");
    path
}

const DIGITS: &str = "0123456789";

/// Filters of web.xml come first, and may keep a request to themselves.
fn filters(site: &mut Site) {
    let page = Wire::to(site).get("/page/filtered/").expect(200);
    assert!(page.text().contains("filtered 49"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    Wire::to(site).get("/raw/seen/refused").expect(403);
    Wire::to(site).get("/raw/seen/others").expect(200);
    site.wait_for_log("mark seen others");
    assert!(
        !site.log().contains("mark seen refused"),
        "Django was asked"
    );

    // A form that another filter has read is gone; a body of another type is not.
    let form = "Content-Type: application/x-www-form-urlencoded";
    for (content_type, status) in [(form, 400), ("Content-Type: text/plain", 200)] {
        let mut wire = Wire::to(site);
        wire.ask(
            "POST",
            "/raw/read/read",
            &["Content-Length: 3", content_type],
        );
        wire.send("a=1");
        wire.answer("POST").expect(status);
    }
}

/// Django's errors are Django's; the container's get the pages of web.xml.
fn errors(site: &mut Site) {
    for (path, status) in [("/nothing-here/", 404), ("/error/", 500)] {
        let page = Wire::to(site).get(path).expect(status);
        assert!(!page.text().contains(DIGITS), "{path}: {}", page.text());
    }
    let refused = Wire::to(site).get("/raw/seen/refused").expect(403);
    assert!(refused.text().contains(DIGITS), "{}", refused.text());
}

/// A forward stays what the container makes of it: it never comes back to Django.
fn forwards(site: &mut Site) {
    let file = Wire::to(site).get("/static/to-a-file.jsp").expect(200);
    assert!(file.text().contains(DIGITS), "{}", file.text());
    let page = Wire::to(site).get("/static/to-django.jsp").expect(404);
    assert!(!page.text().contains("forwarded 49"), "{}", page.text());
}

/// Who the container has let in is who the application sees; nobody else is.
fn authentication(site: &mut Site) {
    let mut wire = Wire::to(site);
    let refused = wire.get("/raw/environ/members/").expect(401);
    assert!(refused.header("www-authenticate").starts_with("Basic"));
    let wrong = "Authorization: Basic ZXJpa2E6d3Jvbmc=";
    let mut wire = Wire::to(site);
    wire.ask("GET", "/raw/environ/members/", &[wrong]);
    wire.answer("GET").expect(401);
    let right = "Authorization: Basic ZXJpa2E6aG9yc2U=";
    for (path, is_member) in [
        ("/raw/environ/members/", true),
        ("/raw/environ/all/", false),
    ] {
        let mut wire = Wire::to(site);
        let spoofed = "Remote-User: max";
        let headers = if is_member {
            vec![right, spoofed]
        } else {
            vec![spoofed]
        };
        wire.ask("GET", path, &headers);
        let texts = wire.answer("GET").expect(200).json()["texts"].clone();
        if is_member {
            assert_eq!(texts["REMOTE_USER"], "erika");
            assert_eq!(texts["AUTH_TYPE"], "BASIC");
        } else {
            assert!(texts.get("REMOTE_USER").is_none(), "{texts}");
            assert!(texts.get("AUTH_TYPE").is_none(), "{texts}");
        }
    }
}

fn lives_with_its_neighbours(container: djwar::deploy::Container, context: &str) {
    let folder = tempfile::tempdir().expect("temp dir");
    let war = crowded(Utf8Path::from_path(folder.path()).expect("UTF-8"));
    let mut site = Wanted::war(&war, container, context, SIGN).start();
    filters(&mut site);
    errors(&mut site);
    forwards(&mut site);
    authentication(&mut site);
    site.stop();
}

#[test]
fn tomcat_10_lives_with_other_filters_error_pages_and_users() {
    lives_with_its_neighbours(Tomcat10, "/");
}

#[test]
fn tomcat_9_lives_with_other_filters_error_pages_and_users() {
    lives_with_its_neighbours(Tomcat9, "/ctx");
}
