//! One walk through the polls site, the same in every container: what a visitor
//! sees (fixtures/polls/WALK.md), and what a container must not change.

use std::fmt::Write as _;

use super::boundaries::{errors_and_log, hidden_folders, own_python};
use super::browser::Browser;
use super::served::{PASSWORD, Site, fixture};

/// Everything, in an order in which no part disturbs another.
pub(crate) fn whole_walk(site: &mut Site) {
    pages(&mut site.browser);
    links_and_static_files(&mut site.browser);
    redirects(&mut site.browser);
    request_facts(&mut site.browser);
    bodies(&mut site.browser);
    vote(&mut site.browser.stranger());
    files(&mut site.browser.stranger());
    admin(&mut site.browser.stranger());
    streams(&mut site.browser);
    translations(&mut site.browser.stranger());
    umlauts(&mut site.browser);
    hidden_folders(&mut site.browser);
    errors_and_log(site);
    own_python(site);
}

fn pages(browser: &mut Browser) {
    let index = browser.get("/polls/").expect(200);
    // Containers write it with and without the space.
    let media_type = index.header("content-type").replace(' ', "");
    assert_eq!(media_type, "text/html;charset=utf-8");
    index
        .shows("Your town asks you")
        .shows("Which sport deserves the new hall&#x27;s first hour?")
        .shows("Page 1 of 3");
    let last = browser.get("/polls/?page=3").expect(200);
    last.shows("Where should the new library stand?")
        .shows("Page 3 of 3")
        .lacks("Which sport deserves");
    browser
        .get("/polls/4/")
        .expect(200)
        .shows("What shall the new bridge be called?")
        .shows("Grüne Brücke")
        .shows("Nothing attached.");
    browser
        .get("/polls/14/")
        .expect(200)
        .shows("Chess &amp; draughts");
    browser
        .get("/polls/board/?page=10")
        .expect(200)
        .shows("Notice 500")
        .shows("Page 10 of 10");
    let head = browser.send("HEAD", "/polls/", &[], None).expect(200);
    assert!(head.response.body.is_empty());
}

/// Every link of three pages stays in the application and leads somewhere; every
/// static file is the fixture's own, with its type.
fn links_and_static_files(browser: &mut Browser) {
    let mut links = Vec::new();
    for page in ["/polls/", "/polls/4/", "/admin/login/"] {
        links.extend(browser.get(page).expect(200).links());
    }
    links.sort();
    links.dedup();
    let (files, pages): (Vec<String>, Vec<String>) = links
        .into_iter()
        .partition(|link| link.starts_with("/static/"));
    assert!(files.len() >= 8, "{files:?}");
    for link in &pages {
        let page = browser.get(link);
        let status = page.response.status;
        // The targets of forms want a POST.
        assert!(matches!(status, 200 | 302 | 405), "{link}: {status}");
    }
    for file in &files {
        let answer = browser.get(file).expect(200);
        let (_, ending) = file.rsplit_once('.').expect("an ending");
        let wanted = match ending {
            "css" => "text/css",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "js" => "javascript",
            "webmanifest" => "manifest+json",
            _ => "",
        };
        let media_type = answer.header("content-type");
        assert!(media_type.contains(wanted), "{file}: {media_type}");
    }
    for (path, source) in [
        ("/static/css/site.css", "static/css/site.css"),
        (
            "/static/polls/images/ballot.png",
            "polls/static/polls/images/ballot.png",
        ),
        (
            "/static/polls/fonts/tally.woff2",
            "polls/static/polls/fonts/tally.woff2",
        ),
    ] {
        let answer = browser.get(path).expect(200);
        let wanted = fs_err::read(fixture("polls").join(source)).expect("fixture");
        assert!(answer.response.body == wanted, "{path} is not {source}");
        assert_eq!(
            answer.header("content-length"),
            wanted.len().to_string(),
            "{path}"
        );
        let modified = answer.header("last-modified").to_owned();
        assert!(!modified.is_empty(), "{path} has no Last-Modified");
        let mut headers = vec![("If-Modified-Since", modified.as_str())];
        let tag = answer.header("etag").to_owned();
        if !tag.is_empty() {
            headers.push(("If-None-Match", tag.as_str()));
        }
        browser.send("GET", path, &headers, None).expect(304);
        // Times are made from the content: a later one is another file's, of an
        // earlier deployment, and no 304 may keep that alive.
        let headers = [("If-Modified-Since", "Fri, 01 Jan 2021 00:00:00 GMT")];
        browser.send("GET", path, &headers, None).expect(200);
        assert_eq!(answer.header("cache-control"), "no-cache", "{path}");
        // RFC 9110 14.2: a range is GET's alone.
        let head = browser.send("HEAD", path, &[("Range", "bytes=2-4")], None);
        assert_eq!(
            head.expect(200).header("content-length"),
            wanted.len().to_string(),
            "{path}"
        );
    }
    let module = browser.get("/static/polls/js/meter.mjs").expect(200);
    assert!(
        module.header("content-type").contains("javascript"),
        "a browser refuses it otherwise"
    );
    // A folder is not listed; Jetty says 403, Tomcat 404.
    let folder = browser.get("/static/css/");
    assert!(
        matches!(folder.response.status, 403 | 404),
        "{}",
        folder.response.status
    );
    folder.lacks("site.css");
    browser.get("/static/css/none.css").expect(404);
}

fn redirects(browser: &mut Browser) {
    if !browser.context().is_empty() {
        let bare = browser.get("");
        assert!(
            matches!(bare.response.status, 301 | 302),
            "{}",
            bare.response.status
        );
        assert_eq!(bare.location(), "/");
    }
    assert_eq!(browser.get("/").expect(302).location(), "/polls/");
    assert_eq!(browser.get("/polls").expect(301).location(), "/polls/");
    let context = browser.context().to_owned();
    let login = format!("/accounts/login/?next={context}/polls/mine/");
    assert_eq!(browser.get("/polls/mine/").expect(302).location(), login);
    let login = format!("/admin/login/?next={context}/admin/");
    assert_eq!(browser.get("/admin/").expect(302).location(), login);
}

/// The WSGI environ, as Django sees it.
fn request_facts(browser: &mut Browser) {
    let path = "/diagnostics/request/a%20b/%C3%A9?x=1&x=%26&y=%C3%BC";
    let headers = [("X-Request-Id", "abc-1"), ("User-Agent", "walk")];
    let facts = browser.send("GET", path, &headers, None).expect(200).json();
    let context = browser.context();
    assert_eq!(facts["script_name"], context);
    assert_eq!(facts["path_info"], "/diagnostics/request/a b/é");
    assert_eq!(
        facts["path"],
        format!("{context}/diagnostics/request/a b/é")
    );
    assert_eq!(facts["query_string"], "x=1&x=%26&y=%C3%BC");
    assert_eq!(facts["query"]["x"], serde_json::json!(["1", "&"]));
    assert_eq!(facts["query"]["y"], serde_json::json!(["ü"]));
    assert_eq!(facts["scheme"], "http");
    assert_eq!(facts["remote_addr"], "127.0.0.1");
    assert_eq!(facts["headers"]["X-Request-Id"], "abc-1");
    assert_eq!(facts["headers"]["User-Agent"], "walk");
    assert_eq!(facts["server_protocol"], "HTTP/1.1");
    // Nobody said that a proxy may be believed.
    let headers = [
        ("X-Forwarded-For", "192.0.2.1"),
        ("X-Forwarded-Proto", "https"),
    ];
    let facts = browser
        .send("GET", "/diagnostics/request/", &headers, None)
        .expect(200)
        .json();
    assert_eq!(facts["remote_addr"], "127.0.0.1");
    assert_eq!(facts["secure"], false);

    let cookies = browser.stranger().get("/diagnostics/cookies/").expect(200);
    let set: Vec<&str> = cookies
        .response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert!(
        set.iter()
            .any(|cookie| cookie.starts_with("flavour=chocolate;")),
        "{set:?}"
    );
    assert!(
        set.iter()
            .any(|cookie| cookie.starts_with("topping=\"nuts and raisins\";")),
        "{set:?}"
    );
}

/// Bodies arrive whole and unchanged: none, small, and larger than one frame,
/// with bytes that are no text.
fn bodies(browser: &mut Browser) {
    for length in [0, 10, 48 * 1024, 48 * 1024 + 1, 3 * 1024 * 1024] {
        let body: Vec<u8> = (0..=255_u8).cycle().take(length).collect();
        let digest = sha256(&body);
        let headers = [("Content-Type", "application/octet-stream")];
        let facts = browser
            .send("POST", "/diagnostics/request/", &headers, Some(body))
            .expect(200)
            .json();
        assert_eq!(facts["method"], "POST");
        assert_eq!(facts["body"]["length"], length);
        assert_eq!(facts["body"]["sha256"], digest);
    }
    let facts = browser
        .send("DELETE", "/diagnostics/request/", &[], None)
        .expect(200)
        .json();
    assert_eq!(facts["method"], "DELETE");
}

fn vote(browser: &mut Browser) {
    browser
        .get("/polls/4/results/")
        .expect(200)
        .shows("366 votes");
    let voted = browser.submit("/polls/4/", "/polls/4/vote/", &[("choice", "11")]);
    assert_eq!(voted.expect(302).location(), "/polls/4/results/");
    browser
        .get("/polls/4/results/")
        .expect(200)
        .shows("Thank you, your vote for “Grüne Brücke” counts.")
        .shows("367 votes");
    browser
        .submit("/polls/5/", "/polls/5/vote/", &[])
        .expect(422)
        .shows("Choose an answer first.");
    let headers = [("Content-Type", "application/x-www-form-urlencoded")];
    browser
        .stranger()
        .send(
            "POST",
            "/polls/4/vote/",
            &headers,
            Some(b"choice=11".to_vec()),
        )
        .expect(403)
        .shows("CSRF verification failed");
}

fn login(browser: &mut Browser, name: &str, password: &str, next: &str) -> super::browser::Page {
    let next = format!("{}{next}", browser.context());
    browser.submit(
        "/accounts/login/",
        "/accounts/login/",
        &[("username", name), ("password", password), ("next", &next)],
    )
}

fn files(browser: &mut Browser) {
    login(browser, "max", "wrong", "/polls/4/")
        .expect(200)
        .shows("Please enter a correct username and password");
    let logged_in = login(browser, "max", PASSWORD, "/polls/4/");
    assert_eq!(logged_in.expect(302).location(), "/polls/4/");
    let content: Vec<u8> = (0..=255_u8).rev().cycle().take(200_000).collect();
    let file = (
        "file",
        "plan für alle.bin",
        "application/octet-stream",
        content.as_slice(),
    );
    let attached = browser.upload(
        "/polls/4/",
        "/polls/4/attach/",
        &[("title", "Bauplan")],
        file,
    );
    assert_eq!(attached.expect(302).location(), "/polls/4/");
    let page = browser
        .get("/polls/4/")
        .expect(200)
        .shows("“Bauplan” was attached.")
        .shows("Hello, max");
    let link = page
        .links()
        .into_iter()
        .find(|link| link.starts_with("/polls/attachments/"))
        .expect("a link to the file");
    let download = browser.get(&link).expect(200);
    assert!(
        download.response.body == content,
        "the file came back changed"
    );
    assert_eq!(download.header("content-length"), content.len().to_string());
    let disposition = download.header("content-disposition");
    assert!(
        disposition.starts_with("attachment; filename*=utf-8''plan"),
        "{disposition}"
    );
    let out = browser.submit("/polls/4/", "/accounts/logout/", &[]);
    assert_eq!(out.expect(302).location(), "/polls/");
    browser.get("/polls/").expect(200).shows("Log in");
}

/// With `djwar.media`: what a visitor uploads is served at `MEDIA_URL`.
pub(crate) fn media(browser: &mut Browser) {
    login(browser, "max", PASSWORD, "/polls/4/").expect(302);
    let file = ("file", "plan.txt", "text/plain", b"0123456789".as_slice());
    let attached = browser.upload("/polls/4/", "/polls/4/attach/", &[("title", "Plan")], file);
    let date = attached.expect(302).header("date").to_owned();
    let year = date.split(' ').nth(3).expect("a year");
    let path = format!("/media/attachments/{year}/plan.txt");
    let whole = browser.get(&path).expect(200).shows("0123456789");
    let modified = whole.header("last-modified").to_owned();
    let condition = [("If-Modified-Since", modified.as_str())];
    browser.send("GET", &path, &condition, None).expect(304);
    let part = browser.send("GET", &path, &[("Range", "bytes=2-4")], None);
    assert_eq!(part.expect(206).response.body, b"234");
    let head = browser.send("HEAD", &path, &[("Range", "bytes=2-4")], None);
    assert_eq!(head.expect(200).header("content-length"), "10");
    browser.get(&format!("{path}/")).expect(404);
    browser.get("/media/attachments/none.txt").expect(404);
    browser.get("/media/../db.sqlite3").expect(404);
}

fn admin(browser: &mut Browser) {
    let logged_in = login(browser, "erika", PASSWORD, "/admin/");
    assert_eq!(logged_in.expect(302).location(), "/admin/");
    let index = browser.get("/admin/").expect(200);
    index.links();
    index.shows("Town Polls administration");
    browser
        .get("/admin/polls/question/")
        .expect(200)
        .shows("15 questions");
    let added = browser.submit(
        "/admin/auth/group/add/",
        "/admin/auth/group/add/",
        &[("name", "Zählkomitee & Co")],
    );
    assert_eq!(added.expect(302).location(), "/admin/auth/group/");
    browser
        .get("/admin/auth/group/")
        .expect(200)
        .shows("Zählkomitee &amp; Co</a>” was added successfully.")
        .shows("1 group");
}

fn streams(browser: &mut Browser) {
    // Each line must come by itself. Whoever collects the response delivers one
    // piece.
    let mut pieces: Vec<String> = Vec::new();
    let ticks = browser.stream(
        "GET",
        "/polls/ticks/?count=3&interval=0.2",
        &[],
        None,
        &mut |piece| pieces.push(String::from_utf8_lossy(piece).into_owned()),
    );
    let ticks = ticks.expect(200).shows("tick 3 of 3");
    assert_eq!(ticks.header("content-length"), "");
    assert!(pieces.len() >= 3, "{pieces:?}");
    assert!(!pieces[0].contains("tick 2"), "{pieces:?}");

    let votes = browser.get("/polls/votes.csv").expect(200);
    let text = votes.response.text();
    assert!(text.starts_with("id,question,answer,voter,cast\r\n"));
    assert!(text.ends_with("\r\n"));
    assert!(text.lines().count() >= 4001, "{}", text.lines().count());
    assert_eq!(
        votes.header("content-disposition"),
        "attachment; filename=\"votes.csv\""
    );
}

fn translations(browser: &mut Browser) {
    browser.language = "de";
    browser
        .get("/polls/")
        .expect(200)
        .shows("<html lang=\"de\">")
        .shows("Ihre Stadt fragt Sie")
        .shows("Seite 1 von 3");
    browser.language = "en";
    let next = format!("{}/polls/", browser.context());
    let fields = [("language", "de"), ("next", next.as_str())];
    let set = browser.submit("/polls/", "/i18n/setlang/", &fields);
    assert_eq!(set.expect(302).location(), "/polls/");
    assert_eq!(browser.cookie("django_language"), Some("de"));
    browser
        .get("/polls/")
        .expect(200)
        .shows("Ihre Stadt fragt Sie");
}

fn umlauts(browser: &mut Browser) {
    let page = browser
        .get("/gr%C3%BC%C3%9Fe/")
        .expect(200)
        .shows("Schöne Grüße, Welt!");
    let link = page
        .links()
        .into_iter()
        .find(|link| link.contains("J%C3%B6rg"))
        .expect("a link to Jörg & Zoë");
    browser
        .get(&link)
        .expect(200)
        .shows("Schöne Grüße, Jörg &amp; Zoë!");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    let mut text = String::new();
    for byte in sha2::Sha256::digest(bytes) {
        write!(text, "{byte:02x}").expect("a String takes it");
    }
    text
}

/// The same WAR again while the container runs: what was written stays, the
/// workers are new ones, and the old ones have gone.
pub(crate) fn redeploy(site: &mut Site) {
    use super::served::Polls;
    vote(&mut site.browser.stranger());
    let before = site.server().processes();
    site.server()
        .redeploy(&Polls::get().war)
        .unwrap_or_else(|error| panic!("{error}"));
    let patience = std::time::Duration::from_mins(2);
    site.server()
        .wait_until("/polls/4/results/", patience, |answer| answer.status == 200)
        .unwrap_or_else(|error| panic!("{error}"));
    site.browser
        .get("/polls/4/results/")
        .expect(200)
        .shows("367 votes");
    let after = site.server().processes();
    assert_eq!(after.first(), before.first(), "the container is the same");
    for process in &before[1..] {
        assert!(!after.contains(process), "{process:?} is still there");
    }
    assert!(after.len() <= before.len(), "{after:?}");
    own_python(site);
}
