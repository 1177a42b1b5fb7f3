//! Brings what the plan asks for: wheels, interpreters, jars. The only room
//! that talks to the network, and only through the ordinary clients.

mod archive;
pub mod bytecode;
pub mod cache;
pub mod django_checks;
pub mod environment;
pub mod error;
pub mod host;
pub mod interpreter;
pub mod jython;
mod local_builds;
pub mod local_repository;
pub mod lock;
pub mod maven;
mod maven_words;
mod packed;
mod pip;
mod pip_words;
mod project_answer;
pub mod python;
pub mod python_home;
mod requirement_lines;
pub mod requirements;
pub mod resolver;
pub mod scratch;
mod servers;
pub mod static_files;
mod uv;
pub mod versions;
pub mod wheels;

pub(crate) use archive::make_executable;
pub use bytecode::PythonFile;
pub use cache::{Cache, IN_USE, Key};
pub use environment::Environment;
pub use error::ResolveError;
pub use host::Host;
pub use interpreter::Interpreter;
pub use jython::Jython;
pub use maven::{ClassPath, JarFile, Maven};
pub use project_answer::Startable;
pub use python::Python;
pub use python_home::PythonHome;
pub use requirements::{RequirementSource, WheelRequest};
pub use resolver::Resolver;
pub use static_files::{StaticFiles, StaticRequest};
pub use wheels::{Resolution, Wheel, WheelFile, WheelLayout, WheelLeftOut};
