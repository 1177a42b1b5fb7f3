//! djwar turns a Django project into a WAR which any servlet container deploys.
//!
//! Data flows one way: cli → config → scan → plan → resolve → render → assemble →
//! write. A room uses rooms to its left, and [`model`]. ARCHITECTURE.md is the map.

pub mod assemble;
pub mod cli;
pub mod config;
pub mod deploy;
pub mod error;
pub mod interrupt;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod render;
pub mod report;
pub mod resolve;
pub mod runtime;
pub mod scan;
pub mod skeleton;
pub mod write;
pub mod zipfile;
