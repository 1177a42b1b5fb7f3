//! `djwar manage` as a developer uses it: what a command writes among the code
//! comes back to the project, and no WAR's copy changes.

mod support;

use camino::{Utf8Path, Utf8PathBuf};
use support::{djwar, run};

/// A project with one model, and settings that want a variable.
fn project() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let project = path.join("town");
    let files = [
        ("requirements.txt", "django>=5.2,<5.3\n"),
        ("djwar.toml", "[build-env]\nTOWN_KEY = \"of the build\"\n"),
        (
            "manage.py",
            "import os, sys\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'town.settings')\n\
             from django.core.management import execute_from_command_line\nexecute_from_command_line(sys.argv)\n",
        ),
        ("town/__init__.py", ""),
        (
            "town/settings.py",
            "import os\nfrom pathlib import Path\nBASE_DIR = Path(__file__).parent.parent\n\
             SECRET_KEY = os.environ['TOWN_KEY']\nALLOWED_HOSTS = ['*']\nROOT_URLCONF = 'town.urls'\n\
             INSTALLED_APPS = ['streets']\nWSGI_APPLICATION = 'town.wsgi.application'\n\
             DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'\n\
             DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}\n",
        ),
        ("town/urls.py", "urlpatterns = []\n"),
        (
            "town/wsgi.py",
            "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
        ),
        ("streets/__init__.py", ""),
        ("streets/migrations/__init__.py", ""),
        (
            "streets/models.py",
            "from django.db import models\n\n\nclass Street(models.Model):\n    name = models.CharField(max_length=80)\n",
        ),
    ];
    for (name, text) in files {
        write(&project.join(name), text);
    }
    (folder, project)
}

fn write(path: &Utf8Path, text: &str) {
    fs_err::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs_err::write(path, text).expect("written");
}

/// Runs `manage` and gives both of its streams.
fn manage(subject: &Utf8Path, options: &[&str], command: &[&str]) -> String {
    let mut whole = djwar();
    whole
        .args(["manage", subject.as_str(), "--env", "TOWN_KEY=k"])
        .args(options)
        .arg("--")
        .args(command);
    let (result, stdout, stderr) = run(&mut whole);
    result.success();
    stdout + &stderr
}

#[test]
fn what_a_command_writes_among_the_code_comes_to_the_project() {
    let (_folder, project) = project();
    let said = manage(&project, &[], &["makemigrations", "streets"]);
    let migration = project.join("streets/migrations/0001_initial.py");
    assert!(
        said.contains("Wrote `streets/migrations/0001_initial.py` in the project"),
        "{said}"
    );
    let text = fs_err::read_to_string(&migration).expect("the migration");
    assert!(text.contains("name='Street'"), "{text}");
    // The next WAR has it, so Django finds nothing to add.
    let said = manage(&project, &[], &["makemigrations", "--check", "--dry-run"]);
    assert!(said.contains("No changes detected"), "{said}");
    manage(&project, &[], &["migrate"]);
    assert!(!project.join("db.sqlite3").exists(), "data lies elsewhere");

    // A changed file comes back too; one that the developer changed meanwhile doesn't.
    let overwrite =
        "import pathlib; pathlib.Path('streets/models.py').write_text('# by the command\\n')";
    let said = manage(&project, &[], &["shell", "-c", overwrite]);
    assert!(said.contains("Wrote `streets/models.py`"), "{said}");
    let models = project.join("streets/models.py");
    assert_eq!(
        fs_err::read_to_string(&models).expect("there"),
        "# by the command\n"
    );
    let meanwhile = format!(
        "import pathlib; pathlib.Path({models:?}).write_text('# by hand\\n'); \
         pathlib.Path('streets/models.py').write_text('# again\\n')"
    );
    let said = manage(&project, &[], &["shell", "-c", &meanwhile]);
    assert!(said.contains("otherwise than the WAR"), "{said}");
    assert_eq!(
        fs_err::read_to_string(&models).expect("there"),
        "# by hand\n"
    );
    let aside = project.join(".djwar/data/written-by-manage/streets/models.py");
    assert_eq!(fs_err::read_to_string(aside).expect("kept"), "# again\n");
}

#[test]
fn a_war_stays_as_it_is_and_what_was_written_is_kept() {
    let (_folder, project) = project();
    let mut build = djwar();
    build.args(["build", project.as_str()]);
    run(&mut build).0.success();
    let war = project.join("dist/town.war");
    let data = project.with_file_name("data");
    let options = ["--data-dir", data.as_str()];
    for _ in 0..2 {
        // Twice the same: the first command left no migration in the WAR's copy.
        let said = manage(&war, &options, &["makemigrations", "streets"]);
        assert!(said.contains("Create model Street"), "{said}");
        assert!(said.contains("a WAR doesn't change"), "{said}");
    }
    let kept = data.join("written-by-manage/streets/migrations/0001_initial.py");
    assert!(kept.is_file());
    assert!(!project.join("streets/migrations/0001_initial.py").exists());
    let remove = "import os; os.remove('streets/models.py')";
    let said = manage(&war, &options, &["shell", "-c", remove]);
    assert!(
        said.contains("removed `streets/models.py` from its copy"),
        "{said}"
    );
    let said = manage(&war, &options, &["makemigrations", "--dry-run", "streets"]);
    assert!(said.contains("Create model Street"), "{said}");
}

#[test]
fn a_variable_that_the_settings_need_is_named_beside_the_traceback() {
    let (_folder, project) = project();
    let mut command = djwar();
    command
        .args(["manage", project.as_str(), "--", "migrate"])
        .env_remove("TOWN_KEY");
    let (result, stdout, stderr) = run(&mut command);
    result.failure();
    assert!(
        stderr.contains("town/settings.py:4") && stderr.contains("--env TOWN_KEY=…"),
        "{stdout}{stderr}"
    );
}

/// Python for `shell -c`: writes a migration among the code of the copy, then what
/// `then` says.
fn writing(name: &str, then: &str) -> String {
    format!(
        "import os, pathlib, shutil, time\n\
         pathlib.Path('streets/migrations/{name}').write_text('# {name}\\n')\n{then}"
    )
}

/// Whether the command that runs now finds a file of that name among the code.
fn finds(subject: &Utf8Path, name: &str) -> (bool, String) {
    let look = format!("import os; print('found', os.path.exists('streets/migrations/{name}'))");
    let said = manage(subject, &[], &["shell", "-c", &look]);
    (said.contains("found True"), said)
}

#[test]
fn what_the_project_refuses_is_kept_aside_and_fails_the_command() {
    let (_folder, project) = project();
    // A file where the folder was: it takes nothing from root either.
    let migrations = project.join("streets/migrations");
    let spoil = format!("shutil.rmtree({migrations:?}); pathlib.Path({migrations:?}).touch()");
    let mut whole = djwar();
    whole.args(["manage", project.as_str(), "--env", "TOWN_KEY=k", "--"]);
    whole.args(["shell", "-c", &writing("0001_lost.py", &spoil)]);
    let (result, stdout, stderr) = run(&mut whole);
    result.code(3);
    let aside = project.join(".djwar/data/written-by-manage/streets/migrations/0001_lost.py");
    assert_eq!(
        fs_err::read_to_string(&aside).expect("kept"),
        "# 0001_lost.py\n"
    );
    assert!(stderr.contains(aside.as_str()), "{stdout}{stderr}");
    fs_err::remove_file(&migrations).expect("removed");
    write(&migrations.join("__init__.py"), "");
    let (is_there, said) = finds(&project, "0001_lost.py");
    assert!(!is_there, "{said}");
}

#[test]
fn what_nobody_takes_waits_in_the_cache_for_the_next_command() {
    let (_folder, project) = project();
    let migrations = project.join("streets/migrations");
    let aside = project.join(".djwar/data/written-by-manage");
    let spoil = format!(
        "shutil.rmtree({migrations:?}); pathlib.Path({migrations:?}).touch(); \
         pathlib.Path({aside:?}).touch()"
    );
    let command = |text: &str| {
        let mut whole = djwar();
        whole.args(["manage", project.as_str(), "--env", "TOWN_KEY=k", "--"]);
        whole.args(["shell", "-c", text]);
        let (result, stdout, stderr) = run(&mut whole);
        result.code(3);
        assert!(stderr.contains("in the cache still"), "{stdout}{stderr}");
        stdout + &stderr
    };
    command(&writing("0001_kept.py", &spoil));
    let said = command("print('it ran')");
    assert!(!said.contains("it ran"), "{said}");
    fs_err::remove_file(&aside).expect("removed");
    fs_err::remove_file(&migrations).expect("removed");
    write(&migrations.join("__init__.py"), "");
    // Brought to the project, so that this command's WAR has it.
    let (is_there, said) = finds(&project, "0001_kept.py");
    assert!(is_there && said.contains("cut off"), "{said}");
    assert!(migrations.join("0001_kept.py").is_file(), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_command_that_outlives_djwar_still_brings_its_files_to_the_project() {
    let (folder, project) = project();
    let place = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let (begun, go_on, pid) = (place.join("begun"), place.join("go-on"), place.join("pid"));
    let wait = format!(
        "pathlib.Path({pid:?}).write_text(str(os.getpid())); pathlib.Path({begun:?}).touch()\n\
         for _ in range(2400):\n    if os.path.exists({go_on:?}): break\n    time.sleep(0.05)\n\
         pathlib.Path('streets/migrations/0002_late.py').write_text('# late\\n')"
    );
    let mut whole = djwar();
    whole.args(["manage", project.as_str(), "--env", "TOWN_KEY=k", "--"]);
    whole.args(["shell", "-c", &writing("0001_early.py", &wait)]);
    let mut killed = whole.spawn().expect("started");
    wait_until("the command begins", || begun.exists());
    killed.kill().expect("killed");
    killed.wait().expect("ended");

    // It is at work still: this command has a copy of its own.
    let (is_there, said) = finds(&project, "0001_early.py");
    assert!(!is_there && !said.contains("cut off"), "{said}");
    write(&go_on, "");
    let process = fs_err::read_to_string(&pid).expect("written");
    // Also of one that nobody has waited for yet.
    let running = Utf8Path::new("/proc").join(&process).join("exe");
    wait_until("the command ends", || fs_err::read_link(&running).is_err());
    let (is_there, said) = finds(&project, "0002_late.py");
    assert!(is_there && said.contains("cut off"), "{said}");
    for name in ["0001_early.py", "0002_late.py"] {
        assert!(said.contains(&format!("Wrote `streets/migrations/{name}`")));
        assert!(project.join("streets/migrations").join(name).is_file());
    }
    assert!(!finds(&project, "0001_early.py").1.contains("cut off"));
}

#[test]
fn two_commands_at_once_each_bring_out_their_own() {
    let (folder, project) = project();
    let place = Utf8Path::from_path(folder.path()).expect("UTF-8");
    let command = |mine: &str, other: &str| {
        let (mine_begun, other_begun) = (place.join(mine), place.join(other));
        let meet = format!(
            "pathlib.Path({mine_begun:?}).touch()\n\
             for _ in range(2400):\n    if os.path.exists({other_begun:?}): break\n    time.sleep(0.05)\n\
             print('sees', sorted(os.listdir('streets/migrations')))"
        );
        manage(
            &project,
            &[],
            &["shell", "-c", &writing(&format!("{mine}.py"), &meet)],
        )
    };
    // The WAR and its packages, so that both don't resolve them.
    manage(&project, &[], &["check"]);
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| command("0001_one", "0001_two"));
        let second = scope.spawn(|| command("0001_two", "0001_one"));
        (first.join().expect("one"), second.join().expect("two"))
    });
    for (said, mine, other) in [
        (first, "0001_one.py", "0001_two.py"),
        (second, "0001_two.py", "0001_one.py"),
    ] {
        let wrote = format!("Wrote `streets/migrations/{mine}` in the project");
        assert!(said.contains(&wrote), "{said}");
        assert!(
            !said.contains(&format!("Wrote `streets/migrations/{other}`")),
            "{said}"
        );
        assert!(project.join("streets/migrations").join(mine).is_file());
    }
}

#[test]
fn a_broken_copy_in_the_cache_is_made_again() {
    let (folder, project) = project();
    let cache = Utf8Path::from_path(folder.path())
        .expect("UTF-8")
        .join("cache");
    let mut build = djwar();
    build.args(["build", project.as_str()]);
    run(&mut build).0.success();
    let war = project.join("dist/town.war");
    let check = || {
        let mut command = djwar();
        command.env("DJWAR_CACHE_DIR", &cache);
        command.args(["manage", war.as_str(), "--env", "TOWN_KEY=k", "--data-dir"]);
        command.args([project.with_file_name("data").as_str(), "--", "check"]);
        run(&mut command).0.success();
    };
    check();
    // As a cleaner of caches, or a full disk, leaves it.
    for entry in walkdir::WalkDir::new(&cache) {
        let entry = entry.expect("readable");
        if entry.file_type().is_file() && entry.path().ends_with("bin/python3.13") {
            fs_err::write(entry.path(), "").expect("cut");
        }
    }
    check();
}

#[test]
fn a_migration_of_a_package_is_said_and_no_later_command_has_it() {
    let (_folder, project) = project();
    let path = project.join("town/settings.py");
    let settings = fs_err::read_to_string(&path).expect("there");
    write(
        &path,
        &settings.replace(
            "['streets']",
            "['streets', 'django.contrib.contenttypes', 'django.contrib.sites']",
        ),
    );
    let said = manage(&project, &[], &["makemigrations", "sites", "--empty"]);
    assert!(said.contains("among the installed packages"), "{said}");
    let said = manage(&project, &[], &["showmigrations", "sites"]);
    assert!(!said.contains("0003_"), "{said}");
    let kept = project.join(".djwar/data/written-by-manage/lib/django/contrib/sites/migrations");
    assert_eq!(kept.read_dir_utf8().expect("kept").count(), 1);
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let limit = std::time::Instant::now() + std::time::Duration::from_mins(2);
    while !is_so() {
        assert!(std::time::Instant::now() < limit, "{what}: not in time");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_project_stays_one_and_what_it_leads_to_changes() {
    let (_folder, project) = project();
    write(&project.join("shared/words.py"), "WORD = 1\n");
    let link = project.join("streets/words.py");
    fs_err::os::unix::fs::symlink("../shared/words.py", &link).expect("linked");
    let change = "open('streets/words.py', 'w').write('WORD = 2\\n')";
    let said = manage(&project, &[], &["shell", "-c", change]);
    assert!(link.is_symlink(), "{said}");
    let shared = fs_err::read_to_string(project.join("shared/words.py"));
    assert_eq!(shared.expect("there"), "WORD = 2\n", "{said}");
}
