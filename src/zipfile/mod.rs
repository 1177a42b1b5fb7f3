//! The zip format as bytes (APPNOTE 6.3): directories of archives that are there,
//! records of archives that are being written. Knows nothing of WARs; decides
//! nothing.
//!
//! Own code, since packing is djwar's own work: the zip crate reads every local
//! header to list an archive, and has no way to take entries that were deflated
//! elsewhere (docs/decisions say what that cost).

mod directory;
mod records;

pub use directory::{Directory, Member};
pub use records::{Entry, central_record, end_records, local_record};

/// As it is (APPNOTE 4.4.5).
pub const STORED: u16 = 0;
/// Deflated (APPNOTE 4.4.5).
pub const DEFLATED: u16 = 8;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
const EXTRA_64: u16 = 0x0001;

/// What a 32-bit field says when the number stands in a zip64 field (APPNOTE 4.4.8).
const FULL_32: u64 = 0xffff_ffff;
/// The same of a 16-bit field.
const FULL_16: u64 = 0xffff;
