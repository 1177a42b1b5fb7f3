//! Every small container of the table starts, serves a small WAR, and stops.
//! Nothing of Django here: what fails here is the container or its recipe.

#[path = "site/machine.rs"]
mod machine;

use std::io::Write as _;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::{Container, Deployment, Stopped};
use djwar::error::Failure;

/// A WAR of one text and a page that a servlet container compiles nothing for.
fn war(folder: &Utf8Path, text: &str) -> Utf8PathBuf {
    let path = folder.join("small.war");
    let mut zip = zip::ZipWriter::new(fs_err::File::create(&path).expect("file"));
    let web_xml = r#"<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="3.1" metadata-complete="true"/>"#;
    for (name, content) in [("WEB-INF/web.xml", web_xml), ("hello.txt", text)] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(name, options).expect("entry");
        zip.write_all(content.as_bytes()).expect("content");
    }
    zip.finish().expect("whole");
    path
}

fn folder() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .to_owned();
    (folder, path)
}

fn stopped_well(stopped: &Stopped) {
    assert!(!stopped.killed, "{}", stopped.log);
    assert_eq!(stopped.survivors, [], "{}", stopped.log);
}

#[test]
fn every_container_serves_a_war_and_stops_when_asked() {
    let (_folder, path) = folder();
    let war = war(&path, "hello from the WAR");
    // The big ones: `tests/e2e_servers.rs`, which serve more than a text.
    let small = Container::ALL.iter().filter(|one| !one.is_big());
    for &container in small {
        for context in ["/", "/ctx"] {
            let deployment = Deployment::of(&war)
                .on(container)
                .at(context.parse().expect("valid"));
            let server = machine::start(deployment)
                .unwrap_or_else(|error| panic!("{container}: {}", Failure::from(error)));
            let mut server = server;
            let address = format!("127.0.0.1:{}", server.port());
            assert!(server.base_url().contains(&address));
            let answer = server
                .wait_until("/hello.txt", Duration::from_secs(30), |answer| {
                    answer.status == 200
                })
                .unwrap_or_else(|error| panic!("{container}: {}", Failure::from(error)));
            assert_eq!(answer.text(), "hello from the WAR", "{container}");
            let base = server.base().to_owned();
            stopped_well(&server.stop().expect("log"));
            assert!(!base.exists());
        }
    }
}

#[test]
fn a_container_takes_a_newer_war_while_it_runs() {
    let (_folder, path) = folder();
    for container in [
        Container::Tomcat10,
        Container::Jetty9,
        Container::Jetty12Ee10,
    ] {
        let first = war(&path, "first");
        let mut server =
            machine::start(Deployment::of(&first).on(container).redeploying()).expect("started");
        let answer = server
            .wait_until("/hello.txt", Duration::from_secs(30), |answer| {
                answer.status == 200
            })
            .expect("answer");
        assert_eq!(answer.text(), "first", "{container}");
        let second = war(&path, "the second");
        server
            .redeploy(&second)
            .unwrap_or_else(|error| panic!("{container}: {}", Failure::from(error)));
        let answer = server
            .wait_until("/hello.txt", Duration::from_secs(30), |answer| {
                answer.status == 200
            })
            .expect("answer");
        assert_eq!(answer.text(), "the second", "{container}");
        stopped_well(&server.stop().expect("log"));
    }
}
