//! Which files are packed, and what stays out and why. Does not descend into
//! what is not packed: a repository's `node_modules` costs nothing.

use std::collections::HashMap;
use std::io;

use camino::{Utf8Path, Utf8PathBuf};
use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::ScanOptions;
use super::error::ScanError;
use super::never_list::{file_reason, folder_reason};
use crate::model::PathList;
use crate::model::portable::unportable;
use crate::model::project::{Exclusion, Problem, Severity};

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) files: PathList,
    pub(super) exclude: Vec<Exclusion>,
    pub(super) problems: Vec<Problem>,
}

/// The configuration's patterns.
#[derive(Debug)]
pub(super) struct Patterns {
    include: GlobSet,
    /// The parts of the include patterns before their first wildcard.
    include_bases: Vec<Utf8PathBuf>,
    exclude: GlobSet,
}

impl Patterns {
    pub(super) fn new(options: &ScanOptions) -> Result<Self, ScanError> {
        let bases = options.include.iter().map(|pattern| {
            pattern
                .trim_start_matches("./")
                .split('/')
                .take_while(|part| !part.contains(['*', '?', '[', '{']))
                .collect::<Utf8PathBuf>()
        });
        Ok(Self {
            include: globs(&options.include)?,
            include_bases: bases.collect(),
            exclude: globs(&options.exclude)?,
        })
    }

    /// Whether an include pattern may name something below `folder`.
    fn reaches_into(&self, folder: &Utf8Path) -> bool {
        self.include.is_match(folder)
            || self
                .include_bases
                .iter()
                .any(|base| !base.as_str().is_empty() && base.starts_with(folder))
    }
}

/// A pattern names a path and all below it; one without `/` names it anywhere.
pub(super) fn globs(patterns: &[String]) -> Result<GlobSet, ScanError> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        let anywhere = if let Some(anchored) = plain.strip_prefix('/') {
            anchored.to_owned()
        } else if plain.contains('/') {
            plain.to_owned()
        } else {
            format!("**/{plain}")
        };
        for text in [anywhere.clone(), format!("{anywhere}/**")] {
            let glob = GlobBuilder::new(&text)
                .literal_separator(true)
                .build()
                .map_err(|error| ScanError::Pattern {
                    pattern: pattern.clone(),
                    message: error.kind().to_string(),
                })?;
            set.add(glob);
        }
    }
    set.build().map_err(|error| ScanError::Pattern {
        pattern: patterns.join(", "),
        message: error.to_string(),
    })
}

/// A folder of the settings that stays out.
#[derive(Clone, Debug)]
pub(super) struct OutputFolder {
    /// Relative to the root.
    pub(super) path: Utf8PathBuf,
    pub(super) reason: &'static str,
}

/// Walks `root`.
pub(super) fn walk(
    root: &Utf8Path,
    patterns: &Patterns,
    outputs: &[OutputFolder],
) -> Result<Walked, ScanError> {
    let real_root = root
        .canonicalize_utf8()
        .map_err(|source| ScanError::Unreadable {
            path: root.to_owned(),
            source,
        })?;
    let mut walk = Walk {
        root,
        real_root,
        patterns,
        outputs,
        walked: Walked::default(),
        found: String::new(),
        descended: HashMap::new(),
    };
    let mut entries = WalkDir::new(root)
        .min_depth(1)
        .follow_links(true)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = entries.next() {
        match entry {
            Ok(entry) => {
                let is_folder = entry.file_type().is_dir();
                if walk.take(&entry)? == Verdict::Out && is_folder {
                    entries.skip_current_dir();
                }
            }
            Err(error) => walk.fault(error)?,
        }
    }
    let Walk {
        mut walked, found, ..
    } = walk;
    walked.files = found.split_terminator(END).collect();
    drop(found);
    walked.problems.extend(unportable_names(&walked.files));
    walked.exclude.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(walked)
}

/// One warning a name, however many files lie below it.
fn unportable_names(files: &PathList) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut last = String::new();
    for file in files.iter() {
        let mut length = 0;
        for part in file.split('/') {
            length += part.len() + 1;
            let Some(reason) = unportable(part) else {
                continue;
            };
            let path = &file[..length - 1];
            if path != last {
                problems.push(Problem {
                    severity: Severity::Warning,
                    code: "name-not-portable",
                    origin: None,
                    message: format!("`{path}` can't be unpacked everywhere: {reason}"),
                    hint: Some("rename it, or leave it out with `exclude`".to_owned()),
                });
                path.clone_into(&mut last);
            }
            break;
        }
    }
    problems
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    In,
    Out,
}

/// What no path holds.
const END: char = '\0';

struct Walk<'a> {
    root: &'a Utf8Path,
    real_root: Utf8PathBuf,
    patterns: &'a Patterns,
    outputs: &'a [OutputFolder],
    walked: Walked,
    /// The paths of the files with an [`END`] each: there may be very many.
    found: String,
    /// Folders of the never-list that an include pattern reaches into: what lies
    /// there stays out unless the pattern names it.
    descended: HashMap<Utf8PathBuf, &'static str>,
}

impl Walk<'_> {
    fn take(&mut self, entry: &DirEntry) -> Result<Verdict, ScanError> {
        let Some(relative) = self.relative(entry.path())? else {
            return Ok(Verdict::Out);
        };
        let is_folder = entry.file_type().is_dir();
        if self.patterns.exclude.is_match(&relative) {
            return Ok(self.out(&relative, is_folder, "excluded by the configuration"));
        }
        if let Some(reason) = self.never(&relative, is_folder) {
            if is_folder && self.patterns.reaches_into(&relative) {
                self.descended.insert(relative, reason);
                return Ok(Verdict::In);
            }
            if !self.patterns.include.is_match(&relative) {
                if self.inherited(&relative).is_some() {
                    return Ok(Verdict::Out);
                }
                return Ok(self.out(&relative, is_folder, reason));
            }
        }
        if entry.path_is_symlink() {
            self.check_link(&relative)?;
        }
        if is_folder {
            return Ok(Verdict::In);
        }
        if !entry.file_type().is_file() {
            return Ok(self.out(
                &relative,
                false,
                "no ordinary file: a pipe, socket or device",
            ));
        }
        self.found.push_str(relative.as_str());
        self.found.push(END);
        Ok(Verdict::In)
    }

    fn never(&self, relative: &Utf8Path, is_folder: bool) -> Option<&'static str> {
        if let Some(reason) = self.inherited(relative) {
            return Some(reason);
        }
        let output = self.outputs.iter().find(|output| output.path == relative);
        if let Some(output) = output {
            return Some(output.reason);
        }
        let name = relative.file_name().unwrap_or_default();
        let path = self.root.join(relative);
        if is_folder {
            let is_top = relative.components().count() == 1;
            folder_reason(&path, name, is_top)
        } else {
            file_reason(&path, name)
        }
    }

    fn inherited(&self, relative: &Utf8Path) -> Option<&'static str> {
        relative
            .ancestors()
            .find_map(|folder| self.descended.get(folder))
            .copied()
    }

    fn out(&mut self, relative: &Utf8Path, is_folder: bool, reason: &str) -> Verdict {
        let separator = if is_folder { "/" } else { "" };
        self.walked.exclude.push(Exclusion {
            path: format!("{relative}{separator}"),
            reason: reason.to_owned(),
        });
        Verdict::Out
    }

    /// The path relative to the root; `None` when a name that isn't UTF-8 stays
    /// out anyway.
    fn relative(&mut self, path: &std::path::Path) -> Result<Option<Utf8PathBuf>, ScanError> {
        let relative = path.strip_prefix(self.root).unwrap_or(path);
        if let Some(relative) = Utf8Path::from_path(relative) {
            return Ok(Some(with_slashes(relative)));
        }
        let shown = Utf8PathBuf::from(relative.to_string_lossy().into_owned());
        if self.never(&shown, path.is_dir()).is_some() || self.patterns.exclude.is_match(&shown) {
            return Ok(None);
        }
        Err(ScanError::NameNotUtf8(shown.into_string()))
    }

    fn check_link(&self, relative: &Utf8Path) -> Result<(), ScanError> {
        let link = self.root.join(relative);
        let target = link
            .as_std_path()
            .canonicalize()
            .map_err(|source| ScanError::Unreadable {
                path: relative.to_owned(),
                source,
            })?;
        if target.starts_with(&self.real_root) {
            Ok(())
        } else {
            Err(ScanError::LinkLeaves {
                link: relative.to_owned(),
                target: target.to_string_lossy().into_owned(),
            })
        }
    }

    /// What the walk could not enter.
    fn fault(&mut self, error: walkdir::Error) -> Result<(), ScanError> {
        let path = error
            .path()
            .unwrap_or_else(|| std::path::Path::new(""))
            .to_owned();
        let Some(relative) = self.relative(&path)? else {
            return Ok(());
        };
        // A loop or a dangling link inside of what stays out is nobody's concern.
        let stays_out = self.patterns.exclude.is_match(&relative)
            || (self.never(&relative, true).is_some() || self.never(&relative, false).is_some())
                && !self.patterns.include.is_match(&relative);
        if let Some(ancestor) = error.loop_ancestor() {
            if stays_out {
                self.out(&relative, true, "a link to a folder above it");
                return Ok(());
            }
            let target = ancestor.strip_prefix(self.root).unwrap_or(ancestor);
            let target = match target.to_string_lossy() {
                text if text.is_empty() => ".".to_owned(),
                text => text.into_owned(),
            };
            return Err(ScanError::LinkLoop {
                link: relative,
                target,
            });
        }
        let is_link = path
            .symlink_metadata()
            .is_ok_and(|metadata| metadata.file_type().is_symlink());
        let kind = error.io_error().map(io::Error::kind);
        if is_link && kind == Some(io::ErrorKind::NotFound) {
            self.out(&relative, false, "a link to nothing");
            if !stays_out {
                self.walked.problems.push(Problem {
                    severity: Severity::Warning,
                    code: "dangling-link",
                    origin: None,
                    message: format!("the link `{relative}` points to nothing"),
                    hint: Some("mend or remove it".to_owned()),
                });
            }
            return Ok(());
        }
        // A chain of links that ends in itself (ELOOP) has no ancestor to name.
        if is_link && kind != Some(io::ErrorKind::PermissionDenied) {
            let target = fs_err::read_link(&path).map_or_else(
                |_| "itself".to_owned(),
                |target| target.to_string_lossy().into_owned(),
            );
            return Err(ScanError::LinkLoop {
                link: relative,
                target,
            });
        }
        if stays_out {
            self.out(&relative, true, "unreadable, and never packed");
            return Ok(());
        }
        Err(unreadable(&relative, error))
    }
}

fn unreadable(relative: &Utf8Path, error: walkdir::Error) -> ScanError {
    ScanError::Unreadable {
        path: relative.to_owned(),
        source: error
            .into_io_error()
            .unwrap_or_else(|| io::Error::other("the walk failed")),
    }
}

#[cfg(windows)]
fn with_slashes(path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(path.as_str().replace('\\', "/"))
}

#[cfg(not(windows))]
fn with_slashes(path: &Utf8Path) -> Utf8PathBuf {
    path.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn options(include: &[&str], exclude: &[&str]) -> ScanOptions {
        let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        ScanOptions {
            include: texts(include),
            exclude: texts(exclude),
            ..ScanOptions::default()
        }
    }

    fn path() -> impl Strategy<Value = String> {
        "[a-c][a-c.]{0,2}(/[a-c][a-c]{0,2}){0,3}"
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_is_taken_or_refused_and_never_panics(pattern in ".{0,30}") {
            let _ = Patterns::new(&options(&[&pattern], &[&pattern]));
        }

        #[test]
        fn an_anchored_path_names_itself_and_all_below_it_and_nothing_else(
            one in path(),
            other in path(),
        ) {
            let anchored = format!("/{one}");
            let patterns = Patterns::new(&options(&[], &[&anchored])).expect("a pattern");
            let below = other == one || other.starts_with(&format!("{one}/"));
            prop_assert_eq!(patterns.exclude.is_match(&other), below);
        }

        #[test]
        fn a_name_alone_names_it_in_every_folder(name in "[a-c]{1,3}", folder in path()) {
            let patterns = Patterns::new(&options(&[], &[&name])).expect("a pattern");
            let inside = format!("{folder}/{name}/x");
            let itself = format!("{folder}/{name}");
            prop_assert!(patterns.exclude.is_match(&name));
            prop_assert!(patterns.exclude.is_match(&itself));
            prop_assert!(patterns.exclude.is_match(&inside));
        }

        #[test]
        fn what_is_excluded_is_not_packed_whatever_is_included(
            paths in proptest::collection::btree_set(path(), 1..6),
            pattern in path(),
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let root = Utf8Path::from_path(folder.path()).expect("UTF-8");
            for path in &paths {
                let path = root.join(path);
                // A file may be in another's way: then there is less to walk.
                let _ = fs_err::create_dir_all(path.parent().expect("a parent"));
                let _ = fs_err::write(path, "x");
            }
            let patterns = Patterns::new(&options(&["**", &pattern], &[&pattern])).expect("patterns");
            let walked = walk(root, &patterns, &[]).expect("walks");
            for file in walked.files.iter() {
                prop_assert!(!patterns.exclude.is_match(&file), "{file} was packed");
            }
            let all = Patterns::new(&options(&[], &[])).expect("none");
            let everything = walk(root, &all, &[]).expect("walks").files;
            let left = everything.iter().filter(|file| !patterns.exclude.is_match(file));
            prop_assert_eq!(walked.files.iter().collect::<Vec<_>>(), left.collect::<Vec<_>>());
        }

        #[test]
        fn secrets_stay_out_wherever_they_lie(
            folder in path(),
            secret in prop_oneof![
                Just(".env"), Just(".env.local"), Just("id_rsa"), Just("server.key"), Just("a.pem"),
                Just(".netrc"), Just("prod.env"),
            ],
        ) {
            let temporary = tempfile::tempdir().expect("a folder");
            let root = Utf8Path::from_path(temporary.path()).expect("UTF-8");
            fs_err::create_dir_all(root.join(&folder)).expect("made");
            fs_err::write(root.join(&folder).join(secret), "x").expect("written");
            let patterns = Patterns::new(&options(&[], &[])).expect("none");
            let walked = walk(root, &patterns, &[]).expect("walks");
            prop_assert!(walked.files.is_empty(), "{:?}", walked.files);
        }
    }
}
