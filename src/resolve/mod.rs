//! Brings what the plan asks for: wheels, interpreters, jars. The only room
//! that talks to the network, and only through the ordinary clients.

pub mod cache;
pub mod error;
pub mod host;
pub mod local_repository;
pub mod maven;

pub use cache::{Cache, Key};
pub use error::ResolveError;
pub use host::Host;
pub use maven::Maven;
