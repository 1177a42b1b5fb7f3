//! What an archive of packages says of itself: `METADATA` of a wheel or of an
//! installed package, `PKG-INFO` of a source archive. Who deploys what `PyPI` carries
//! has no other file.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::extras;
use super::manifests::Manifest;
use super::modules::join;
use super::requirement::requirement;
use super::source_text::{self, LARGEST_TEXT};
use crate::model::Span;
use crate::model::project::Dependency;

/// Reads the core metadata in `folder`.
pub(super) fn read(root: &Utf8Path, folder: &Utf8Path) -> Result<Option<Manifest>, ScanError> {
    let Some(path) = file(root, folder) else {
        return Ok(None);
    };
    let text = source_text::utf8(root, &path, LARGEST_TEXT)?;
    let mut manifest = Manifest {
        path: path.clone(),
        ..Manifest::default()
    };
    for (line, header) in (1_u32..).zip(text.lines()) {
        // What follows the headers is the package's description.
        if header.is_empty() {
            break;
        }
        let Some((name, value)) = header.split_once(':') else {
            continue;
        };
        let (value, span) = (value.trim(), Span::new(path.clone(), line));
        match name {
            "Name" => manifest.name = Some(value.to_owned()),
            "Requires-Python" => manifest.python = Some((value.to_owned(), span)),
            "Requires-Dist" => {
                let Some(one) = requirement(value, span) else {
                    continue;
                };
                let marker = one.marker.as_deref().unwrap_or_default();
                if let Some((extra, marker)) = extras::of_marker(marker) {
                    let extra = manifest.extras.entry(extra).or_default();
                    extra.push(Dependency { marker, ..one });
                } else if !marker.split([' ', '(', '=']).any(|word| word == "extra") {
                    manifest.dependencies.push(one);
                }
            }
            _ => {}
        }
    }
    Ok(Some(manifest))
}

/// `PKG-INFO`, or the one `NAME.dist-info/METADATA`: where many packages were
/// installed, none of them speaks for the project.
fn file(root: &Utf8Path, folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let own = join(folder, Utf8Path::new("PKG-INFO"));
    if root.join(&own).is_file() {
        return Some(own);
    }
    let entries = root.join(folder).read_dir_utf8().ok()?;
    let mut found = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_owned();
        let path = join(folder, Utf8Path::new(&name)).join("METADATA");
        (name.ends_with(".dist-info") && root.join(&path).is_file()).then_some(path)
    });
    let only = found.next()?;
    found.next().is_none().then_some(only)
}
