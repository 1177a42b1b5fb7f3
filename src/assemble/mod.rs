//! Plan + resolved artifacts + rendered texts → [`EntryTable`]: sorted, unique,
//! every collision naming both origins. Opens archives' directories, copies no bytes.

mod artifacts;
mod digest;
mod error;
mod table;

pub use artifacts::{
    Artifacts, CollectedStatic, WheelArtifact, add_application_bytecode, add_generated, assemble,
    runtime_of,
};
pub use digest::content_digest;
pub use error::AssembleError;
pub use table::EntryTable;
