//! `fixtures/hydrant` on Jython with PostgreSQL behind a `DataSource` of the
//! container's: pools of Tomcat's, drivers of the WAR and of the container, and
//! a name that nothing is bound to.
#![cfg(target_os = "linux")]

mod site;

use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};
use djwar::deploy::Container::Tomcat10;
use site::hydrant::{self, SIGN};
use site::postgres::Postgres;
use site::served::{PASSWORD, Wanted, copy_folder, djwar, fixture, own_folder};

/// As `DATABASES` of a project that knows nothing of pools.
const SETTINGS: &str = "
DATABASES = {'default': {
    'ENGINE': os.environ.get('DB_ENGINE', 'django.db.backends.postgresql'),
    'HOST': os.environ.get('PGHOST', 'nowhere.invalid'), 'PORT': os.environ.get('PGPORT', ''),
    'USER': os.environ.get('PGUSER', ''), 'PASSWORD': os.environ.get('PGPASSWORD', ''),
    'NAME': os.environ.get('PGDATABASE', 'none'),
}}
";

/// How many connections the pool may have.
const POOL: usize = 3;

/// The project as a WAR.
struct Wars {
    war: Utf8PathBuf,
    /// PostgreSQL's driver, as the WAR has it.
    driver: Utf8PathBuf,
}

impl Wars {
    fn get() -> &'static Self {
        static WARS: OnceLock<Wars> = OnceLock::new();
        WARS.get_or_init(|| {
            let folder = own_folder("hydrant");
            let project = folder.join("hydrant");
            copy_folder(&fixture("hydrant"), &project);
            let settings = project.join("hydrant/settings.py");
            let text = fs_err::read_to_string(&settings).expect("text");
            fs_err::write(&settings, text + SETTINGS).expect("written");
            fs_err::write(
                project.join("djwar.toml"),
                "[runtime]\n\"datasource.default\" = \"java:comp/env/jdbc/app\"\n",
            )
            .expect("written");
            let war = folder.join("hydrant.war");
            let exploded = folder.join("exploded");
            djwar(&["build", project.as_str(), "-o", war.as_str()], &[]);
            djwar(
                &["build", project.as_str(), "--exploded", exploded.as_str()],
                &[],
            );
            let jars = exploded.join("WEB-INF/lib").read_dir_utf8();
            let driver = jars
                .expect("jars")
                .map(|entry| entry.expect("readable").into_path())
                .find(|path| {
                    path.file_name()
                        .is_some_and(|name| name.starts_with("postgresql"))
                });
            Self {
                war,
                driver: driver.expect("PostgreSQL's driver"),
            }
        })
    }
}

/// A seeded database, filled as an administrator would: outside of the container
/// there is no pool, so that the commands get the address itself.
fn seeded() -> Option<Postgres> {
    let postgres = Postgres::start()?;
    let data = tempfile::tempdir().expect("temp dir");
    let data = Utf8Path::from_path(data.path()).expect("UTF-8");
    let manage = |arguments: &[&str]| {
        let war = Wars::get().war.as_str();
        let environment = postgres.variables();
        let environment: Vec<_> = environment
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        djwar(
            &[
                &["manage", war, "--data-dir", data.as_str(), "--"],
                arguments,
            ]
            .concat(),
            &environment,
        );
    };
    manage(&["migrate", "--verbosity", "0"]);
    manage(&["seed_feeds", "--password", PASSWORD]);
    Some(postgres)
}

/// Tomcat's descriptor of the application, as its operator writes it.
fn context_xml(postgres: &Postgres, more: &str) -> String {
    let variables = postgres.variables();
    let value = |name: &str| {
        let (_, value) = variables
            .iter()
            .find(|(each, _)| *each == name)
            .expect(name);
        value.clone()
    };
    format!(
        "<Context><Resource name=\"jdbc/app\" type=\"javax.sql.DataSource\" auth=\"Container\" \
         driverClassName=\"org.postgresql.Driver\" url=\"jdbc:postgresql://{}:{}/{}\" \
         username=\"{}\" password=\"{}\" {more}/></Context>",
        value("PGHOST"),
        value("PGPORT"),
        value("PGDATABASE"),
        value("PGUSER"),
        value("PGPASSWORD"),
    )
}

#[test]
fn pages_and_the_admin_work_over_the_containers_own_pool() {
    let Some(postgres) = seeded() else { return };
    let pool = format!("maxTotal=\"{POOL}\"");
    let mut site = Wanted::war(&Wars::get().war, Tomcat10, "/ctx", SIGN)
        .file(
            "conf/Catalina/localhost/ctx.xml",
            context_xml(&postgres, &pool),
        )
        .start();
    hydrant::pages(&mut site);
    hydrant::admin(&mut site);
    let sessions = postgres.sessions();
    assert!((1..=POOL).contains(&sessions.len()), "{sessions:?}");
    // Connections that broke are not handed out for ever.
    postgres.terminate(&sessions);
    for _ in 0..=POOL {
        site.browser.get("/feeds/");
    }
    site.browser.get("/feeds/").expect(200).shows("weight 0.75");
    let sessions = postgres.sessions();
    let log = site.stop();
    postgres.wait_until_ended(&sessions);
    // The pool made the WAR's driver, which registers with the JVM by itself.
    assert!(!log.contains("memory leak"), "{log}");
}

#[test]
fn a_pool_with_a_driver_of_the_containers_own_works_beside_the_wars() {
    let Some(postgres) = seeded() else { return };
    let pool = "factory=\"org.apache.tomcat.jdbc.pool.DataSourceFactory\" maxActive=\"3\" initialSize=\"1\"";
    let driver = fs_err::read(&Wars::get().driver).expect("a jar");
    let global = context_xml(&postgres, pool);
    let mut site = Wanted::war(&Wars::get().war, Tomcat10, "/", SIGN)
        .file("lib/postgresql.jar", driver)
        // Of all applications: made by the container, with its own class loader.
        .file("conf/context.xml", global)
        .start();
    hydrant::pages(&mut site);
    let sessions = postgres.sessions();
    assert!((1..=POOL).contains(&sessions.len()), "{sessions:?}");
    site.stop();
}

#[test]
fn a_name_that_is_not_bound_is_said_at_the_start_and_by_the_pages_that_need_it() {
    let mut site = Wanted::war(&Wars::get().war, Tomcat10, "/", SIGN)
        .property("djwar.datasource.default", "java:comp/env/jdbc/typo")
        .start();
    let said = "no DataSource is bound to `java:comp/env/jdbc/typo`";
    let log = site.log();
    let line = log
        .lines()
        .find(|line| line.contains(said))
        .unwrap_or_else(|| panic!("{log}"));
    assert!(
        line.contains("<Resource> of Tomcat's context.xml"),
        "{line}"
    );
    assert!(
        line.contains("correct `djwar.datasource.default`"),
        "{line}"
    );
    site.browser.get("/feeds/").expect(500).lacks("jdbc/typo");
    site.wait_for_log(&format!("OperationalError: {said}"));
    site.stop();
}

#[test]
fn a_driver_that_is_not_in_the_war_is_named_with_its_coordinates() {
    // The settings read the engine from the environment, so that the build packed the
    // drivers of SQLite and PostgreSQL.
    let mut site = Wanted::war(&Wars::get().war, Tomcat10, "/", ("/", "could not start"))
        .property("djwar.datasource.default", "")
        .variable("DB_ENGINE", "django.db.backends.mysql")
        .start();
    site.wait_for_log(
        "the JDBC driver `org.mariadb.jdbc.Driver` is not in the WAR: MySQLdb needs the jar \
         `org.mariadb.jdbc:mariadb-java-client` in WEB-INF/lib",
    );
    site.browser.get("/").expect(503).lacks("mariadb");
    site.stop();
}
