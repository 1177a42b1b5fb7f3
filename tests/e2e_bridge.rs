//! PEP 3333 and HTTP through a container: `fixtures/probes`, whose bare WSGI
//! applications each use one rule, or break it. The unit tests of the two halves
//! are in `runtime/`; here is what a client sees of both and of the container.

mod site;

use djwar::deploy::Container::{self, Jetty12Ee10, Tomcat9, Tomcat10};
use site::probes::{Engine, probes, probes_on};
use site::requests::{bodies, environ, texts};
use site::served::{Site, Wanted};
use site::wire::Wire;

/// More than the memory of the test's JVM (`-Xmx192m`).
const LARGE: usize = 250_000_000;

fn serves_by_the_book(engine: Engine, container: Container, context: &str) {
    let mut site = probes_on(engine, container, context)
        .property("djwar.max-body-size", &(LARGE + 1000).to_string())
        .start();
    environ(&mut site);
    bodies(engine, &mut site);
    transfers(engine, &mut site);
    connections_after_unread_bodies(&mut site);
    headers_late(&mut site);
    broken_rules(&mut site);
    streams(&mut site);
    lengths(&mut site);
    statuses(&mut site);
    headers(&mut site);
    closes(&mut site);
    files(engine, &mut site);
    let pid = Wire::to(&mut site).get("/raw/pid").expect(200).text();
    assert!(pid.parse::<u32>().is_ok(), "os.getpid() is {pid}");
    site.stop();
}

#[test]
fn tomcat_10_serves_by_the_book_at_the_root() {
    serves_by_the_book(Engine::of_environment(), Tomcat10, "/");
}

#[test]
fn tomcat_9_serves_by_the_book_with_jython() {
    serves_by_the_book(Engine::Jython, Tomcat9, "/ctx");
}

#[test]
fn jetty_12_serves_by_the_book_under_a_context_path() {
    serves_by_the_book(Engine::of_environment(), Jetty12Ee10, "/ctx");
}

/// Chunks, Expect, limits, clients that stop in the middle.
fn transfers(engine: Engine, site: &mut Site) {
    let mut wire = Wire::to(site);
    wire.ask("POST", "/raw/read/read", &["Transfer-Encoding: chunked"]);
    wire.send("3\r\none\r\n4;x=y\r\n two\r\n0\r\nX-Trailer: 1\r\n\r\n");
    assert_eq!(texts(&wire.answer("POST").expect(200).json()), ["one two"]);
    // The length is the true one, and nothing of the transfer is left.
    wire.ask("POST", "/raw/environ", &["Transfer-Encoding: chunked"]);
    wire.send("3\r\none\r\n0\r\n\r\n");
    let facts = wire.answer("POST").expect(200).json();
    assert_eq!(facts["texts"]["CONTENT_LENGTH"], "3");
    assert!(facts["texts"].get("HTTP_TRANSFER_ENCODING").is_none());

    let headers = ["Content-Length: 5", "Expect: 100-continue"];
    wire.ask("POST", "/raw/read/read", &headers);
    let go_on = wire.head().expect("an answer before the body");
    assert_eq!(go_on.status, 100);
    wire.send("later");
    assert_eq!(texts(&wire.answer("POST").expect(200).json()), ["later"]);

    // Refused before anything was sent.
    let length = format!("Content-Length: {}", LARGE * 2);
    wire.ask("POST", "/raw/read/read", &[&length, "Expect: 100-continue"]);
    let mut refused = wire.answer("POST");
    if refused.status == 100 {
        // Tomcat says it before anybody is asked (`continueResponseTiming`).
        refused = wire.answer("POST");
    }
    let refused = refused.expect(413);
    assert!(refused.text().contains("larger than this site takes"));

    // Half a body, then the end: the application never hears of it.
    for headers in [["Content-Length: 100"], ["Transfer-Encoding: chunked"]] {
        let mut wire = Wire::to(site);
        wire.ask("POST", "/raw/held/half", &headers);
        wire.send("64\r\nhalf");
        wire.end();
        let said = wire.until_closed();
        assert!(!said.contains("200"), "{said}");
        assert!(!said.contains("org.djwar"), "a stack trace: {said}");
    }
    let mut wire = Wire::to(site);
    wire.ask("POST", "/raw/held/half", &["Transfer-Encoding: chunked"]);
    wire.send("zz\r\nno chunk\r\n");
    let said = wire.until_closed();
    assert!(said.starts_with("HTTP/1.1 400"), "{said}");
    assert!(!site.log().contains("mark held half"));

    let mut wire = Wire::to(site);
    let length = format!("Content-Length: {LARGE}");
    wire.ask("POST", "/raw/count", &[&length]);
    let block = vec![b'x'; 1_000_000];
    for _ in 0..LARGE / block.len() {
        assert!(wire.send(&block));
    }
    let counted = wire.answer("POST").expect(200).json();
    assert_eq!(counted["length"], LARGE);
    // Jython has no module `resource`; its JVM's limit is lower than the body.
    if engine == Engine::Cpython {
        let peak = counted["peak"].as_u64().expect("KiB");
        assert!(peak < LARGE as u64 / 1024, "the worker held {peak} KiB");
    }
}

/// What the application leaves unread is never taken for the next request.
fn connections_after_unread_bodies(site: &mut Site) {
    for size in [10, 40_000, 100_000, 3_000_000] {
        let body =
            "GET /raw/held/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(size / 50 + 1);
        for way in ["nothing", "some"] {
            let mut wire = Wire::to(site);
            wire.post(&format!("/raw/read/{way}"), body.as_bytes())
                .expect(200);
            assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
        }
    }
    assert!(!site.log().contains("mark held smuggled"));
}

fn headers_late(site: &mut Site) {
    let mut wire = Wire::to(site);
    let late = wire.get("/raw/late").expect(200);
    assert_eq!(
        (late.header("x-late"), late.text().as_str()),
        ("yes", "late")
    );
    assert_eq!(wire.get("/raw/change").expect(503).text(), "changed");
    // Tomcat closes after a 503, and after a 500.
    let mut wire = Wire::to(site);
    let broken = wire.get("/raw/toolate").expect(200);
    assert!(!broken.is_whole && broken.text() == "begun", "{broken:?}");
    site.wait_for_log("ValueError: too late for a change of mind");
    let mut wire = Wire::to(site);
    assert_eq!(
        wire.get("/raw/write").expect(200).text(),
        "written, then returned"
    );
}

/// Who breaks a rule gets a 500 and a line in the log; the next request is served.
fn broken_rules(site: &mut Site) {
    for (path, words) in [
        ("/raw/twice", "start_response() was called twice"),
        ("/raw/unstarted", "calling start_response()"),
        ("/raw/split", "has a line break or a NUL in it"),
        ("/raw/shorterlist", "3 bytes, Content-Length says 10"),
        ("/raw/status/100", "can't send this status"),
        ("/raw/status/103", "can't send this status"),
        ("/raw/exit", "a view that calls sys.exit"),
    ] {
        let mut wire = Wire::to(site);
        let answer = wire.get(path).expect(500);
        assert!(answer.is_whole, "{path}");
        assert_eq!(answer.header("x-injected"), "");
        assert!(!answer.text().contains("never seen"));
        site.wait_for_log(words);
        let mut wire = Wire::to(site);
        assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
    }
}

/// The first bytes come while the application still works on the others.
fn streams(site: &mut Site) {
    let mut first = Wire::to(site);
    first.ask("GET", "/raw/gated/door", &[]);
    let head = first.head().expect("a head before the body is complete");
    assert_eq!(head.status, 200);
    assert_eq!(head.header("transfer-encoding"), "chunked");
    assert_eq!(first.chunk().expect("a chunk"), b"first\n");
    Wire::to(site).get("/raw/open/door").expect(200);
    assert_eq!(first.chunk().expect("a chunk"), b"second\n");
    assert_eq!(first.chunk().expect("the end"), b"");
}

fn lengths(site: &mut Site) {
    let mut wire = Wire::to(site);
    let longer = wire.get("/raw/longer").expect(200);
    assert_eq!(longer.text(), "12345");
    site.wait_for_log("the application sent more than its Content-Length says");
    // Nothing of the rest is taken for the next answer.
    assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
    let shorter = wire.get("/raw/shorter").expect(200);
    assert!(!shorter.is_whole, "{shorter:?}");
    site.wait_for_log("7 bytes before its Content-Length");
}

fn statuses(site: &mut Site) {
    let mut wire = Wire::to(site);
    for status in [204, 304] {
        let answer = wire.get(&format!("/raw/status/{status}")).expect(status);
        assert_eq!(answer.header("transfer-encoding"), "");
        assert!(["", "0"].contains(&answer.header("content-length")));
        // A body would be the beginning of this one.
        assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
    }
    for status in [200, 299, 404, 418, 599] {
        let answer = wire.get(&format!("/raw/status/{status}")).expect(status);
        assert_eq!(answer.text(), "a body", "no page of the container's");
    }
    wire.ask("HEAD", "/raw/length", &[]);
    let head = wire.answer("HEAD").expect(200);
    assert_eq!(head.header("content-length"), "6");
    wire.ask("HEAD", "/page/t0/", &[]);
    let head = wire.answer("HEAD").expect(200);
    let length = wire.get("/page/t0/").expect(200).body.len();
    assert_eq!(head.header("content-length"), length.to_string());
    wire.ask("HEAD", "/raw/closing/endless", &[]);
    wire.answer("HEAD").expect(200);
    assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
}

fn headers(site: &mut Site) {
    let mut wire = Wire::to(site);
    let cookies = wire.get("/raw/cookies").expect(200);
    let set: Vec<&str> = cookies
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(set, ["a=1", "b=2", "c=3"]);
    let hop = wire.get("/raw/hop").expect(200);
    assert_eq!(hop.header("x-kept"), "1");
    for name in ["upgrade", "keep-alive"] {
        assert_ne!(hop.header(name), "timeout=1");
        assert_ne!(hop.header(name), "x");
    }
    // Had `Connection: close` passed, this would find no connection.
    assert_eq!(wire.get("/raw/heavy/30").expect(200).text(), "heavy");
    let heavy = wire.get("/raw/heavy/500").expect(500);
    // Jetty makes the page itself.
    let words = match site.server().container() {
        Jetty12Ee10 => "Headers too large",
        _ => "headers are larger",
    };
    assert!(heavy.text().contains(words), "{}", heavy.text());
    site.wait_for_log("bytes of headers, which this container does not send");
    assert_eq!(
        Wire::to(site).get("/raw/heavy/30").expect(200).text(),
        "heavy"
    );
}

/// `close()` is called once, whatever became of the iteration.
fn closes(site: &mut Site) {
    let mut wire = Wire::to(site);
    wire.get("/raw/closing/whole").expect(200);
    site.wait_for_log("mark closed whole");
    assert!(!wire.get("/raw/closing/failing").expect(200).is_whole);
    site.wait_for_log("mark closed failing");
    let before = site.log().matches("mark closed endless").count();
    let mut wire = Wire::to(site);
    wire.ask("GET", "/raw/closing/endless", &[]);
    wire.head().expect("a head");
    wire.chunk().expect("a chunk");
    drop(wire);
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(2);
    while site.log().matches("mark closed endless").count() == before {
        assert!(std::time::Instant::now() < deadline, "never closed");
        std::thread::yield_now();
    }
    assert_eq!(site.log().matches("mark closed whole").count(), 1);
    assert_eq!(site.log().matches("mark closed failing").count(), 1);
}

fn files(engine: Engine, site: &mut Site) {
    let mut wire = Wire::to(site);
    wire.ask("GET", "/static/probes/digits.txt", &["Range: bytes=10-15"]);
    let part = wire.answer("GET").expect(206);
    assert_eq!(part.text(), "abcdef");
    assert_eq!(part.header("content-range"), "bytes 10-15/36");
    let file = wire.get("/file/").expect(200);
    // Django 1.11 sends a file without its length.
    if engine == Engine::Cpython {
        assert_eq!(file.header("content-length"), "36");
    }
    assert!(file.text().ends_with("xyz"));
}

/// The standard library's judge sits between the bridge and the application.
#[test]
fn wsgiref_validate_finds_nothing_in_tomcat_9() {
    let mut site = probes(Tomcat9, "/ctx", 1, 2)
        .property("djwar.wsgi", "probes.wsgi:validated")
        .start();
    let mut wire = Wire::to(&mut site);
    let body = vec![b'x'; 100_000];
    for path in [
        "/page/v1/",
        "/stream/v2/10/1000/",
        "/file/",
        "/raw/write",
        "/raw/cookies",
        "/raw/huge/3000000",
    ] {
        let answer = wire.get(path).expect(200);
        assert!(answer.is_whole, "{path}");
    }
    for body in [&body[..0], &body[..10], &body] {
        for path in [
            "/upload/v3/",
            "/raw/read/sevens",
            "/raw/read/readline",
            "/raw/read/readlines",
            "/raw/read/iterate",
            "/raw/count",
        ] {
            let answer = wire.post(path, body);
            assert_eq!(answer.status, 200, "{path}: {}", site.log());
        }
    }
    for path in ["/page/v4/", "/file/", "/stream/v5/3/10/"] {
        wire.ask("HEAD", path, &[]);
        wire.answer("HEAD").expect(200);
    }
    wire.get("/raw/status/404").expect(404);
    // The judge itself is awake: this breaks a rule that the bridge can't see.
    Wire::to(&mut site).get("/raw/status/204").expect(500);
    let log = site.stop();
    let (before, after) = log
        .split_once("GET /ctx/raw/status/204")
        .expect("the broken rule");
    assert!(
        after.contains("AssertionError: Content-Type header found in a 204 response"),
        "{after}"
    );
    for words in ["AssertionError", "without being closed", "Warning"] {
        assert!(!before.contains(words), "{before}");
    }
}

#[test]
fn a_file_over_two_gigabytes_arrives_whole() {
    let mut site: Site = probes(Tomcat10, "/", 1, 1).start();
    let length: u64 = (1 << 31) + 4321;
    let mut wire = Wire::to(&mut site);
    wire.ask("GET", &format!("/raw/huge/{length}"), &[]);
    let head = wire.head().expect("a head");
    assert_eq!(head.header("content-length"), length.to_string());
    assert_eq!(wire.count(length), (length, b"end".to_vec()));
    assert_eq!(wire.get("/raw/length").expect(200).text(), "a body");
    site.stop();
}

#[test]
fn a_full_pool_answers_503_within_its_queue_timeout() {
    if Engine::of_environment().has_no_workers() {
        return;
    }
    let wanted: Wanted = probes(Tomcat10, "/", 1, 1)
        .property("djwar.queue-timeout", "1")
        .property("djwar.request-timeout", "10");
    let mut site = wanted.start();
    let mut holding = Wire::to(&mut site);
    holding.ask("POST", "/raw/held/pool", &["Content-Length: 0"]);
    site.wait_for_log("mark held pool");
    for _ in 0..2 {
        let refused = Wire::to(&mut site).get("/page/q/").expect(503);
        assert_eq!(refused.header("retry-after"), "5");
        assert!(refused.text().contains("All workers are busy"));
    }
    // Its own time was over later than theirs.
    holding.answer("POST").expect(504);
    Wire::to(&mut site).get("/page/q/").expect(200);
    site.stop();
}
