//! A machine whose clock somebody sets, seen by one container's JVM only: Debian's `libfaketime`
//! between it and the system. `CLOCK_MONOTONIC` is left alone, as the kernel leaves it alone when a
//! clock is set. Workers don't see it: what a JVM preloads is not passed on to them.

use camino::{Utf8Path, Utf8PathBuf};

use super::served::Wanted;

pub(crate) struct JumpingClock {
    library: Utf8PathBuf,
    folder: tempfile::TempDir,
}

impl JumpingClock {
    /// None where the library is not installed.
    pub(crate) fn find() -> Option<Self> {
        let folders = Utf8Path::new("/usr/lib").read_dir_utf8().ok()?;
        let library = folders
            .filter_map(Result::ok)
            .map(|folder| folder.path().join("faketime/libfaketime.so.1"))
            .find(|library| library.exists())?;
        let folder = tempfile::tempdir().expect("temp dir");
        let clock = Self { library, folder };
        clock.set("+0");
        Some(clock)
    }

    fn file(&self) -> Utf8PathBuf {
        let folder = Utf8Path::from_path(self.folder.path()).expect("UTF-8");
        folder.join("time")
    }

    /// So far from now it is from now on: `+2d`, `-4000d`.
    pub(crate) fn set(&self, distance: &str) {
        let part = self.file().with_extension("part");
        fs_err::write(&part, distance).expect("written");
        fs_err::rename(&part, self.file()).expect("renamed");
    }

    pub(crate) fn on(&self, wanted: Wanted) -> Wanted {
        wanted
            .variable("LD_PRELOAD", self.library.as_str())
            .variable("FAKETIME_TIMESTAMP_FILE", self.file().as_str())
            .variable("FAKETIME_CACHE_DURATION", "1")
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1")
    }
}
