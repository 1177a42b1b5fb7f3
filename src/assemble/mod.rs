//! Plan + resolved artifacts + rendered texts → [`EntryTable`]: sorted, unique,
//! every collision naming both origins. Opens archives' directories, copies no bytes.

mod table;

pub use table::{AssembleError, EntryTable};
