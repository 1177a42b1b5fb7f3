//! `pom.xml` through Tera: the one that Maven resolves jars from, and that of a
//! skeleton.

use serde::Serialize;

use super::descriptor::{RenderError, render};
use crate::model::Jar;

const DEPENDENCIES: (&str, &str) = (
    "dependencies-pom.xml",
    include_str!("../../templates/dependencies-pom.xml"),
);

#[derive(Serialize)]
struct Dependencies<'a> {
    jars: Vec<Dependency<'a>>,
}

/// A `dependency` element.
#[derive(Clone, Debug, Serialize)]
pub struct Dependency<'a> {
    group: &'a str,
    artifact: &'a str,
    version: &'a str,
    packaging: &'a str,
    classifier: Option<&'a str>,
    exclusions: &'a [(String, String)],
    reason: &'a str,
}

impl<'a> Dependency<'a> {
    /// The element of a jar.
    pub fn of(jar: &'a Jar) -> Self {
        Self {
            group: &jar.coordinates.group,
            artifact: &jar.coordinates.artifact,
            version: &jar.coordinates.version,
            packaging: &jar.coordinates.packaging,
            classifier: jar.coordinates.classifier.as_deref(),
            exclusions: &jar.exclusions,
            reason: &jar.reason,
        }
    }
}

/// A project that has nothing but these dependencies.
///
/// # Errors
/// On a bug in the template.
pub fn dependencies_pom(jars: &[Jar]) -> Result<String, RenderError> {
    let pom = Dependencies {
        jars: jars.iter().map(Dependency::of).collect(),
    };
    render(DEPENDENCIES, &pom).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
