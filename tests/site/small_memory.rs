//! A control group whose processes may hold little: the kernel kills who takes more.

use camino::{Utf8Path, Utf8PathBuf};

/// Removed at the end; its processes must have gone.
pub(crate) struct SmallMemory(Utf8PathBuf);

impl SmallMemory {
    /// None where this user can't make groups; version 1 or 2 of the interface.
    pub(crate) fn of(bytes: u64) -> Option<Self> {
        let root = Utf8Path::new("/sys/fs/cgroup");
        let name = format!("djwar-test-{}", std::process::id());
        for (folder, limits) in [
            (
                root.join("memory"),
                ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
            ),
            (root.to_owned(), ["memory.max", "memory.swap.max"]),
        ] {
            let group = folder.join(&name);
            if !folder.join("cgroup.procs").exists() || fs_err::create_dir(&group).is_err() {
                continue;
            }
            let group = Self(group);
            // The second is about swapping, and not there where there is none.
            let _ = fs_err::write(group.0.join(limits[1]), bytes.to_string());
            if fs_err::write(group.0.join(limits[0]), bytes.to_string()).is_ok() {
                return Some(group);
            }
        }
        None
    }

    /// From now on the process is bound to it.
    pub(crate) fn take(&self, process: u32) {
        fs_err::write(self.0.join("cgroup.procs"), process.to_string()).expect("moved");
    }
}

impl Drop for SmallMemory {
    fn drop(&mut self) {
        // Busy while its last process is being reaped; the kernel has no rest of it.
        let _ = std::fs::remove_dir(&self.0);
    }
}
