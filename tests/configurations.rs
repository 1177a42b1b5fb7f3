//! Settings that are a class of django-configurations, from the build to the browser.
#![cfg(target_os = "linux")]

mod site;
mod support;

use djwar::deploy::Container::Tomcat10;
use site::served::Wanted;
use support::{FixtureCopy, djwar, run, shell};

/// `minimal` with its settings in classes, and scripts that name one.
fn project() -> FixtureCopy {
    let project = FixtureCopy::of("minimal");
    let settings = project.path().join("mysite/settings.py");
    let text = fs_err::read_to_string(&settings).expect("settings");
    let (_, class) = text.split_once("SECRET_KEY").expect("the first setting");
    let class = format!("    SECRET_KEY{}", class.replace('\n', "\n    "));
    project.write(
        "mysite/settings.py",
        &format!(
            "from pathlib import Path\n\
             from configurations import Configuration, values\n\
             BASE_DIR = Path(__file__).resolve().parent.parent\n\n\
             class Base(Configuration):\n{class}\n    \
             INSTALLED_APPS += ['django.contrib.staticfiles']\n    \
             STATIC_URL = 'static/'\n    ALLOWED_HOSTS = ['*']\n\n\
             class Dev(Base):\n    GREETING = 'for developers'\n\n\
             class Production(Base):\n    DEBUG = False\n    \
             GREETING = values.Value('for everybody')\n"
        ),
    );
    project.write("notes/static/notes/paper.css", "p { color: black }\n");
    project.write(
        "mysite/urls.py",
        "from django.conf import settings\n\
         from django.http import HttpResponse\n\
         from django.urls import path\n\
         urlpatterns = [path('', lambda request: HttpResponse(settings.GREETING))]\n",
    );
    project.write(
        "requirements.txt",
        "Django>=5.2,<5.3\ndjango-configurations==2.5.1\n",
    );
    let names = |class: &str| {
        format!(
            "import os\n\
             os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'mysite.settings')\n\
             os.environ.setdefault('DJANGO_CONFIGURATION', '{class}')\n"
        )
    };
    project.write(
        "manage.py",
        &format!(
            "{}from configurations.management import execute_from_command_line\nimport sys\n\
             execute_from_command_line(sys.argv)\n",
            names("Dev")
        ),
    );
    project.write(
        "mysite/wsgi.py",
        &format!(
            "{}from configurations.wsgi import get_wsgi_application\n\
             application = get_wsgi_application()\n",
            names("Production")
        ),
    );
    project
}

#[test]
fn settings_that_are_a_class_are_collected_checked_managed_and_served() {
    let project = project();
    let war = project.war();

    let (assert, stdout, _) = run(djwar().arg("check").arg(project.path()));
    assert.success();
    assert!(!stdout.contains("does not start"), "{stdout}");

    let code = "from django.conf import settings; print(settings.GREETING)";
    let say = |options: &[&str]| shell(&war, code, options);
    assert!(say(&[]).contains("for everybody"));
    assert!(say(&["--configuration", "Dev"]).contains("for developers"));

    let wanted = || Wanted::war(&war, Tomcat10, "/ctx", ("/", "for "));
    let mut site = wanted().variable("DJANGO_GREETING", "for you").start();
    site.browser.get("/").expect(200).shows("for you");
    site.browser
        .get("/static/notes/paper.css")
        .expect(200)
        .shows("color: black");
    site.stop();
    let mut site = wanted().variable("DJANGO_CONFIGURATION", "Dev").start();
    site.browser.get("/").expect(200).shows("for developers");
    site.stop();
}
