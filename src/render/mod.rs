//! Typed values → the texts of the WAR: web.xml, jetty-web.xml (Tera, checked by
//! quick-xml), the manifest and the record. Knows no disk and no network.

mod configuration;
mod descriptor;
mod manifest;
mod pom;
mod record;
mod sarif;

pub use configuration::configuration;
pub use descriptor::{ContextParameter, Descriptor, RenderError, jetty_web_xml, web_xml};
pub use manifest::manifest;
pub use pom::{Dependency, SkeletonPom, dependencies_pom, skeleton_pom};
pub use record::{Record, RecordedWheel};
pub use sarif::sarif;
