//! The fluent driver of the end-to-end tests: see tests/README.md.

#![allow(dead_code, reason = "each test file uses its own part")]

pub(crate) mod boundaries;
pub(crate) mod browser;
#[cfg(target_os = "linux")]
pub(crate) mod faults;
pub(crate) mod gallery;
pub(crate) mod hydrant;
#[cfg(target_os = "linux")]
pub(crate) mod jumping_clock;
pub(crate) mod machine;
#[cfg(target_os = "linux")]
pub(crate) mod memory;
#[cfg(unix)]
pub(crate) mod postgres;
pub(crate) mod probes;
pub(crate) mod requests;
pub(crate) mod served;
#[path = "../support/skip.rs"]
pub(crate) mod skip;
#[cfg(target_os = "linux")]
pub(crate) mod small_disk;
#[cfg(target_os = "linux")]
pub(crate) mod small_memory;
pub(crate) mod spellings;
pub(crate) mod walk;
pub(crate) mod wire;
