//! Reads the central directory of an archive, and nothing else of it.

use std::io::{self, Read, Seek, SeekFrom};

use super::{CENTRAL, END, END_64, EXTRA_64, FULL_32, LOCAL, LOCATOR_64};
use crate::model::Packed;

/// One entry of an archive, as its central directory tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its name; folders end in `/`.
    pub name: String,
    /// [`super::STORED`], [`super::DEFLATED`], or something else.
    pub method: u16,
    /// Of the bytes before packing.
    pub crc32: u32,
    /// Bytes in the archive.
    pub compressed: u64,
    /// Bytes before packing.
    pub size: u64,
    /// Whether the bytes are encrypted.
    pub is_encrypted: bool,
    /// Where its local record starts.
    header: u64,
}

/// An archive's central directory.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    members: Vec<Member>,
}

const END_LENGTH: usize = 22;
const LOCAL_LENGTH: usize = 30;
const CENTRAL_LENGTH: usize = 46;

impl Directory {
    /// Reads the directory of `archive`.
    ///
    /// # Errors
    /// When it can't be read, or is no zip archive.
    pub fn read(archive: &mut (impl Read + Seek)) -> io::Result<Self> {
        let place = place(archive)?;
        let mut bytes =
            vec![0; usize::try_from(place.size).map_err(|_| broken("its directory's size"))?];
        archive.seek(SeekFrom::Start(place.start))?;
        archive.read_exact(&mut bytes)?;
        let mut members =
            Vec::with_capacity(usize::try_from(place.count.min(1 << 20)).unwrap_or_default());
        let mut rest = Fields(&bytes);
        for _ in 0..place.count {
            members.push(member(&mut rest, place.shift)?);
        }
        Ok(Self { members })
    }

    /// The entries in the directory's order.
    pub fn members(&self) -> &[Member] {
        &self.members
    }
}

impl Member {
    /// Whether it stands for a folder.
    pub fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// All of that but the name.
    pub fn packed(&self) -> Packed {
        Packed {
            size: self.size,
            checksum: self.crc32,
            method: self.method,
            is_encrypted: self.is_encrypted,
            compressed: self.compressed,
            header: self.header,
        }
    }

    /// How many bytes to read from the start of the local record for the packed bytes
    /// to be among them in nearly all cases: the record may carry more than the
    /// directory says.
    pub fn span(name: &str, packed: &Packed) -> u64 {
        (LOCAL_LENGTH + name.len() + 64) as u64 + packed.compressed
    }

    /// What the start of a local record says: the entry's name, and where after the
    /// record's start the packed bytes are.
    ///
    /// # Errors
    /// When there is no local record, or not all of its name.
    pub fn local(record: &[u8]) -> io::Result<(&[u8], u64)> {
        let mut fields = Fields(record);
        if fields.u32()? != LOCAL {
            return Err(broken("a local header"));
        }
        fields.skip(22)?;
        let name = fields.u16()?;
        let extra = fields.u16()?;
        let offset = LOCAL_LENGTH as u64 + u64::from(name) + u64::from(extra);
        Ok((fields.take(name.into())?, offset))
    }
}

struct Place {
    start: u64,
    size: u64,
    count: u64,
    /// What was put before the archive without its offsets being mended.
    shift: u64,
}

fn place(archive: &mut (impl Read + Seek)) -> io::Result<Place> {
    let length = archive.seek(SeekFrom::End(0))?;
    // The comment has 65,535 bytes at most; few archives have one.
    for tail in [1 << 10, (1 << 16) + END_LENGTH as u64] {
        let from = length.saturating_sub(tail);
        let mut bytes = Vec::new();
        archive.seek(SeekFrom::Start(from))?;
        archive.take(tail).read_to_end(&mut bytes)?;
        let found = (0..=bytes.len().saturating_sub(END_LENGTH))
            .rev()
            .find(|&at| is_end(&bytes[at..]));
        if let Some(at) = found {
            return directory_place(archive, from + at as u64, &bytes[at..]);
        }
    }
    Err(broken("the end of its directory"))
}

/// Whether the end record is there, and its comment ends where the file does.
fn is_end(bytes: &[u8]) -> bool {
    let mut fields = Fields(bytes);
    fields.u32().ok() == Some(END)
        && fields.skip(16).is_ok()
        && fields
            .u16()
            .is_ok_and(|comment| usize::from(comment) == fields.0.len())
}

fn directory_place(archive: &mut (impl Read + Seek), end: u64, record: &[u8]) -> io::Result<Place> {
    let mut fields = Fields(record);
    fields.skip(10)?;
    let count = u64::from(fields.u16()?);
    let size = u64::from(fields.u32()?);
    let offset = u64::from(fields.u32()?);
    let locator = end.checked_sub(20);
    if let Some(locator) = locator {
        let mut bytes = [0; 20];
        archive.seek(SeekFrom::Start(locator))?;
        archive.read_exact(&mut bytes)?;
        let mut fields = Fields(&bytes);
        if fields.u32()? == LOCATOR_64 {
            fields.skip(4)?;
            let at = fields.u64()?;
            let mut bytes = [0; 56];
            archive.seek(SeekFrom::Start(at))?;
            archive.read_exact(&mut bytes)?;
            let mut fields = Fields(&bytes);
            if fields.u32()? != END_64 {
                return Err(broken("the zip64 end of its directory"));
            }
            fields.skip(28)?;
            let count = fields.u64()?;
            let size = fields.u64()?;
            let start = fields.u64()?;
            return Ok(Place {
                start,
                size,
                count,
                shift: 0,
            });
        }
    }
    let start = end
        .checked_sub(size)
        .ok_or_else(|| broken("its directory"))?;
    let shift = start
        .checked_sub(offset)
        .ok_or_else(|| broken("its directory"))?;
    Ok(Place {
        start,
        size,
        count,
        shift,
    })
}

fn member(rest: &mut Fields<'_>, shift: u64) -> io::Result<Member> {
    let mut fields = Fields(rest.take(CENTRAL_LENGTH)?);
    if fields.u32()? != CENTRAL {
        return Err(broken("its directory"));
    }
    fields.skip(4)?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    fields.skip(4)?;
    let crc32 = fields.u32()?;
    let mut compressed = u64::from(fields.u32()?);
    let mut size = u64::from(fields.u32()?);
    let name_length = fields.u16()?;
    let extra_length = fields.u16()?;
    let comment_length = fields.u16()?;
    fields.skip(8)?;
    let mut header = u64::from(fields.u32()?);
    let name = rest.take(name_length.into())?;
    let mut extra = Fields(rest.take(extra_length.into())?);
    rest.skip(comment_length.into())?;
    while extra.0.len() >= 4 {
        let kind = extra.u16()?;
        let length = extra.u16()?;
        let mut field = Fields(extra.take(length.into())?);
        if kind == EXTRA_64 {
            // Only what doesn't fit is there, in this order (APPNOTE 4.5.3).
            for number in [&mut size, &mut compressed, &mut header] {
                if *number == FULL_32 {
                    *number = field.u64()?;
                }
            }
        }
    }
    // Names without the UTF-8 flag are CP437 by the letter of APPNOTE D.1; what
    // makes wheels and jars writes ASCII or UTF-8.
    let name = std::str::from_utf8(name)
        .map_err(|_| broken("a name, which is not UTF-8"))?
        .to_owned();
    Ok(Member {
        name,
        method,
        crc32,
        compressed,
        size,
        is_encrypted: flags & 1 != 0,
        header: header + shift,
    })
}

fn broken(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("it is no whole zip archive: {what} can't be read"),
    )
}

/// Little-endian fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| broken("a record"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> io::Result<()> {
        self.take(length).map(drop)
    }

    fn u16(&mut self) -> io::Result<u16> {
        let mut bytes = [0; 2];
        bytes.copy_from_slice(self.take(2)?);
        Ok(u16::from_le_bytes(bytes))
    }

    fn u32(&mut self) -> io::Result<u32> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn archive() -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        writer.add_directory("a/", options).expect("a folder");
        writer.start_file("a/é.txt", options).expect("a file");
        writer
            .write_all(b"aaaaaaaaaaaaaaaaaaaaaaaa")
            .expect("written");
        writer.finish().expect("whole").into_inner()
    }

    #[test]
    fn the_directory_tells_what_the_zip_crate_wrote() {
        let bytes = archive();
        let directory = Directory::read(&mut Cursor::new(&bytes)).expect("read");
        let [folder, file] = directory.members() else {
            panic!("two entries: {directory:?}");
        };
        assert!(folder.is_folder() && !file.is_folder());
        assert_eq!((file.name.as_str(), file.size), ("a/é.txt", 24));
        let start = usize::try_from(file.header).expect("small");
        let (name, offset) = Member::local(&bytes[start..]).expect("a header");
        assert_eq!(name, "a/é.txt".as_bytes());
        let data = start + usize::try_from(offset).expect("small");
        let packed = &bytes[data..data + usize::try_from(file.compressed).expect("small")];
        let mut plain = String::new();
        flate2::read::DeflateDecoder::new(packed)
            .read_to_string(&mut plain)
            .expect("inflated");
        assert_eq!(plain, "a".repeat(24));
    }

    #[test]
    fn what_stands_before_an_archive_moves_it() {
        let mut bytes = b"#!/bin/sh\n".to_vec();
        bytes.extend(archive());
        let directory = Directory::read(&mut Cursor::new(&bytes)).expect("read");
        assert_eq!(directory.members()[0].header, 10);
    }

    #[test]
    fn a_cut_archive_is_refused_at_every_length() {
        let bytes = archive();
        for length in 0..bytes.len() {
            assert!(
                Directory::read(&mut Cursor::new(&bytes[..length])).is_err(),
                "{length}"
            );
        }
    }
}
