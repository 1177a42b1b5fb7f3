//! What can go wrong while writing.

use camino::Utf8PathBuf;

use crate::error::{Diagnose, Kind};

/// Why the WAR can't be written. Nothing is left behind.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The target's folder can't be made or written.
    #[error("can't write `{path}`")]
    Target {
        /// The WAR or folder.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The target is a device, a socket or a pipe.
    #[error("`{path}` exists and is no file")]
    NoFile {
        /// What was named.
        path: Utf8PathBuf,
    },
    /// The target is something that djwar didn't make.
    #[error("`{path}` exists and isn't an exploded WAR of djwar")]
    Foreign {
        /// The folder.
        path: Utf8PathBuf,
    },
    /// A source can't be read.
    #[error("can't read `{path}`, which goes into the WAR")]
    Source {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An archive that entries are copied from is damaged.
    #[error("can't copy `{name}` from `{archive}`")]
    Archive {
        /// The archive.
        archive: Utf8PathBuf,
        /// The entry's name in it.
        name: String,
        /// Why.
        source: std::io::Error,
    },
    /// An archive has another entry than when the entries were listed.
    #[error("`{name}` of `{archive}` changed while the WAR was packed")]
    ArchiveChanged {
        /// The archive.
        archive: Utf8PathBuf,
        /// The entry's name in it.
        name: String,
    },
    /// A file has another content than when the digests were taken.
    #[error("`{path}` changed while the WAR was packed")]
    Changed {
        /// The file.
        path: Utf8PathBuf,
    },
    /// A thread of the packer is gone.
    #[error("a bug of djwar: packing stopped half-way")]
    Stopped,
}

impl Diagnose for WriteError {
    fn kind(&self) -> Kind {
        match self {
            Self::Foreign { .. } | Self::NoFile { .. } => Kind::Usage,
            _ => Kind::Environment,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Target { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                Some("free some space, or name another place with `-o`".to_owned())
            }
            Self::Target { .. } => {
                Some("check the folder's permissions, or name another place with `-o`".to_owned())
            }
            Self::NoFile { .. } => {
                Some("name a file: djwar writes beside it and renames".to_owned())
            }
            Self::Foreign { .. } => {
                Some("name a folder that doesn't exist yet, or delete this one".to_owned())
            }
            Self::Archive { .. } => {
                Some("the archive may be damaged: delete it and build again".to_owned())
            }
            Self::Changed { .. } | Self::ArchiveChanged { .. } => {
                Some("build again when nothing writes there".to_owned())
            }
            Self::Source { .. } | Self::Stopped => None,
        }
    }
}
