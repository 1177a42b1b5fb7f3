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
