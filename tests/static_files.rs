//! Static files of all kinds, from the settings to the browser, and the commands of
//! `before` that make some of them.
#![cfg(target_os = "linux")]

mod site;
mod support;

use djwar::deploy::Container::Tomcat10;
use site::served::Wanted;
use support::{FixtureCopy, djwar, run, shell};

/// The paths that `djwar plan` lists for the project, and what it said.
fn planned(project: &FixtureCopy) -> (Vec<String>, String) {
    let (assert, stdout, stderr) = run(djwar()
        .args(["plan", "--json"])
        .arg(project.path())
        .env("SECRET_KEY", "x"));
    assert.success();
    let listing: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let entries = listing["entries"].as_array().expect("a list");
    let paths = entries.iter().map(|entry| {
        let path = entry["path"].as_str().expect("a path");
        path.to_owned()
    });
    (paths.collect(), stderr)
}

fn static_paths(paths: &[String]) -> Vec<&str> {
    paths
        .iter()
        .map(String::as_str)
        .filter(|path| !path.starts_with("WEB-INF/") || path.starts_with("WEB-INF/python/static/"))
        .filter(|path| !path.starts_with("META-INF/"))
        .collect()
}

/// `minimal` with one static file and these lines at the end of its settings.
fn minimal(lines: &str) -> FixtureCopy {
    let project = FixtureCopy::of("minimal");
    project.write("notes/static/notes/paper.css", "p { color: black }\n");
    let settings = project.path().join("mysite/settings.py");
    let text = fs_err::read_to_string(&settings).expect("settings");
    fs_err::write(
        &settings,
        format!("{text}\nINSTALLED_APPS += [\"django.contrib.staticfiles\"]\n{lines}\n"),
    )
    .expect("written");
    project
}

const MANIFEST: &str = "STORAGES = {'staticfiles': {'BACKEND': \
     'django.contrib.staticfiles.storage.ManifestStaticFilesStorage'}}";

#[test]
fn the_url_says_where_static_files_go_and_a_cdn_gets_none() {
    for (lines, expected) in [
        ("STATIC_URL = '/assets/'", vec!["assets/notes/paper.css"]),
        ("STATIC_URL = 'assets/'", vec!["assets/notes/paper.css"]),
        ("STATIC_URL = 'https://cdn.example/assets/'", vec![]),
        (
            // Pages name the files by their digests wherever they are served.
            &format!("STATIC_URL = 'https://cdn.example/assets/'\n{MANIFEST}"),
            vec!["WEB-INF/python/static/staticfiles.json"],
        ),
    ] {
        let (paths, said) = planned(&minimal(lines));
        assert_eq!(static_paths(&paths), expected, "{lines}\n{said}");
        if lines.contains("cdn") {
            assert!(said.contains("`STATIC_URL` is `https://cdn."), "{said}");
        }
    }
}

#[test]
fn a_static_url_of_the_whole_site_is_refused_with_its_line() {
    let project = minimal("STATIC_URL = '/'");
    let (assert, stdout, stderr) = run(djwar().arg("plan").arg(project.path()));
    assert.code(1).stdout("");
    assert!(
        stderr.contains("`STATIC_URL` is `/` (`mysite/settings.py:"),
        "{stderr}"
    );
    assert!(
        stderr.contains("every page would be a static file"),
        "{stderr}"
    );
    assert_eq!(stdout, "");
}

#[test]
fn requirements_that_bring_no_django_stop_the_build() {
    let project = minimal("STATIC_URL = 'static/'");
    project.write("requirements.txt", "sqlparse==0.5.3\n");
    let (assert, _, stderr) = run(djwar().arg("plan").arg(project.path()));
    assert.code(1);
    assert!(
        stderr.contains(
            "error: Django is not among the packages that the project's requirements bring"
        ),
        "{stderr}"
    );
}

#[test]
fn a_database_driver_that_nothing_brings_is_named() {
    let project = minimal(
        "STATIC_URL = 'static/'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql', 'NAME': 'a'}}",
    );
    let (assert, _, stderr) = run(djwar().arg("plan").arg(project.path()));
    assert.code(1);
    assert!(
        stderr.contains("error: the static files could not be collected: ImproperlyConfigured: Error loading psycopg2 or psycopg module"),
        "{stderr}"
    );
    assert!(
        stderr.contains("add `psycopg[binary]` to the requirements"),
        "{stderr}"
    );
}

#[test]
fn a_command_of_before_that_fails_is_named() {
    let project = minimal("STATIC_URL = 'static/'");
    project.write("djwar.toml", "before = [[\"shear\", \"sheep\"]]\n");
    let (assert, _, stderr) = run(djwar().arg("plan").arg(project.path()));
    assert.code(1);
    assert!(
        stderr.contains(
            "error: `manage.py shear sheep` failed: CommandError: Unknown command: 'shear'"
        ),
        "{stderr}"
    );
    assert!(stderr.contains("`before` of `djwar.toml`"), "{stderr}");
}

#[test]
fn what_commands_make_is_packed_but_for_logs_and_the_project_is_left_alone() {
    let project = FixtureCopy::of("compressed");
    // What the cache knows already is not run again, and not said.
    let place = project.path().to_string();
    project.write("new.txt", &place);
    let before = project.listing();
    let (paths, said) = planned(&project);
    let has = |path: &str| paths.iter().any(|known| known == path);
    assert!(
        has("WEB-INF/python/app/apps/candles/templates/candles/prices.html"),
        "{said}"
    );
    assert!(
        has("static/candles/prices.txt"),
        "collected after it was made"
    );
    assert!(!has("WEB-INF/python/app/draw.log"));
    assert!(has("WEB-INF/python/static/CACHE/manifest.json"));
    let place = |words: &str| {
        said.find(words)
            .unwrap_or_else(|| panic!("{words}: {said}"))
    };
    assert!(place("`manage.py draw_price_list`") < place("Collecting static files"));
    assert!(place("Collecting static files") < place("`manage.py compress`"));
    assert_eq!(project.listing(), before);
}

/// A front end whose build writes into `STATIC_ROOT`, beside what an earlier
/// collectstatic left there.
fn built_into_static_root(lines: &str) -> FixtureCopy {
    let project = minimal(&format!(
        "STATIC_URL = 'static/'\nSTATIC_ROOT = BASE_DIR / 'collected'\n{lines}"
    ));
    project.write(
        "collected/vite/.vite/manifest.json",
        "{\"main\": \"main-Cv1.js\"}",
    );
    project.write("collected/vite/main-Cv1.js", "go()");
    project.write("collected/vite/.env", "KEY=1");
    // Newer than the source, which collectstatic would take for the same.
    project.write("collected/notes/paper.css", "p { color: stale }\n");
    project.write("collected/notes/old.css", "stale");
    project
}

const FRONT_END: [&str; 2] = ["static/vite/.vite/manifest.json", "static/vite/main-Cv1.js"];

#[test]
fn what_was_built_into_static_root_is_served_and_what_was_collected_once_is_not() {
    let with = |more: &[&'static str]| {
        let mut all = [&["static/notes/paper.css"], &FRONT_END[..], more].concat();
        all.sort_unstable();
        all
    };
    let (paths, said) = planned(&built_into_static_root(""));
    let mut found = static_paths(&paths);
    found.sort_unstable();
    assert_eq!(found, with(&[]), "{said}");
    assert!(
        said.contains(
            "Keeping 2 files of `STATIC_ROOT` that collectstatic does not bring, such as `vite/.vite/manifest.json`"
        ),
        "{said}"
    );

    // A manifest says which files an earlier collectstatic brought: what else lies
    // in their folders was built.
    let project = built_into_static_root("");
    project.write(
        "collected/staticfiles.json",
        "{\"paths\": {\"notes/old.css\": \"notes/old.0123456789ab.css\"}}",
    );
    project.write("collected/notes/old.0123456789ab.css", "stale");
    project.write("collected/notes/old.css.gz", "stale");
    project.write("collected/notes/bundle.js", "go()");
    let (paths, said) = planned(&project);
    let mut found = static_paths(&paths);
    found.sort_unstable();
    assert_eq!(found, with(&["static/notes/bundle.js"]), "{said}");

    let project = built_into_static_root("");
    project.write("djwar.toml", "exclude = [\"collected/vite\"]\n");
    let (paths, _) = planned(&project);
    assert_eq!(static_paths(&paths), ["static/notes/paper.css"]);
}

#[test]
fn the_running_project_finds_at_static_root_what_was_collected() {
    let project =
        built_into_static_root(&format!("{MANIFEST}\nDEBUG = False\nALLOWED_HOSTS = ['*']"));
    project.write(
        "mysite/urls.py",
        "import json\n\
         from pathlib import Path\n\
         from django.conf import settings\n\
         from django.http import HttpResponse\n\
         from django.templatetags.static import static\n\
         from django.urls import path\n\
         ROOT = settings.STATIC_ROOT\n\
         assert isinstance(ROOT, Path)\n\
         BUILT = json.loads((ROOT / 'vite/.vite/manifest.json').read_text())\n\
         def index(request):\n\
         \x20   sheet = (ROOT / 'notes/paper.css').read_text()\n\
         \x20   return HttpResponse(f'{BUILT[\"main\"]} {sheet} {static(\"notes/paper.css\")}')\n\
         urlpatterns = [path('', index)]\n",
    );
    let war = project.war();
    let site = || Wanted::war(&war, Tomcat10, "/ctx", ("/", "main-Cv1.js"));
    for wanted in [site(), site().packed()] {
        let mut site = wanted.start();
        site.browser
            .get("/")
            .expect(200)
            .shows("p { color: black }")
            .shows("/ctx/static/notes/paper.5c0bf05f385e.css");
        site.browser
            .get("/static/vite/main-Cv1.js")
            .expect(200)
            .shows("go()");
        site.stop();
    }
    let code = "from mysite import urls; print(urls.index(None).content.decode())";
    let stdout = shell(&war, code, &["--no-imports"]);
    assert!(stdout.contains("p { color: black }"), "{stdout}");
}

#[test]
fn pages_of_whitenoise_and_django_compressor_find_their_files_below_a_context() {
    let project = FixtureCopy::of("compressed");
    let war = project.war();
    let mut site = Wanted::war(&war, Tomcat10, "/ctx", ("/", "dipped by hand"))
        .variable("SECRET_KEY", "x")
        .start();
    let page = site.browser.get("/").expect(200).shows("tall: 7 crowns");
    let sheet = page.after("<link rel=\"stylesheet\" href=\"/ctx");
    let sheet = sheet.split('"').next().expect("an address");
    assert!(sheet.starts_with("/static/CACHE/css/output."), "{sheet}");
    // Both sheets are in it, and its picture lies where it says.
    let css = site.browser.get(sheet).expect(200).shows("h1{");
    let picture = css.after("url(");
    let picture = picture.split(')').next().expect("an address");
    let picture = picture.trim_matches(['"', '\'']);
    let picture = picture.trim_start_matches("../../");
    site.browser
        .get(&format!("/static/{picture}"))
        .expect(200)
        .shows("<svg");
    site.stop();
}
