//! The fluent driver of the end-to-end tests: see tests/README.md.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod boundaries;
pub(crate) mod browser;
pub(crate) mod gallery;
pub(crate) mod hydrant;
pub(crate) mod machine;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod probes;
pub(crate) mod served;
pub(crate) mod walk;
pub(crate) mod wire;
