//! The records of an archive that is being written: sizes stand in the local
//! header, never in a data descriptor, which streaming readers of stored entries
//! can't follow (Java's `JarInputStream`).

use super::{CENTRAL, END, END_64, EXTRA_64, FULL_16, FULL_32, LOCAL, LOCATOR_64};

/// What the records of one entry say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name, with `/`.
    pub name: String,
    /// [`super::STORED`] or [`super::DEFLATED`].
    pub method: u16,
    /// Time and date as DOS has them (APPNOTE 4.4.6), the date in the high half.
    pub time: u32,
    /// Of the bytes before packing.
    pub crc32: u32,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Bytes before packing.
    pub size: u64,
    /// Whether the local record has the zip64 field: must be known before the
    /// sizes are.
    pub is_large: bool,
    /// Where the local record starts.
    pub header: u64,
}

/// `rw-r--r--` of a file, whatever the umask was where it came from, in the high
/// half as Info-ZIP has it.
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// Made on Unix, by version 4.5 of the format.
const MADE_BY: u16 = (3 << 8) + VERSION_64;
/// The version which knows zip64 (APPNOTE 4.4.3).
const VERSION_64: u16 = 45;
/// Names are UTF-8 (APPNOTE 4.4.4, bit 11).
const FLAGS: u16 = 1 << 11;

fn needed(large: bool) -> u16 {
    if large { VERSION_64 } else { 20 }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The record before an entry's bytes. Its length depends on the name and
/// `is_large` alone, so that it can be written again when the sizes are known.
pub fn local_record(entry: &Entry, out: &mut Vec<u8>) {
    let sizes = if entry.is_large {
        (u32::MAX, u32::MAX)
    } else {
        (narrow(entry.compressed), narrow(entry.size))
    };
    put_u32(out, LOCAL);
    put_u16(out, needed(entry.is_large));
    put_u16(out, FLAGS);
    put_u16(out, entry.method);
    put_u32(out, entry.time);
    put_u32(out, entry.crc32);
    put_u32(out, sizes.0);
    put_u32(out, sizes.1);
    put_u16(out, name_length(entry));
    put_u16(out, if entry.is_large { 20 } else { 0 });
    out.extend_from_slice(entry.name.as_bytes());
    if entry.is_large {
        put_u16(out, EXTRA_64);
        put_u16(out, 16);
        put_u64(out, entry.size);
        put_u64(out, entry.compressed);
    }
}

/// The entry's record in the central directory.
pub fn central_record(entry: &Entry, out: &mut Vec<u8>) {
    let full = |number: u64| number >= FULL_32;
    let wide: Vec<u64> = [entry.size, entry.compressed, entry.header]
        .into_iter()
        .filter(|&number| full(number))
        .collect();
    put_u32(out, CENTRAL);
    put_u16(out, MADE_BY);
    put_u16(out, needed(entry.is_large || !wide.is_empty()));
    put_u16(out, FLAGS);
    put_u16(out, entry.method);
    put_u32(out, entry.time);
    put_u32(out, entry.crc32);
    put_u32(out, narrow(entry.compressed));
    put_u32(out, narrow(entry.size));
    put_u16(out, name_length(entry));
    let extra = if wide.is_empty() {
        0
    } else {
        4 + 8 * wide.len()
    };
    put_u16(out, u16::try_from(extra).unwrap_or_default());
    put_u16(out, 0); // comment
    put_u16(out, 0); // disk
    put_u16(out, 0); // internal attributes
    put_u32(out, ATTRIBUTES);
    put_u32(out, narrow(entry.header));
    out.extend_from_slice(entry.name.as_bytes());
    if !wide.is_empty() {
        put_u16(out, EXTRA_64);
        put_u16(out, u16::try_from(8 * wide.len()).unwrap_or_default());
        for number in wide {
            put_u64(out, number);
        }
    }
}

/// What stands after the central directory of `count` entries, which starts at
/// `start` and has `size` bytes.
pub fn end_records(count: u64, start: u64, size: u64, out: &mut Vec<u8>) {
    if count >= FULL_16 || start >= FULL_32 || size >= FULL_32 {
        put_u32(out, END_64);
        put_u64(out, 44);
        put_u16(out, MADE_BY);
        put_u16(out, VERSION_64);
        put_u32(out, 0);
        put_u32(out, 0);
        put_u64(out, count);
        put_u64(out, count);
        put_u64(out, size);
        put_u64(out, start);
        put_u32(out, LOCATOR_64);
        put_u32(out, 0);
        put_u64(out, start + size);
        put_u32(out, 1);
    }
    let few = u16::try_from(count).unwrap_or(u16::MAX);
    put_u32(out, END);
    put_u16(out, 0);
    put_u16(out, 0);
    put_u16(out, few);
    put_u16(out, few);
    put_u32(out, narrow(size));
    put_u32(out, narrow(start));
    put_u16(out, 0);
}

fn name_length(entry: &Entry) -> u16 {
    // `WarPath` refuses longer ones.
    u16::try_from(entry.name.len()).unwrap_or(u16::MAX)
}

fn put_u16(out: &mut Vec<u8>, number: u16) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}
