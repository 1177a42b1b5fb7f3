//! What an application is given: the environ, and every way of reading a body.

use djwar::deploy::Container::Jetty12Ee10;

use super::probes::Engine;
use super::served::Site;
use super::wire::Wire;

/// The environ of PEP 3333, with what a client should not be able to put into it.
pub(crate) fn environ(site: &mut Site) {
    // Jetty refuses an encoded percent sign, whatever comes behind it.
    let (encoded, decoded) = match site.server().container() {
        Jetty12Ee10 => ("%C3%A9", "Ã©"),
        _ => ("%25C3%25A9", "%C3%A9"),
    };
    let mut wire = Wire::to(site);
    let port = site.server().port().to_string();
    wire.ask(
        "POST",
        &format!("/raw/environ/a%20b/{encoded}?x=%C3%BC&y=a+b&&"),
        &[
            "X-Twice: one",
            "X-Between: 1",
            "X-Twice: two",
            "Cookie: a=1",
            "Cookie: b=2",
            "X_Spoofed: 1",
            "X-Sp_oofed: 1",
            "Proxy: http://192.0.2.1/",
            "Content-Type: text/x-test",
            "Content-Length: 4",
        ],
    );
    wire.send("body");
    let facts = wire.answer("POST").expect(200).json();
    let context = site.browser.context();
    let texts = &facts["texts"];
    for (key, value) in [
        ("REQUEST_METHOD", "POST"),
        ("SCRIPT_NAME", context),
        // Decoded once: what was encoded twice is still encoded.
        ("PATH_INFO", &format!("/raw/environ/a b/{decoded}")),
        ("QUERY_STRING", "x=%C3%BC&y=a+b&&"),
        ("CONTENT_TYPE", "text/x-test"),
        ("CONTENT_LENGTH", "4"),
        ("SERVER_NAME", "localhost"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("REMOTE_ADDR", "127.0.0.1"),
        ("HTTP_HOST", "localhost"),
        ("HTTP_X_TWICE", "one,two"),
        ("HTTP_COOKIE", "a=1; b=2"),
        ("wsgi.url_scheme", "http"),
    ] {
        assert_eq!(texts[key], value, "{key}");
    }
    // Host had no port: the scheme's. The connection's own is no answer to that.
    assert!(
        texts["SERVER_PORT"] == "80" || texts["SERVER_PORT"].as_str() == Some(port.as_str()),
        "{}",
        texts["SERVER_PORT"]
    );
    for key in [
        "HTTP_CONTENT_TYPE",
        "HTTP_CONTENT_LENGTH",
        "HTTP_X_SPOOFED",
        "HTTP_X_SP_OOFED",
        "HTTP_PROXY",
        "REMOTE_USER",
        "AUTH_TYPE",
        "HTTPS",
    ] {
        assert!(texts.get(key).is_none(), "{key} is {}", texts[key]);
    }
    assert_eq!(facts["is_plain_dict"], true);
    assert_eq!(facts["version"], serde_json::json!([1, 0]));
    assert_eq!(facts["multithread"], true);
    assert_eq!(facts["run_once"], false);
    assert_eq!(facts["input_terminated"], true);
    let others = facts["others"].as_object().expect("an object");
    assert!(
        others.keys().all(|key| key.starts_with("wsgi.")),
        "CGI's variables are native strings: {others:?}"
    );
    for key in ["wsgi.input", "wsgi.errors", "wsgi.file_wrapper"] {
        assert!(others.contains_key(key), "{key}");
    }
    // Bytes that are no UTF-8 and those that are, one character each. Tomcat
    // refuses the former by itself.
    let facts = wire.get("/raw/environ/bytes?%FF").expect(200).json();
    assert_eq!(facts["texts"]["QUERY_STRING"], serde_json::json!(b"%FF"));
    let page = wire.get("/raw/environ/%C3%A9").expect(200).json();
    assert_eq!(page["texts"]["PATH_INFO"], "/raw/environ/Ã©");
}

/// Every way of reading gives what Python's own files give, for bodies that travel
/// with the request and for such that are spooled.
pub(crate) fn bodies(engine: Engine, site: &mut Site) {
    let mut wire = Wire::to(site);
    for size in [0, 1, 10_000, 1_000_000] {
        let line = b"a line of the body\nanother\n\nand one more without an end";
        let body: Vec<u8> = line.iter().copied().cycle().take(size).collect();
        for way in [
            "read",
            "sevens",
            "readline",
            "readline5",
            "readlines",
            "iterate",
        ] {
            if size > 100_000 && way.len() == 6 + 3 {
                continue;
            }
            let pieces = wire.post(&format!("/raw/read/{way}"), &body).expect(200);
            let pieces = texts(&pieces.json());
            assert!(pieces.concat().as_bytes() == body, "{way} of {size}");
            let lines: Vec<&str> = std::str::from_utf8(&body)
                .expect("ASCII")
                .split_inclusive('\n')
                .collect();
            match way {
                "sevens" => assert!(pieces.iter().all(|piece| piece.len() <= 7)),
                "readline5" => assert!(pieces.iter().all(|piece| piece.len() <= 5)),
                "readline" | "readlines" | "iterate" => assert_eq!(pieces, lines, "{way}"),
                _ => {}
            }
        }
        let past = wire.post("/raw/read/past", &body).expect(200).json();
        assert_eq!(
            texts(&past)[1..],
            ["", "", "", ""],
            "past the end of {size}"
        );
        let hint = wire.post("/raw/read/hint", &body).expect(200).json();
        // PEP 3333 leaves it to the server whether it heeds the hint; Jython's reads on.
        let most = if engine == Engine::Cpython {
            1
        } else {
            usize::MAX
        };
        assert!(texts(&hint).len() <= most, "one line is more than the hint");
    }
    // A PEP 3333 application may answer while it reads.
    let body: Vec<u8> = (0..=255).cycle().take(3_000_000).collect();
    let echoed = wire.post("/raw/echo", &body).expect(200);
    assert!(echoed.is_whole && echoed.body == body);
}

pub(crate) fn texts(value: &serde_json::Value) -> Vec<String> {
    let items = value.as_array().expect("a list");
    items
        .iter()
        .map(|item| item.as_str().expect("a text").to_owned())
        .collect()
}
