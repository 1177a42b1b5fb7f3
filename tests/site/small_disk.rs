//! A disk that is soon full.

use camino::{Utf8Path, Utf8PathBuf};

/// A file system of 4 MiB; none where mounting is not allowed.
pub(crate) struct SmallDisk(
    Utf8PathBuf,
    #[expect(dead_code, reason = "removed at the end")] tempfile::TempDir,
);

impl SmallDisk {
    pub(crate) fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs", path.as_str()])
            .stderr(std::process::Stdio::null())
            .status();
        matches!(mounted, Ok(status) if status.success()).then_some(Self(path, folder))
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.0
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the container may still have something open in it.
        let _ = std::process::Command::new("umount")
            .args(["-l", self.0.as_str()])
            .status();
    }
}
