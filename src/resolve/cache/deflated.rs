//! What was deflated once, by the SHA-256 of its content, so that no byte of a
//! project is compressed twice. Owns the packs: files that are written whole,
//! renamed into place and never changed, so that builds at the same time and kills
//! harm nobody. Every read is checked against a digest; what is damaged counts as
//! missing, and its pack goes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicBool, Ordering};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::Cache;
use super::pack_writer::PackWriter;

/// Changes when the same content would be deflated to other bytes.
pub(super) const RECIPE: &[u8; 8] = b"djwarp1\n";
/// The folder in the cache.
pub(super) const BUCKET: &str = "deflated";
pub(super) const ENDING: &str = "pack";
/// More packs than this are worth one.
const MANY: usize = 32;
/// Larger ones stay as they are when others become one.
const LARGE: u64 = 64 << 20;

/// A SHA-256.
pub type ContentKey = [u8; 32];

/// One deflated content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Of the content.
    pub key: ContentKey,
    /// As zip archives have it.
    pub method: u16,
    /// Of the content.
    pub crc32: u32,
    /// Bytes of the content.
    pub size: u64,
    /// Bytes in the pack; none of what isn't worth deflating.
    pub length: u64,
    check: [u8; 16],
    pack: usize,
    offset: u64,
}

/// The packs that are there.
#[derive(Debug, Default)]
pub struct Deflated {
    folder: Utf8PathBuf,
    packs: Vec<Pack>,
    /// Sorted: a map of a hundred thousand would be half empty.
    places: Vec<Place>,
}

/// Where a content's row is. The rest of it is read when it is asked for: the cache
/// knows the contents of many projects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// The start of the content's key.
    start: u64,
    pack: u32,
    row: u32,
}

#[derive(Debug)]
struct Pack {
    path: Utf8PathBuf,
    file: File,
    size: u64,
    /// Where the table starts.
    table: u64,
    rows: u32,
    is_damaged: AtomicBool,
}

pub(super) const ROW: usize = 32 + 16 + 2 + 4 + 8 + 8 + 8;
/// Start and length of the table, its digest, the recipe.
pub(super) const FOOTER: usize = 8 + 8 + 32 + 8;

impl Deflated {
    /// Opens the packs of a cache. One that can't be read is passed over.
    pub fn of(cache: &Cache) -> Self {
        let folder = cache.folder().join(BUCKET);
        let mut store = Self {
            folder,
            ..Self::default()
        };
        let mut paths: Vec<Utf8PathBuf> = store
            .folder
            .read_dir_utf8()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.into_path()))
            .filter(|path| path.extension() == Some(ENDING))
            .collect();
        paths.sort();
        for path in paths {
            if store.open(&path).is_err() {
                // Nobody changes a pack: this one will never be readable.
                let _ = fs_err::remove_file(&path);
            }
        }
        store.places.sort_unstable();
        store
    }

    fn open(&mut self, path: &Utf8Path) -> io::Result<()> {
        let mut file = fs_err::File::open(path)?.into_parts().0;
        let size = file.seek(SeekFrom::End(0))?;
        let footer_at = size.checked_sub(FOOTER as u64).ok_or_else(damaged)?;
        let mut footer = [0; FOOTER];
        file.seek(SeekFrom::Start(footer_at))?;
        file.read_exact(&mut footer)?;
        let mut fields = Fields(&footer);
        let start = fields.u64();
        let length = fields.u64();
        let digest: [u8; 32] = fields.array();
        let recipe: [u8; 8] = fields.array();
        if &recipe != RECIPE || start.checked_add(length) != Some(footer_at) {
            return Err(damaged());
        }
        let rows = u32::try_from(length / ROW as u64).map_err(|_| damaged())?;
        let pack = u32::try_from(self.packs.len()).map_err(|_| damaged())?;
        let before = self.places.len();
        self.places.reserve_exact(rows as usize);
        file.seek(SeekFrom::Start(start))?;
        let mut table = BufReader::with_capacity(1 << 16, (&file).take(length));
        let mut check = Sha256::new();
        let mut bytes = [0; ROW];
        for row in 0..rows {
            table.read_exact(&mut bytes)?;
            check.update(bytes);
            let start = key_start(&Fields(&bytes).array());
            self.places.push(Place { start, pack, row });
        }
        if length % ROW as u64 != 0 || check.finalize()[..] != digest {
            self.places.truncate(before);
            return Err(damaged());
        }
        self.packs.push(Pack {
            path: path.to_owned(),
            file,
            size,
            table: start,
            rows,
            is_damaged: AtomicBool::new(false),
        });
        Ok(())
    }

    /// What is there of that content.
    pub fn find(&self, key: &ContentKey) -> Option<Blob> {
        let start = key_start(key);
        let first = self.places.partition_point(|place| place.start < start);
        // Of two with one content any will do.
        self.places[first..]
            .iter()
            .take_while(|place| place.start == start)
            .filter_map(|place| self.row(place.pack as usize, place.row))
            .find(|blob| blob.key == *key)
    }

    fn row(&self, pack: usize, row: u32) -> Option<Blob> {
        let Pack { file, table, .. } = &self.packs[pack];
        let mut bytes = [0; ROW];
        read_exact_at(file, table + u64::from(row) * ROW as u64, &mut bytes).ok()?;
        let mut fields = Fields(&bytes);
        Some(Blob {
            key: fields.array(),
            check: fields.array(),
            method: u16::from_le_bytes(fields.array()),
            crc32: u32::from_le_bytes(fields.array()),
            size: fields.u64(),
            offset: fields.u64(),
            length: fields.u64(),
            pack,
        })
    }

    /// Gives the packed bytes to `take`, in pieces, after all of them were
    /// checked; `Ok(false)` when they are damaged, and nothing was given.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn copy<E>(
        &self,
        blob: &Blob,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<bool, E> {
        let pack = &self.packs[blob.pack];
        let mut digest = Sha256::new();
        let mut buffer = Vec::new();
        let is_small = blob.length <= PIECE;
        for turn in 0..2 {
            let mut done = 0;
            while done < blob.length {
                let next = (blob.length - done).min(PIECE);
                // A small one is still there from the first turn.
                if (turn == 0 || !is_small)
                    && read_at(&pack.file, blob.offset + done, next, &mut buffer).is_err()
                {
                    pack.is_damaged.store(true, Ordering::Relaxed);
                    // In the second turn something was given already: that it could
                    // be read a moment ago and can't now leaves only to give zeros
                    // and let the caller's own checksum fail.
                    if turn == 0 {
                        return Ok(false);
                    }
                    buffer.fill(0);
                }
                if turn == 0 {
                    digest.update(&buffer);
                } else {
                    take(&buffer)?;
                }
                done += next;
            }
            if turn == 0 && digest.clone().finalize()[..16] != blob.check {
                pack.is_damaged.store(true, Ordering::Relaxed);
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Starts a pack for what is deflated now.
    pub fn writer(&self) -> PackWriter {
        PackWriter::below(&self.folder)
    }

    /// Makes one pack of many small ones, and removes damaged ones.
    pub fn tidy(&self) {
        for pack in &self.packs {
            if pack.is_damaged.load(Ordering::Relaxed) {
                let _ = fs_err::remove_file(&pack.path);
            }
        }
        let small: Vec<usize> = (0..self.packs.len())
            .filter(|&pack| self.packs[pack].size < LARGE)
            .collect();
        if small.len() <= MANY {
            return;
        }
        let mut writer = self.writer();
        let rows = small
            .iter()
            .flat_map(|&pack| (0..self.packs[pack].rows).map(move |row| (pack, row)));
        for (pack, row) in rows {
            // Of two with one content the first is enough.
            let Some(blob) = self
                .row(pack, row)
                .filter(|blob| self.find(&blob.key).as_ref() == Some(blob))
            else {
                continue;
            };
            let copied = self.copy(&blob, |bytes| {
                writer.put(bytes);
                Ok::<(), std::convert::Infallible>(())
            });
            if copied == Ok(true) {
                writer.end(&blob.key, blob.method, blob.crc32, blob.size);
            }
        }
        if writer.finish() {
            for pack in small {
                let _ = fs_err::remove_file(&self.packs[pack].path);
            }
        }
    }
}

const PIECE: u64 = 1 << 20;

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn read_at(file: &File, at: u64, length: u64, buffer: &mut Vec<u8>) -> io::Result<()> {
    let length = usize::try_from(length).map_err(|_| damaged())?;
    buffer.resize(length, 0);
    read_exact_at(file, at, buffer)
}

fn read_exact_at(file: &File, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileExt;
        file.read_exact_at(buffer, at)
    }
    #[cfg(not(unix))]
    {
        let mut file = file;
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(buffer)
    }
}

fn key_start(key: &ContentKey) -> u64 {
    Fields(key).u64()
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// Rows and footers have their whole length: nothing is missing here.
    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[..N]);
        self.0 = &self.0[N..];
        bytes
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().expect("temp dir");
        let cache = Cache::at(Utf8Path::from_path(folder.path()).expect("UTF-8"));
        (folder, cache)
    }

    fn add(cache: &Cache, key: u8, bytes: &[u8]) {
        let mut writer = Deflated::of(cache).writer();
        writer.put(bytes);
        writer.end(&[key; 32], 8, 7, 1000);
        assert!(writer.finish());
    }

    fn get(store: &Deflated, key: u8) -> Option<Vec<u8>> {
        let blob = store.find(&[key; 32])?;
        let mut bytes = Vec::new();
        let whole = store
            .copy(&blob, |piece| {
                bytes.extend_from_slice(piece);
                Ok::<(), ()>(())
            })
            .expect("nothing fails");
        whole.then_some(bytes)
    }

    #[test]
    fn what_was_put_is_found_by_its_content() {
        let (_folder, cache) = cache();
        add(&cache, 1, b"one");
        add(&cache, 2, &vec![5; 3 << 20]);
        let store = Deflated::of(&cache);
        assert_eq!(get(&store, 1).as_deref(), Some(&b"one"[..]));
        assert_eq!(get(&store, 2).map(|bytes| bytes.len()), Some(3 << 20));
        assert_eq!(get(&store, 3), None);
    }

    #[test]
    fn a_flipped_bit_makes_it_missing_and_removes_the_pack() {
        let (_folder, cache) = cache();
        add(&cache, 1, b"one");
        let pack = Deflated::of(&cache).packs[0].path.clone();
        let mut bytes = fs_err::read(&pack).expect("read");
        bytes[1] ^= 1;
        fs_err::write(&pack, bytes).expect("written");
        let store = Deflated::of(&cache);
        assert_eq!(get(&store, 1), None);
        store.tidy();
        assert!(!pack.exists());
    }

    #[test]
    fn a_cut_pack_is_passed_over_and_removed() {
        let (_folder, cache) = cache();
        add(&cache, 1, b"one");
        let pack = Deflated::of(&cache).packs[0].path.clone();
        let bytes = fs_err::read(&pack).expect("read");
        for length in 0..bytes.len() {
            fs_err::write(&pack, &bytes[..length]).expect("written");
            assert_eq!(get(&Deflated::of(&cache), 1), None, "{length}");
        }
        assert!(!pack.exists());
    }

    #[test]
    fn many_packs_become_one() {
        let (_folder, cache) = cache();
        for key in 0..=40 {
            add(&cache, key, &[key; 9]);
        }
        Deflated::of(&cache).tidy();
        let store = Deflated::of(&cache);
        assert_eq!(store.packs.len(), 1);
        assert_eq!(get(&store, 40), Some(vec![40; 9]));
    }
}
