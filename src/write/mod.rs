//! Entries → bytes: a zip, a folder, or a list, behind one trait. The last,
//! dumb step: decides nothing about what is in a WAR.

mod archive;
mod dir;
mod error;
mod source;
mod zip;

pub use dir::DirectoryWriter;
pub use error::WriteError;
pub use zip::ZipWarWriter;

use crate::assemble::EntryTable;
use crate::model::WarEntry;

/// Takes entries in order.
pub trait WarWriter {
    /// Writes one entry.
    ///
    /// # Errors
    /// When its source can't be read or the target can't be written.
    fn entry(&mut self, entry: &WarEntry) -> Result<(), WriteError>;

    /// Makes the result visible under its name. Dropping the writer without it
    /// leaves nothing behind.
    ///
    /// # Errors
    /// When the target can't be completed or renamed.
    fn finish(self: Box<Self>) -> Result<(), WriteError>;
}

/// Writes a whole table, calling `progress` after each entry.
///
/// # Errors
/// See [`WriteError`]; nothing is left behind.
pub fn write(
    table: &EntryTable,
    mut writer: Box<dyn WarWriter>,
    mut progress: impl FnMut(),
) -> Result<(), WriteError> {
    for entry in table.iter() {
        writer.entry(entry)?;
        progress();
    }
    writer.finish()
}
