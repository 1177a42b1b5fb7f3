//! Paths that a stranger may try.

/// Every way in which `WEB-INF`, `META-INF` or the project might be spelled.
pub(crate) fn spellings() -> Vec<String> {
    let mut all = Vec::new();
    for folder in [
        "WEB-INF",
        "web-inf",
        "Web-Inf",
        "WEB-INF.",
        "WEB-INF..",
        "WEB-INF%20",
        "WEB-INF%00",
        "%57EB-INF",
        "%2557EB-INF",
        "WEB%2dINF",
        "WEB-INF;x=1",
        "WEB-INF;",
        "WEB-INF::$INDEX_ALLOCATION",
        "WEB-IN~1",
    ] {
        for file in [
            "web.xml",
            "web.xml.",
            "python/app/probes/settings.py",
            "python/app/probes/settings.pyc",
            "python/app/manage.py",
            "python/handler/djwar_handler/worker.py",
        ] {
            all.push(format!("/{folder}/{file}"));
            all.push(format!("/static/../{folder}/{file}"));
        }
    }
    for way in [
        "/",
        "//",
        "/./",
        "/.//",
        "/%2e/",
        "/;/",
        "/;x=1/",
        "/x/../",
        "/x/%2e%2e/",
        "/x/.%2e/",
        "/x/..;/",
        "/x/..;x=1/",
        "/x/..%2f",
        "/x/%2e%2e%2f",
        "/x/..%5c",
        "/x/..\\",
        "/%252e/",
        "/x/%252e%252e/",
        "/x/%c0%ae%c0%ae/",
        "/x/..%c0%af",
        "/x/%u002e%u002e/",
        "/static/%2e%2e/",
        "/static/..;/",
        "/static/..%2f",
        "/static/..%252f",
        "/static/probes/..;/../",
        "/static;/../",
        "/static/..%00/",
    ] {
        for file in [
            "WEB-INF/web.xml",
            "WEB-INF%2fweb.xml",
            "WEB-INF%252fweb.xml",
            "WEB-INF%5cweb.xml",
            "META-INF/djwar.json",
            "META-INF/MANIFEST.MF",
            "WEB-INF/python/app/probes/settings.py",
        ] {
            all.push(format!("{way}{file}"));
        }
    }
    // Out of the folder of static files, and out of the WAR.
    for way in ["/static/", "/static/probes/", "/static//"] {
        for step in [
            "../",
            "%2e%2e/",
            "..%2f",
            "..;/",
            "..%5c",
            "%252e%252e%252f",
        ] {
            all.push(format!("{way}{}etc/passwd", step.repeat(12)));
            all.push(format!("{way}{}conf/server.xml", step.repeat(4)));
        }
        all.push(format!("{way}/etc/passwd"));
        all.push(format!("{way}file:///etc/passwd"));
    }
    all
}
