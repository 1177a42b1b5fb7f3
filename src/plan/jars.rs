//! Which jars the WAR brings: the engine's, a driver for each database, and those
//! that the user names. The one home of their versions.

use crate::config::Config;
use crate::model::{Coordinates, Engine, Jar, Project, Setting};

/// The Jython of the engine `jython`.
const JYTHON: &str = "org.python:jython-slim:2.7.4";

/// What no WAR needs of Jython's dependencies (docs/concepts/jython-engine.md).
const NOT_OF_JYTHON: &[(&str, &str)] = &[
    // Its native part starts a thread that would hold the class loader.
    ("com.github.jnr", "jffi"),
    // For building Jython.
    ("org.antlr", "antlr"),
    ("org.antlr", "ST4"),
    ("org.apache.ant", "ant"),
    // The container's.
    ("javax.servlet", "javax.servlet-api"),
    // Guava's annotations.
    ("com.google.code.findbugs", "jsr305"),
    ("com.google.errorprone", "error_prone_annotations"),
    ("com.google.guava", "listenablefuture"),
    ("com.google.j2objc", "j2objc-annotations"),
    ("org.checkerframework", "checker-qual"),
    ("io.netty", "netty-tcnative-classes"),
];

/// jffi without its native part.
const JFFI: &str = "com.github.jnr:jffi:1.3.13";

/// jffi's native part, for a build's own JVM, which ends soon: without it Jython
/// says the wrong `errno`, and many a `setup.py` makes a folder that is there.
pub fn jffi_native() -> Coordinates {
    Coordinates {
        classifier: Some("native".to_owned()),
        ..known(JFFI)
    }
}

/// Django's backend, by what its module ends in, and the driver for it.
const DRIVERS: &[(&[&str], &str)] = &[
    (
        &["sqlite3", "spatialite"],
        "org.xerial:sqlite-jdbc:3.47.1.0",
    ),
    (
        &["postgresql", "postgresql_psycopg2", "postgis"],
        "org.postgresql:postgresql:42.7.4",
    ),
    (&["mysql"], "org.mariadb.jdbc:mariadb-java-client:3.5.1"),
];

/// The jars, the engine's first.
pub(super) fn of(engine: Engine, project: &Project, config: &Config) -> Vec<Jar> {
    let mut jars = Vec::new();
    if engine == Engine::Jython {
        jars.push(Jar {
            coordinates: known(JYTHON),
            exclusions: NOT_OF_JYTHON
                .iter()
                .map(|(group, artifact)| ((*group).to_owned(), (*artifact).to_owned()))
                .collect(),
            reason: "the engine `jython`".to_owned(),
        });
        jars.push(Jar {
            coordinates: known(JFFI),
            exclusions: Vec::new(),
            reason: "the engine `jython`".to_owned(),
        });
        jars.extend(drivers(project));
    }
    let Some(named) = &config.jars else {
        return jars;
    };
    for coordinates in &named.value {
        // Another version of a driver takes its place.
        jars.retain(|jar| {
            (&jar.coordinates.group, &jar.coordinates.artifact)
                != (&coordinates.group, &coordinates.artifact)
        });
        jars.push(Jar {
            coordinates: coordinates.clone(),
            exclusions: Vec::new(),
            reason: format!("`jars` ({})", named.origin),
        });
    }
    jars
}

/// Whether all of them are known to register nothing with a container, in whatever
/// version: what the user names may hold a fragment or an initializer.
pub(super) fn are_without_servlets(jars: &[Jar]) -> bool {
    let is_known = |jar: &Jar| {
        let drivers = DRIVERS.iter().map(|(_, driver)| *driver);
        [JYTHON, JFFI].into_iter().chain(drivers).any(|known| {
            let name = format!("{}:{}:", jar.coordinates.group, jar.coordinates.artifact);
            known.starts_with(&name)
        })
    };
    jars.iter().all(is_known)
}

/// A driver for each database; for one that the settings compute, those
/// of `sqlite3` and `postgresql`.
fn drivers(project: &Project) -> Vec<Jar> {
    let mut jars: Vec<Jar> = Vec::new();
    let computed;
    let databases: Vec<(&str, &Setting<String>)> = match &project.databases {
        Setting::Known(databases, _) => databases
            .iter()
            .map(|(alias, database)| (alias.as_str(), &database.engine))
            .collect(),
        Setting::Dynamic(span) => {
            computed = Setting::Dynamic(span.clone());
            vec![("default", &computed)]
        }
        Setting::Missing => Vec::new(),
    };
    for (alias, engine) in databases {
        for (_, driver) in DRIVERS
            .iter()
            .filter(|(endings, _)| is_for(engine, endings))
        {
            let coordinates = known(driver);
            if !jars.iter().any(|jar| jar.coordinates == coordinates) {
                jars.push(Jar {
                    coordinates,
                    exclusions: Vec::new(),
                    reason: match engine.span() {
                        Some(span) => format!("the driver of the database `{alias}` ({span})"),
                        None => format!("a driver for the database `{alias}`"),
                    },
                });
            }
        }
    }
    jars
}

fn is_for(engine: &Setting<String>, endings: &[&str]) -> bool {
    match engine {
        Setting::Known(module, _) => {
            let last = module.rsplit('.').next().unwrap_or_default();
            endings.contains(&last)
        }
        Setting::Dynamic(_) => !endings.contains(&"mysql"),
        Setting::Missing => false,
    }
}

fn known(text: &str) -> Coordinates {
    text.parse().expect("our own coordinates are well-formed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Span;

    #[test]
    fn the_runtime_is_compiled_and_tested_against_the_versions_that_wars_bring() {
        let pom = include_str!("../../runtime/java/pom.xml");
        let drivers = DRIVERS.iter().map(|(_, driver)| *driver);
        for coordinates in [JYTHON, JFFI].into_iter().chain(drivers).map(known) {
            let (artifact, version) = (&coordinates.artifact, &coordinates.version);
            let wanted = format!("<version>{version}</version>");
            // Exclusions name artifacts as well.
            let is_there = pom
                .split(&format!("<artifactId>{artifact}</artifactId>"))
                .any(|rest| rest.trim_start().starts_with(&wanted));
            assert!(is_there, "{artifact} {version}");
        }
    }

    #[test]
    fn only_jars_that_djwar_knows_are_left_out_of_a_containers_scan() {
        let jars = |coordinates: &[&str]| -> Vec<Jar> {
            let jar = |text: &&str| Jar {
                coordinates: known(text),
                exclusions: Vec::new(),
                reason: String::new(),
            };
            coordinates.iter().map(jar).collect()
        };
        let other_driver = "org.postgresql:postgresql:42.2.29.jre7";
        assert!(are_without_servlets(&jars(&[JYTHON, JFFI, other_driver])));
        let own = "org.postgresql:postgresql-console:1.0";
        assert!(!are_without_servlets(&jars(&[JYTHON, JFFI, own])));
    }

    #[test]
    fn a_driver_is_chosen_by_the_backend() {
        let at = || Span::new("settings.py", 3);
        let names = |engine: Setting<String>| {
            DRIVERS
                .iter()
                .filter(|(endings, _)| is_for(&engine, endings))
                .map(|(_, driver)| known(driver).artifact)
                .collect::<Vec<_>>()
        };
        let known = |module: &str| Setting::Known(module.to_owned(), at());
        assert_eq!(names(known("django.db.backends.sqlite3")), ["sqlite-jdbc"]);
        assert_eq!(
            names(known("django.db.backends.postgresql_psycopg2")),
            ["postgresql"]
        );
        assert_eq!(
            names(known("django.db.backends.mysql")),
            ["mariadb-java-client"]
        );
        assert_eq!(names(Setting::Dynamic(at())), ["sqlite-jdbc", "postgresql"]);
        assert!(names(Setting::Missing).is_empty());
    }
}
