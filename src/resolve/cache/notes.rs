//! Small texts that are overwritten: what was made last for a key. A note is
//! whole or not there; a lost one costs time only, so nothing here fails.

use camino::Utf8PathBuf;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Cache, Key};

impl Cache {
    /// What was noted for the key.
    pub fn note<T: DeserializeOwned>(&self, bucket: &str, key: &Key) -> Option<T> {
        let text = fs_err::read(self.note_at(bucket, key)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Notes something for the key.
    pub fn set_note(&self, bucket: &str, key: &Key, value: &impl Serialize) {
        let path = self.note_at(bucket, key);
        let write = || -> std::io::Result<()> {
            let folder = path.parent().unwrap_or(&path);
            fs_err::create_dir_all(folder)?;
            let file = tempfile::Builder::new()
                .prefix("new-")
                .tempfile_in(folder)?;
            serde_json::to_writer(std::io::BufWriter::new(file.as_file()), value)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        let _ = write();
    }

    fn note_at(&self, bucket: &str, key: &Key) -> Utf8PathBuf {
        self.folder().join(bucket).join(key.as_str())
    }
}
