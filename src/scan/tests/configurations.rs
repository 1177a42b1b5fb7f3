//! Settings that are a class, named by `DJANGO_CONFIGURATION`.

use super::{Tree, WSGI};
use crate::model::{Project, Setting};
use crate::scan::ScanOptions;

const SETTINGS: &str = "\
from configurations import Configuration, values
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent

class Base(Configuration):
    ROOT_URLCONF = 'site1.urls'
    INSTALLED_APPS = ['django.contrib.staticfiles']
    STATIC_ROOT = HERE / 'collected'
    SECRET_KEY = values.SecretValue()
    DEBUG = values.BooleanValue(True)
    LANGUAGE_CODE = values.Value('en', environ_name='LANGUAGE', environ_prefix='SITE')
    DATABASES = values.DatabaseURLValue('sqlite:///data.db')

    @property
    def STATIC_URL(self):
        return '/s/'

class Logging:
    MEDIA_ROOT = '/srv/media'

class Dev(Base):
    INSTALLED_APPS = Base.INSTALLED_APPS + ['debug_toolbar']

class Production(Logging, Base):
    DEBUG = False
    INSTALLED_APPS = Base.INSTALLED_APPS + ['shop']
";

fn tree(settings: &str, in_wsgi: &str) -> Tree {
    let tree = Tree::new(&[
        ("site1/__init__.py", ""),
        ("site1/settings.py", settings),
        (
            "requirements.txt",
            "django==5\ndjango-configurations==2.5\n",
        ),
    ]);
    let with = |name: &str| match name {
        "" => WSGI.to_owned(),
        name => format!("{WSGI}os.environ.setdefault('DJANGO_CONFIGURATION', '{name}')\n"),
    };
    tree.write("manage.py", with("Dev"));
    tree.write("site1/wsgi.py", with(in_wsgi));
    tree
}

fn problems(project: &Project) -> Vec<String> {
    let codes = ["no-configuration", "settings-opaque", "debug-on"];
    let found = project.problems.iter();
    found
        .filter(|problem| codes.contains(&problem.code))
        .map(|problem| problem.message.clone())
        .collect()
}

#[test]
fn the_class_for_production_is_read_with_all_that_it_inherits() {
    let project = tree(SETTINGS, "Production").scan();
    assert_eq!(
        project.configuration.known().map(String::as_str),
        Some("Production")
    );
    assert_eq!(
        project.installed_apps.known().map(Vec::as_slice),
        Some(&["django.contrib.staticfiles".to_owned(), "shop".to_owned()][..])
    );
    assert_eq!(project.debug.known(), Some(&false));
    let text = |setting: &Setting<String>| setting.known().cloned().unwrap_or_default();
    assert_eq!(text(&project.root_urlconf), "site1.urls");
    assert_eq!(text(&project.static_files.root), "collected");
    assert_eq!(text(&project.media.root), "/srv/media");
    assert!(matches!(project.static_files.url, Setting::Dynamic(_)));
    let data: Vec<&str> = project.data.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(data, ["data.db"]);
    let variables: Vec<(&str, bool)> = project
        .env
        .iter()
        .map(|variable| (variable.name.as_str(), variable.required))
        .collect();
    assert_eq!(
        variables,
        [
            ("DJANGO_SECRET_KEY", true),
            ("DJANGO_DEBUG", false),
            ("SITE_LANGUAGE", false),
            ("DATABASE_URL", false)
        ]
    );
    assert_eq!(problems(&project), [""; 0]);
}

#[test]
fn the_configuration_s_own_name_wins_and_one_that_is_not_there_is_an_error() {
    let tree = tree(SETTINGS, "Production");
    let named = |name: &str| {
        let options = ScanOptions {
            configuration: Some(name.to_owned()),
            ..ScanOptions::default()
        };
        tree.try_scan(&options).expect("a project")
    };
    let apps = named("Dev").installed_apps;
    let apps = apps.known().expect("a list");
    assert_eq!(apps[1], "debug_toolbar");
    assert_eq!(
        problems(&named("Staging"))[0],
        "`DJANGO_CONFIGURATION` is `Staging`, a class that `site1/settings.py` does not hold"
    );
}

#[test]
fn classes_of_which_nothing_names_one_are_a_problem() {
    let tree = tree(SETTINGS, "");
    tree.write("manage.py", WSGI);
    assert_eq!(
        problems(&tree.scan())[0],
        "the settings are classes of django-configurations, and nothing sets `DJANGO_CONFIGURATION`"
    );
}

#[test]
fn a_class_that_inherits_from_itself_or_a_thousand_others_ends() {
    let heirs = (0..1000).map(|number| {
        [
            format!("class B{number}(B{}, A):\n", number - 1),
            format!("    X{number} = {number}\n"),
        ]
    });
    let mut settings = "class A(A):\n    X = 1\n".to_owned();
    settings.extend(heirs.flatten());
    settings.push_str("class Production(B999):\n    ROOT_URLCONF = 'a'\n");
    let project = tree(&settings, "Production").scan();
    assert_eq!(
        project.configuration.known().map(String::as_str),
        Some("Production")
    );
}
