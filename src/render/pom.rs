//! `pom.xml` through Tera: the one that Maven resolves jars from, and that of a
//! skeleton.

use serde::Serialize;

use super::descriptor::{RenderError, render};
use crate::model::{Engine, Jar};

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

const SKELETON: (&str, &str) = ("pom.xml", include_str!("../../templates/pom.xml"));

/// What a skeleton's `pom.xml` says.
#[derive(Debug, Serialize)]
pub struct SkeletonPom<'a> {
    /// `groupId`.
    pub group: &'a str,
    /// `artifactId`.
    pub artifact: &'a str,
    /// `version`.
    pub version: &'a str,
    /// The WAR's name.
    pub name: &'a str,
    /// The engine.
    pub engine: Engine,
    /// For the manifest.
    pub created_by: &'a str,
    /// The runtime's version in the skeleton's repository.
    pub runtime_version: &'a str,
    /// Of the Jetty that serves the project while it is developed.
    pub jetty_version: &'a str,
    /// The version of what djwar made ready, there too.
    pub parts_version: &'a str,
    /// Folders of the web application that hold what is unpacked.
    pub unpacked: &'a [String],
    /// The name of the archive of nested packages, if there is one.
    pub packages: Option<&'a str>,
    /// The jars of engine and project.
    pub jars: Vec<Dependency<'a>>,
}

/// Renders a skeleton's `pom.xml`.
///
/// # Errors
/// On a bug in the template.
pub fn skeleton_pom(pom: &SkeletonPom<'_>) -> Result<String, RenderError> {
    render(SKELETON, pom).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
