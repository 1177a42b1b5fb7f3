//! What a stranger may try: spellings of paths, shapes of requests that two
//! readers understand in two ways, headers that only a proxy may set; and what of
//! a running application can be read or reached by others on its host.
//! docs/concepts/threat-model.md says what is defended and what is not.
#![cfg(target_os = "linux")]

mod site;

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;

use camino::Utf8PathBuf;
use djwar::deploy::Container::{self, Jetty12Ee8, Jetty12Ee10, Tomcat9, Tomcat10, Tomcat11};
use site::probes::{self, Engine, probes};
use site::served::Site;
use site::spellings::spellings;
use site::wire::Wire;

fn keeps_its_files_to_itself(container: Container, context: &str) {
    let mut site = probes(container, context, 1, 2).start();
    for path in spellings() {
        let mut wire = Wire::to(&mut site);
        wire.ask("GET", &path, &["Connection: close"]);
        let said = wire.until_closed();
        for secret in [
            "<web-app",
            "SECRET_KEY",
            "execute_from_command_line",
            "Manifest-Version",
            "root:x:0",
            "<Connector",
            "\"digests\"",
            "class Worker",
        ] {
            assert!(
                !said.contains(secret),
                "{container}: {path} shows {secret}:\n{said}"
            );
        }
        assert!(
            !said.starts_with("HTTP/1.1 5"),
            "{container}: {path}: {said}"
        );
        assert!(
            !said.starts_with("HTTP/1.1 2"),
            "{container}: {path}: {said}"
        );
    }
    Wire::to(&mut site)
        .get("/static/probes/digits.txt")
        .expect(200);
    site.stop();
}

#[test]
fn tomcat_9_keeps_its_files_to_itself() {
    keeps_its_files_to_itself(Tomcat9, "/ctx");
}

#[test]
fn tomcat_10_keeps_its_files_to_itself() {
    keeps_its_files_to_itself(Tomcat10, "/");
}

#[test]
fn tomcat_11_keeps_its_files_to_itself() {
    keeps_its_files_to_itself(Tomcat11, "/ctx");
}

#[test]
fn jetty_12_with_javax_keeps_its_files_to_itself() {
    keeps_its_files_to_itself(Jetty12Ee8, "/");
}

#[test]
fn jetty_12_with_jakarta_keeps_its_files_to_itself() {
    keeps_its_files_to_itself(Jetty12Ee10, "/ctx");
}

/// Heads whose end of the body is a matter of opinion, and a body that holds a
/// request. Whoever refuses, or closes behind it, is right.
const SHAPES: [(&str, &str); 16] = [
    ("two lengths", "Content-Length: 5\r\nContent-Length: 0"),
    (
        "two lengths, the other way",
        "Content-Length: 0\r\nContent-Length: 5",
    ),
    ("a list of lengths", "Content-Length: 0, 5"),
    (
        "length and chunked",
        "Content-Length: 0\r\nTransfer-Encoding: chunked",
    ),
    (
        "chunked and length",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
    ),
    ("a sign", "Content-Length: +0"),
    ("a negative length", "Content-Length: -1"),
    ("hexadecimal", "Content-Length: 0x0"),
    ("a length with a blank inside", "Content-Length: 0 5"),
    ("a blank before the colon", "Content-Length : 0"),
    ("an unknown coding", "Transfer-Encoding: xchunked"),
    ("chunked twice", "Transfer-Encoding: chunked, chunked"),
    (
        "chunked, but not last",
        "Transfer-Encoding: chunked, identity",
    ),
    (
        "a tab before chunked",
        "Transfer-Encoding:\tchunked\r\nContent-Length: 0",
    ),
    (
        "a folded line",
        "Transfer-Encoding:\r\n chunked\r\nContent-Length: 0",
    ),
    (
        "a line feed alone",
        "X: 1\nTransfer-Encoding: chunked\r\nContent-Length: 0",
    ),
];

fn reads_a_request_in_one_way_only(container: Container) {
    let mut site = probes(container, "/", 1, 4).start();
    for (number, (shape, lines)) in SHAPES.iter().enumerate() {
        let mut wire = Wire::to(&mut site);
        // As a front server would forward it, which took the body for the first's.
        let hidden = format!("GET /raw/seen/hidden{number} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        let body = match *shape {
            "two lengths" | "a list of lengths" => format!("12345{hidden}"),
            _ => format!("0\r\n\r\n{hidden}"),
        };
        wire.send(format!(
            "POST /raw/seen/outer{number} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n\r\n{body}"
        ));
        wire.end();
        let said = wire.until_closed();
        let answers = said.matches("HTTP/1.1 ").count();
        assert!(answers <= 2, "{shape}: {said}");
        // A length and chunks together, or a length twice: RFC 9112 §6.3 wants the
        // connection closed, so that nothing behind can be taken for a request.
        assert!(!said.contains("seen hidden"), "{shape}:\n{said}");
    }
    // Chunks with sizes that overflow, are signed, or end wrong.
    for (number, chunks) in [
        "-1\r\nx\r\n0\r\n\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        "fffffffffffffffff\r\nx\r\n0\r\n\r\n",
        "1;\r\nxGET / HTTP/1.1\r\n\r\n",
        "ffffffffffffffff\r\nx",
    ]
    .iter()
    .enumerate()
    {
        let mut wire = Wire::to(&mut site);
        wire.send(format!("POST /raw/seen/chunks{number} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        wire.end();
        let said = wire.until_closed();
        assert!(!said.contains("seen chunks"), "{chunks:?}: {said}");
    }
    // Line breaks and NULs where values are.
    for path in ["/raw/seen/x%0d%0aX-Injected:%201", "/raw/seen/%00"] {
        let mut wire = Wire::to(&mut site);
        wire.ask("GET", path, &["Connection: close"]);
        let said = wire.until_closed().to_lowercase();
        let (head, _) = said.split_once("\r\n\r\n").expect("a head");
        assert!(!head.contains("x-injected"), "{said}");
    }
    Wire::to(&mut site).get("/raw/seen/last").expect(200);
    site.wait_for_log("mark seen last");
    let log = site.stop();
    assert!(!log.contains("mark seen hidden"), "{log}");
    assert!(!log.contains("mark seen chunks"), "{log}");
}

#[test]
fn tomcat_reads_a_request_in_one_way_only() {
    reads_a_request_in_one_way_only(Tomcat10);
}

#[test]
fn jetty_reads_a_request_in_one_way_only() {
    reads_a_request_in_one_way_only(Jetty12Ee10);
}

#[test]
fn forwarding_headers_are_believed_from_trusted_proxies_only() {
    let spoofed = [
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Port: 444",
        "Forwarded: for=203.0.113.9;proto=https;host=evil.example",
    ];
    for (proxies, is_trusted) in [("192.0.2.0/24", false), ("127.0.0.0/8", true)] {
        let mut site = probes(Tomcat10, "/", 1, 2)
            .property("djwar.trusted-proxies", proxies)
            .start();
        let mut wire = Wire::to(&mut site);
        wire.ask("GET", "/raw/environ", &spoofed);
        let texts = wire.answer("GET").expect(200).json()["texts"].clone();
        if is_trusted {
            assert_eq!(texts["REMOTE_ADDR"], "203.0.113.9");
            assert_eq!(texts["wsgi.url_scheme"], "https");
            assert_eq!(texts["HTTP_HOST"], "evil.example");
            // The project's ALLOWED_HOSTS still has its say.
            wire.ask("GET", "/host/", &spoofed);
            wire.answer("GET").expect(400);
        } else {
            assert_eq!(texts["REMOTE_ADDR"], "127.0.0.1");
            assert_eq!(texts["wsgi.url_scheme"], "http");
            assert_eq!(texts["HTTP_HOST"], "localhost");
            let keys: Vec<&String> = texts.as_object().expect("an object").keys().collect();
            assert!(
                !keys.iter().any(|key| key.contains("FORWARDED")),
                "{keys:?}"
            );
        }
        let mut wire = Wire::to(&mut site);
        wire.send("GET /host/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
        wire.answer("GET").expect(400);
        let mut wire = Wire::to(&mut site);
        wire.send("GET /host/ HTTP/1.1\r\nHost: shop.example\r\n\r\n");
        assert_eq!(wire.answer("GET").expect(200).text(), "shop.example False");
        let mut wire = Wire::to(&mut site);
        wire.send("GET /host/ HTTP/1.1\r\nHost: shop.example\r\nHost: evil.example\r\n\r\n");
        let answer = wire.answer("GET");
        assert!(!answer.text().contains("evil"), "{answer:?}");
        site.stop();
    }
}

const SECRET: &str = "s3cr3t-of-the-site-9f2c";
const PASSWORD_URL: &str = "postgres://user:hunter2-9f2c@db.example/shop";

#[test]
fn secrets_stay_out_of_logs_pages_and_records() {
    let mut site = probes(Tomcat10, "/", 1, 2)
        .variable("PROBES_SECRET_KEY", SECRET)
        .variable("DATABASE_URL", PASSWORD_URL)
        .property("djwar.log-level", "debug")
        .start();
    let mut pages = String::new();
    for path in [
        "/error/",
        "/raw/segfault",
        "/raw/shorterlist",
        "/raw/nothing",
        "/nothing",
        "/raw/memory",
    ] {
        let answer = Wire::to(&mut site).get(path);
        assert!(answer.status >= 400, "{path}");
        pages += &answer.text();
    }
    site.wait_for_log("a failure that is meant");
    no_token_shows(&mut site);
    let log = site.stop();
    let broken = probes::build("secretive", |project| {
        let settings = project.join("probes/wsgi.py");
        let text = fs_err::read_to_string(&settings).expect("text");
        fs_err::write(
            &settings,
            format!("{text}\nraise RuntimeError('not configured')\n"),
        )
        .expect("written");
    });
    // The page that the container gives of an application which does not start.
    let mut site = site::served::Wanted::war(&broken, Tomcat10, "/", ("/", "could not start"))
        .variable("PROBES_SECRET_KEY", SECRET)
        .variable("DATABASE_URL", PASSWORD_URL)
        .start();
    pages += &Wire::to(&mut site).get("/").expect(503).text();
    let second = site.stop();
    let mut record = String::new();
    let war = fs_err::File::open(probes::war()).expect("the WAR");
    let mut zip = zip::ZipArchive::new(war).expect("a zip");
    for name in ["META-INF/djwar.json", "WEB-INF/web.xml"] {
        zip.by_name(name)
            .expect(name)
            .read_to_string(&mut record)
            .expect("text");
    }
    for (place, text) in [
        ("the pages", &pages),
        ("the log", &log),
        ("the second log", &second),
        ("the record", &record),
    ] {
        for secret in [SECRET, "hunter2", "Traceback"] {
            if secret == "Traceback" && place.ends_with("log") {
                continue;
            }
            assert!(!text.contains(secret), "{place} has {secret}");
        }
    }
}

/// The engine's token went through a pipe: other users of the host can read
/// arguments, and more than they should of environments.
fn no_token_shows(site: &mut Site) {
    for member in &site.server().processes()[1..] {
        for file in ["cmdline", "environ"] {
            let bytes = fs_err::read(format!("/proc/{}/{file}", member.process));
            let bytes = bytes.expect("readable for the owner");
            let text = String::from_utf8_lossy(&bytes);
            let words = text.split(|letter: char| !letter.is_ascii_hexdigit());
            assert!(
                words.map(str::len).max() < Some(64),
                "64 hex digits in {file} of {}",
                member.command
            );
        }
    }
}

fn socket(site: &mut Site) -> Utf8PathBuf {
    let base = site.server().base().to_owned();
    let found = walkdir::WalkDir::new(&base)
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_type().is_socket());
    Utf8PathBuf::from_path_buf(found.expect("a socket").into_path()).expect("UTF-8")
}

#[test]
fn the_workers_socket_wants_the_owner_and_the_token() {
    if Engine::of_environment().has_no_workers() {
        return;
    }
    let mut site = probes(Tomcat10, "/", 1, 1).start();
    let socket = socket(&mut site);
    let folder = socket.parent().expect("a folder");
    let mode = fs_err::metadata(folder)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700, "nobody else reaches the socket at all");
    let hello = |token: &str, worker: u32| {
        let text =
            format!(r#"{{"protocol":1,"token":"{token}","worker":{worker},"pid":1,"thread":0}}"#);
        let mut frame = vec![b'H'];
        frame.extend_from_slice(&u32::try_from(text.len()).expect("small").to_be_bytes());
        frame.extend_from_slice(text.as_bytes());
        frame
    };
    let deep = "[".repeat(100_000);
    let mut frames = vec![
        hello(&"0".repeat(64), 1),
        hello("", 1),
        b"R\0\0\0\x01x".to_vec(),
        b"H\xff\xff\xff\xff".to_vec(),
        b"H\0\0\0\x02{}".to_vec(),
        vec![0; 100],
    ];
    let mut nested = vec![b'H'];
    nested.extend_from_slice(&u32::try_from(deep.len()).expect("small").to_be_bytes());
    nested.extend_from_slice(deep.as_bytes());
    frames.push(nested);
    for frame in frames {
        let mut stranger = UnixStream::connect(&socket).expect("the owner's test");
        // The engine may close before it has read all.
        let _ = stranger.write_all(&frame);
        let mut said = Vec::new();
        let _ = stranger.read_to_end(&mut said);
        // Told to go at most; never a request.
        assert!(said.is_empty() || said == b"Q\0\0\0\0", "{said:?}");
    }
    site.wait_for_log("a connection with a wrong token was refused");
    let page = Wire::to(&mut site).get("/page/after/").expect(200);
    assert!(page.text().contains("after 49"));
    site.stop();
}

#[test]
fn workers_inherit_no_files_and_only_the_environment_they_need() {
    if Engine::of_environment().has_no_workers() {
        return;
    }
    let mut site = probes(Tomcat10, "/", 1, 1)
        .property("djwar.inherit-environment", "false")
        .property("djwar.env.WANTED", "1")
        .variable("UNWANTED_SECRET", "x")
        .variable("LD_PRELOAD", "")
        .variable("PYTHONSTARTUP", "/nonexistent")
        .start();
    let facts = Wire::to(&mut site)
        .get("/raw/descriptors")
        .expect(200)
        .json();
    let names: Vec<&str> = facts["environment"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|name| name.as_str())
        .collect();
    assert!(
        names.contains(&"WANTED") && names.contains(&"PATH"),
        "{names:?}"
    );
    for name in [
        "UNWANTED_SECRET",
        "LD_PRELOAD",
        "PYTHONSTARTUP",
        "DATA_DIR",
        "CATALINA_BASE",
        "DJWAR_RUN_ID",
    ] {
        assert!(!names.contains(&name), "{name} of {names:?}");
    }
    for open in facts["open"].as_array().expect("a list") {
        let target = open.as_str().expect("a text");
        let is_known = [
            "pipe:",
            "socket:",
            "/dev/null",
            "/dev/urandom",
            "/proc/",
            "anon_inode:",
        ]
        .iter()
        .any(|start| target.starts_with(start));
        assert!(is_known, "{target} is open in a worker: {}", facts["open"]);
    }
    let sockets = facts["open"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|open| {
            open.as_str()
                .is_some_and(|open| open.starts_with("socket:"))
        })
        .count();
    assert_eq!(
        sockets, 1,
        "its own connection, not the container's: {}",
        facts["open"]
    );
    site.stop();
}
