//! What a visitor must not see, what the log must say, and whose Python it is: the
//! part of the walk that looks behind the pages.

use super::browser::Browser;
use super::served::Site;

/// No spelling reaches what a WAR keeps to itself.
pub(crate) fn hidden_folders(browser: &mut Browser) {
    for path in [
        "/WEB-INF/web.xml",
        "/web-inf/web.xml",
        "/WEB-INF/",
        "/WEB-INF",
        "/WEB-INF;x=1/web.xml",
        "/WEB-INF%2fweb.xml",
        "/%57EB-INF/web.xml",
        "//WEB-INF/web.xml",
        "/./WEB-INF/web.xml",
        "/static/../WEB-INF/web.xml",
        "/static/%2e%2e/WEB-INF/web.xml",
        "/static/..;/WEB-INF/web.xml",
        "/static/..%2fWEB-INF/web.xml",
        "/static/..%5cWEB-INF/web.xml",
        "/WEB-INF/python/app/manage.py",
        "/WEB-INF/python/app/config/settings/production.py",
        "/META-INF/MANIFEST.MF",
        "/META-INF/djwar.json",
    ] {
        let mut page = browser.get(path);
        if matches!(page.response.status, 301 | 302) {
            // Payara's, to the folder or to the root: what is there counts.
            let target = page.location();
            page = browser.get(&target);
        } else {
            let status = page.response.status;
            assert!((400..500).contains(&status), "{path}: {status}");
        }
        page.lacks("<web-app")
            .lacks("DJANGO_SETTINGS_MODULE")
            .lacks("Manifest-Version")
            .lacks("SECRET_KEY");
    }
}

pub(crate) fn errors_and_log(site: &mut Site) {
    site.browser
        .get("/polls/99999/")
        .expect(404)
        .shows("Page not found")
        .shows("It may have been a question that is closed.");
    site.browser
        .get("/diagnostics/error/")
        .expect(500)
        .shows("The error was noted, and we are going to look at it.")
        .lacks("a deliberate error");
    site.wait_for_log("RuntimeError: a deliberate error, to see the error page and the log");
    site.browser
        .get("/diagnostics/log/?mark=W4LK")
        .expect(200)
        .shows("logged");
    for text in [
        "info W4LK",
        "error W4LK",
        "second line of W4LK",
        "printed W4LK",
        "printed to stderr W4LK",
    ] {
        site.wait_for_log(text);
    }
    let log = site.log();
    assert!(!log.contains("debug W4LK"), "{log}");
    // One request, one time each.
    assert_eq!(log.matches("warning W4LK").count(), 1, "{log}");
}

/// The interpreter is the WAR's own: it lies in the container's folders.
pub(crate) fn own_python(site: &mut Site) {
    let facts = site.browser.get("/diagnostics/request/").expect(200).json();
    let base = site.server().base().to_owned();
    for key in ["executable", "prefix", "directory"] {
        let path = facts["process"][key].as_str().expect("a path");
        assert!(path.starts_with(base.as_str()), "{key} is {path}");
    }
    if cfg!(target_os = "linux") {
        let processes = site.server().processes();
        let (java, python) = processes.split_first().expect("the JVM");
        assert!(java.executable.as_str().ends_with("java"), "{java:?}");
        assert!(python.len() >= 2, "a parent and workers: {processes:?}");
        for process in python {
            assert!(process.executable.starts_with(&base), "{process:?}");
        }
    }
}
