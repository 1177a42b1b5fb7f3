//! Entries → bytes: a zip or a folder, behind one trait. The last, dumb step:
//! decides nothing about what is in a WAR.

mod ahead;
mod archive;
mod contents;
mod deflate;
mod dir;
mod error;
mod flush;
mod output;
mod temporary;
mod time;
mod zip;

pub use dir::DirectoryWriter;
pub use error::WriteError;
pub use zip::{Packing, ZipWarWriter};

use crate::assemble::EntryTable;

/// Writes a whole table.
pub trait WarWriter {
    /// Writes the entries in the table's order, calling `progress` after each, and
    /// makes the result visible under its name. After an error nothing is left
    /// behind, and what was there before is as it was.
    ///
    /// # Errors
    /// When a source can't be read or the target can't be written.
    fn write(
        self: Box<Self>,
        table: &EntryTable,
        progress: &mut dyn FnMut(),
    ) -> Result<(), WriteError>;
}

/// Writes a whole table, calling `progress` after each entry.
///
/// # Errors
/// See [`WriteError`]; nothing is left behind.
pub fn write(
    table: &EntryTable,
    writer: Box<dyn WarWriter + '_>,
    mut progress: impl FnMut(),
) -> Result<(), WriteError> {
    writer.write(table, &mut progress)
}
