//! One digest for everything below `WEB-INF/python`: the runtime unpacks a packed
//! WAR once per digest.

use sha2::{Digest, Sha256};

use super::{Artifacts, AssembleError};
use crate::model::{BuildPlan, EntrySource};
use crate::runtime;

/// SHA-256 in hex over the project's files (path and content), the wheels'
/// digests, the interpreters (their cached archives are named by content) and
/// the handler.
///
/// # Errors
/// When a file of the project can't be read.
pub fn content_digest(plan: &BuildPlan, artifacts: &Artifacts) -> Result<String, AssembleError> {
    let mut whole = Sha256::new();
    // Length first: no two lists of parts run together into the same bytes.
    let mut part = |bytes: &[u8]| {
        whole.update((bytes.len() as u64).to_le_bytes());
        whole.update(bytes);
    };
    part(plan.python.to_string().as_bytes());
    for entry in &plan.entries {
        part(entry.path.as_str().as_bytes());
        match &entry.source {
            EntrySource::File(path) => {
                let bytes = fs_err::read(path).map_err(|source| AssembleError::Read {
                    path: path.clone(),
                    source,
                })?;
                part(&bytes);
            }
            EntrySource::Generated { bytes, .. } => part(bytes),
            EntrySource::Archive { name, .. } => part(name.as_bytes()),
        }
    }
    for wheel in &artifacts.wheels {
        part(wheel.sha256.as_bytes());
    }
    for (platform, archive) in &artifacts.homes {
        part(platform.as_str().as_bytes());
        part(archive.file_name().unwrap_or_default().as_bytes());
    }
    for (path, bytes) in runtime::HANDLER {
        part(path.as_bytes());
        part(bytes);
    }
    Ok(hex(&whole.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String grows");
        text
    })
}
