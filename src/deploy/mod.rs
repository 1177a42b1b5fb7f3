//! Real containers by coordinates: start, wait, probe, stop. Behind `run` and
//! `verify`, and behind the end-to-end tests, so that all three do the same.
//!
//! [`Deployment`] says what is wanted, [`Server`] is what runs: this half starts
//! processes and looks at their logs and answers. [`UnpackedWar`] is what `manage`
//! works in: the other half knows what djwar puts into a WAR (by
//! [`crate::plan::layout`]), not how it is built. Nothing here downloads (that is
//! [`crate::resolve`]).

mod container;
mod contents;
mod context_path;
mod copies;
mod data_folder;
mod deployment;
mod distribution;
mod embedded;
mod error;
mod java;
mod jetty;
mod liberty;
mod log;
mod look;
mod management;
mod matrix;
mod payara;
mod probe;
mod process;
mod recipe;
mod server;
mod side_by_side;
mod tomcat;
mod unpacked;
mod unpacking;
mod war;
mod wildfly;
mod written;

pub use container::{Container, Family, JETTY_PLUGIN, UnknownContainer};
pub use context_path::{ContextPath, ContextPathError};
pub use copies::Owner;
pub use deployment::Deployment;
pub use distribution::{Artifacts, Distributions};
pub use embedded::{Embedded, Event, StopSignal, check_port};
pub use error::DeployError;
pub use java::Java;
pub use log::{Level, Line, Log};
pub use look::{Expectation, Look};
pub use management::{is_given, management_command};
pub use matrix::{Check, Outcome as CellOutcome, Result as StepResult, Step, cells, verify};
pub use probe::{Client, Request, Response};
pub use process::Member;
pub use server::{Server, Stopped};
pub use side_by_side::{default_jobs, side_by_side};
pub use unpacked::UnpackedWar;
pub use war::check_django;
pub use written::{Written, bring_out_abandoned};
