//! Plain values that every room shares. No I/O, no printing, no knowledge of
//! clap, disks, archives or containers.

pub mod coordinates;
pub mod digest;
pub mod engine;
pub mod entry;
pub mod marker;
pub mod packages;
pub mod paths;
pub mod portable;
pub mod project;
pub mod setting;
pub mod war_path;

pub use coordinates::Coordinates;
pub use digest::{FileDigest, FileDigests};
pub use engine::{Engine, Platform, PythonChoice, PythonVersion, ServletApi};
pub use entry::{
    BuildPlan, DataPath, EntrySource, Jar, LeftOut, Method, Packed, ProjectFiles, StaticMode,
    WarEntry,
};
pub use paths::PathList;
pub use project::Project;
pub use setting::{Setting, Span};
pub use war_path::{WarPath, WarPathError};
