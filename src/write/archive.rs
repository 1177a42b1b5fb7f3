//! The archives that entries are copied from, opened once each.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;

use camino::{Utf8Path, Utf8PathBuf};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::{ZipError, ZipResult};

use super::WriteError;

/// Open archives by path.
#[derive(Default)]
pub(crate) struct Archives {
    open: HashMap<Utf8PathBuf, ZipArchive<BufReader<File>>>,
}

impl Archives {
    /// The entry `name` of `archive`, its bytes still compressed.
    pub(crate) fn raw(
        &mut self,
        archive: &Utf8Path,
        name: &str,
    ) -> Result<ZipFile<'_, BufReader<File>>, WriteError> {
        self.opened(archive)
            .and_then(|opened| {
                let index = opened.index_for_name(name).ok_or(ZipError::FileNotFound)?;
                opened.by_index_raw(index)
            })
            .map_err(|source| failed(archive, name, source))
    }

    /// The entry `name` of `archive`, its bytes as they were before packing.
    pub(crate) fn plain(
        &mut self,
        archive: &Utf8Path,
        name: &str,
    ) -> Result<ZipFile<'_, BufReader<File>>, WriteError> {
        self.opened(archive)
            .and_then(|opened| opened.by_name(name))
            .map_err(|source| failed(archive, name, source))
    }

    fn opened(&mut self, path: &Utf8Path) -> ZipResult<&mut ZipArchive<BufReader<File>>> {
        if !self.open.contains_key(path) {
            let file = fs_err::File::open(path)?.into_parts().0;
            let archive = ZipArchive::new(BufReader::with_capacity(1 << 16, file))?;
            self.open.insert(path.to_owned(), archive);
        }
        self.open.get_mut(path).ok_or(ZipError::FileNotFound)
    }
}

fn failed(archive: &Utf8Path, name: &str, source: ZipError) -> WriteError {
    WriteError::Archive {
        archive: archive.to_owned(),
        name: name.to_owned(),
        source,
    }
}
