//! Bytes that are wanted again at the end: a megabyte of them in memory, the others in
//! a file without a name.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use camino::{Utf8Path, Utf8PathBuf};

const MEMORY: usize = 1 << 19;

/// Bytes on their way.
#[derive(Debug)]
pub struct Spool {
    folder: Utf8PathBuf,
    file: Option<File>,
    rest: Vec<u8>,
    length: u64,
}

impl Spool {
    /// With its file, should there be one, in `folder`.
    pub fn in_folder(folder: &Utf8Path) -> Self {
        let folder = match folder.as_str() {
            "" => Utf8Path::new("."),
            _ => folder,
        };
        Self {
            folder: folder.to_owned(),
            file: None,
            rest: Vec::new(),
            length: 0,
        }
    }

    /// How many there are.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.rest.len() + bytes.len() > MEMORY {
            if self.file.is_none() {
                self.file = Some(tempfile::tempfile_in(&self.folder)?);
            }
            if let Some(file) = &mut self.file {
                file.write_all(&self.rest)?;
            }
            self.rest.clear();
        }
        self.rest.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Gives all of them to `take`, in their order.
    ///
    /// # Errors
    /// When they can't be read, and those of `take`.
    pub fn give(self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        if let Some(mut file) = self.file {
            file.seek(SeekFrom::Start(0))?;
            let mut piece = vec![0; MEMORY];
            loop {
                let count = file.read(&mut piece)?;
                if count == 0 {
                    break;
                }
                take(&piece[..count])?;
            }
        }
        take(&self.rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_comes_back_in_its_order() {
        let folder = tempfile::tempdir().expect("temp dir");
        let folder = Utf8Path::from_path(folder.path()).expect("UTF-8");
        for count in [0, 1, 1000, 3 * MEMORY / 4] {
            let mut spool = Spool::in_folder(folder);
            let mut expected = Vec::new();
            for number in 0..count {
                let bytes = u32::try_from(number).expect("small").to_le_bytes();
                spool.put(&bytes).expect("put");
                expected.extend_from_slice(&bytes);
            }
            assert_eq!(spool.length(), expected.len() as u64);
            assert!(fs_err::read_dir(folder).expect("listed").next().is_none());
            let mut found = Vec::new();
            spool
                .give(|bytes| {
                    found.extend_from_slice(bytes);
                    Ok(())
                })
                .expect("given");
            assert!(found == expected, "{count}");
        }
    }
}
