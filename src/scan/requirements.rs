//! `requirements*.txt` as pip reads them: nesting, constraints, continuations,
//! hashes, editables; and which of several files is the one to deploy with.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ScanError;
use super::requirement::{name_in_address, requirement};
use super::source_text;
use super::value::normalised;
use crate::model::Span;
use crate::model::project::{Dependency, Problem, Severity};

/// What requirements files said.
#[derive(Debug, Default)]
pub(super) struct Requirements {
    /// The files, the first one first; constraints are not among them.
    pub(super) files: Vec<Utf8PathBuf>,
    pub(super) dependencies: Vec<Dependency>,
    /// Folders of the project that are required themselves (`-e .`), and where.
    pub(super) local: Vec<(Utf8PathBuf, Span)>,
    pub(super) problems: Vec<Problem>,
}

/// Reads `file` and what it includes.
pub(super) fn read(root: &Utf8Path, file: &Utf8Path) -> Result<Requirements, ScanError> {
    let mut found = Requirements::default();
    let mut seen = BTreeSet::new();
    read_into(root, file, &mut found, &mut seen)?;
    Ok(found)
}

fn read_into(
    root: &Utf8Path,
    file: &Utf8Path,
    found: &mut Requirements,
    seen: &mut BTreeSet<Utf8PathBuf>,
) -> Result<(), ScanError> {
    // pip, too, reads a file once; a cycle ends here.
    if !seen.insert(file.to_owned()) {
        return Ok(());
    }
    let (text, is_wide) = source_text::requirements(root, file)?;
    if is_wide {
        found.problems.push(wide(file));
    }
    found.files.push(file.to_owned());
    for (line, text) in logical_lines(&text) {
        let origin = Span::new(file, line);
        read_line(root, &text, origin, found, seen)?;
    }
    Ok(())
}

fn read_line(
    root: &Utf8Path,
    text: &str,
    origin: Span,
    found: &mut Requirements,
    seen: &mut BTreeSet<Utf8PathBuf>,
) -> Result<(), ScanError> {
    if let Some(nested) = option(text, "-r", "--requirement") {
        if nested.contains("://") {
            found.problems.push(remote(&origin, nested));
            return Ok(());
        }
        let Some(path) = beside(&origin.path, nested) else {
            found.problems.push(outside(&origin, nested));
            return Ok(());
        };
        if !root.join(&path).is_file() {
            return Err(ScanError::RequirementsNotFound {
                origin: origin.to_string(),
                path,
            });
        }
        return read_into(root, &path, found, seen);
    }
    if let Some(constraints) = option(text, "-c", "--constraint") {
        if constraints.contains("://") {
            found.problems.push(remote(&origin, constraints));
            return Ok(());
        }
        let missing = beside(&origin.path, constraints).filter(|path| !root.join(path).is_file());
        if let Some(path) = missing {
            return Err(ScanError::RequirementsNotFound {
                origin: origin.to_string(),
                path,
            });
        }
        return Ok(());
    }
    let editable = option(text, "-e", "--editable");
    if editable.is_none() && text.starts_with('-') {
        // Options for the client: indexes, hashes, formats.
        return Ok(());
    }
    let (target, marker) = match editable.unwrap_or(text).split_once(" ;") {
        Some((target, marker)) => (target.trim(), Some(marker.trim().to_owned())),
        None => (editable.unwrap_or(text), None),
    };
    if is_address(target) {
        if let Some(name) = name_in_address(target) {
            found.dependencies.push(Dependency {
                marker,
                ..Dependency::new(name, format!("@ {target}"), origin)
            });
        }
        return Ok(());
    }
    let bare = target.split(['[', ';']).next().unwrap_or(target).trim();
    let bare = bare.strip_prefix("file:").unwrap_or(bare);
    if editable.is_some() || is_path(root, bare) {
        found.local(root, &origin, bare, marker);
        return Ok(());
    }
    match requirement(text, origin.clone()) {
        Some(dependency) => found.dependencies.push(dependency),
        None => found.problems.push(Problem {
            severity: Severity::Warning,
            code: "requirement-unreadable",
            message: format!(
                "`{}` is no requirement that djwar understands",
                shortened(text)
            ),
            origin: Some(origin),
            hint: Some("write it as `name==version`".to_owned()),
        }),
    }
    Ok(())
}

/// What stands in a message: a hostile line is as long as its file.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// As pip tells a path from a name: by its look, or because it is there.
fn is_path(root: &Utf8Path, text: &str) -> bool {
    let is_archive = [".whl", ".zip", ".tar.gz", ".tgz", ".tar.bz2"]
        .iter()
        .any(|ending| text.ends_with(ending));
    text.starts_with("./")
        || text.starts_with("../")
        || matches!(text, "." | "..")
        || text.starts_with('/')
        || (is_archive || text.contains('/')) && !text.contains(' ') && root.join(text).exists()
}

impl Requirements {
    /// A folder or an archive of the project.
    fn local(&mut self, root: &Utf8Path, origin: &Span, path: &str, marker: Option<String>) {
        let problem = |severity, code, message, hint: &str| Problem {
            severity,
            code,
            origin: Some(origin.clone()),
            message,
            hint: Some(hint.to_owned()),
        };
        // pip takes paths from the folder where it runs, which is the root; people
        // write them from the file's, and run it there.
        let here = beside(Utf8Path::new("requirements.txt"), path);
        let nested = beside(&origin.path, path);
        let is_there = |path: &Utf8PathBuf| root.join(path).exists();
        let holds_package = |path: &Utf8PathBuf| {
            let path = root.join(path);
            path.is_file()
                || ["pyproject.toml", "setup.py", "setup.cfg"]
                    .iter()
                    .any(|name| path.join(name).is_file())
        };
        let candidates = [here, nested];
        let known = candidates.iter().flatten();
        let best = known
            .clone()
            .find(|path| holds_package(path))
            .or_else(|| known.clone().find(|path| is_there(path)));
        let Some(best) = best.cloned() else {
            self.problems.push(if known.count() == 0 {
                outside(origin, path)
            } else {
                problem(
                    Severity::Error,
                    "requirement-path",
                    format!("the requirement `{}` is not there", shortened(path)),
                    "add it, or mend the path: it starts at the project's folder",
                )
            });
            return;
        };
        if root.join(&best).is_file() {
            let file_name = best.file_name().unwrap_or_default();
            if let Some(name) = name_in_address(file_name) {
                self.dependencies.push(Dependency {
                    marker,
                    ..Dependency::new(name, format!("@ ./{best}"), origin.clone())
                });
            }
        } else if !self.local.iter().any(|(known, _)| *known == best) {
            self.local.push((best, origin.clone()));
        }
    }
}

/// What PowerShell's `pip freeze > requirements.txt` writes.
fn wide(file: &Utf8Path) -> Problem {
    Problem {
        severity: Severity::Warning,
        code: "utf-16",
        origin: Some(Span::new(file, 1)),
        message: format!("`{file}` is written in UTF-16; pip reads it, other tools do not"),
        hint: Some(format!("save `{file}` as UTF-8")),
    }
}

fn remote(origin: &Span, address: &str) -> Problem {
    Problem {
        severity: Severity::Warning,
        code: "requirement-remote",
        origin: Some(origin.clone()),
        message: format!(
            "`{}` is somewhere else: the build's client fetches it, and reading the project shows \
             nothing of it",
            shortened(address)
        ),
        hint: Some("keep a copy in the project".to_owned()),
    }
}

fn outside(origin: &Span, path: &str) -> Problem {
    Problem {
        severity: Severity::Error,
        code: "requirement-outside",
        origin: Some(origin.clone()),
        message: format!("`{}` lies outside of the project", shortened(path)),
        hint: Some("name a folder that holds both as the project".to_owned()),
    }
}

fn is_address(text: &str) -> bool {
    [
        "git+", "hg+", "svn+", "bzr+", "http://", "https://", "ftp://",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

/// The argument of an option in its forms `-r x`, `-rx`, `--requirement x`,
/// `--requirement=x`.
fn option<'a>(text: &'a str, short: &str, long: &str) -> Option<&'a str> {
    let argument = match text.strip_prefix(long) {
        Some(rest) => rest
            .strip_prefix('=')
            .or_else(|| rest.strip_prefix(char::is_whitespace))?,
        None => text
            .strip_prefix(short)
            .filter(|_| !text.starts_with("--"))?,
    };
    let argument = argument.trim().trim_matches(['"', '\'']);
    (!argument.is_empty()).then_some(argument)
}

/// `path` as written in `file`, relative to the root; `None` outside of it.
fn beside(file: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    if path.starts_with('/') {
        return None;
    }
    let folder = file.parent().unwrap_or(Utf8Path::new(""));
    let joined = normalised(folder.join(path).as_str());
    match joined.as_str() {
        "." => Some(Utf8PathBuf::new()),
        path if path.starts_with("..") => None,
        path => Some(Utf8PathBuf::from(path)),
    }
}

/// Lines without comments, with continuations joined, and their first line's number.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut pending: Option<(u32, String)> = None;
    for (number, line) in (1_u32..).zip(text.lines()) {
        let (first, mut whole) = pending.take().unwrap_or((number, String::new()));
        let stripped = without_comment(line);
        if let Some(start) = stripped.trim_end().strip_suffix('\\') {
            whole.push_str(start);
            pending = Some((first, whole));
        } else {
            whole.push_str(stripped);
            lines.push((first, whole.trim().to_owned()));
        }
    }
    lines.extend(pending);
    lines.retain(|(_, text)| !text.is_empty());
    lines
}

/// A `#` begins a comment at the line's start or after a blank; in an address it
/// begins the fragment.
fn without_comment(line: &str) -> &str {
    let mut before_is_blank = true;
    for (at, letter) in line.char_indices() {
        if letter == '#' && before_is_blank {
            return &line[..at];
        }
        before_is_blank = letter.is_whitespace();
    }
    line
}

/// The requirements file to deploy with: nearest to `manage.py` first.
pub(super) fn choose(root: &Utf8Path, folders: &[Utf8PathBuf]) -> Option<Utf8PathBuf> {
    const NAMES: &[&str] = &[
        "requirements/production.txt",
        "requirements/prod.txt",
        "requirements-production.txt",
        "requirements-prod.txt",
        "requirements_production.txt",
        "requirements_prod.txt",
        "prod-requirements.txt",
        "requirements.txt",
        "requirements/deploy.txt",
        "requirements/base.txt",
        "requirements/main.txt",
        "requirements/common.txt",
        "requirements/requirements.txt",
        "requirements/default.txt",
        "reqs/production.txt",
        "reqs/base.txt",
        "requirements-base.txt",
        "requirements_base.txt",
        "requirements.in",
        "requirements/production.in",
        "requirements/base.in",
        "requirements.pip",
        "pip-requirements.txt",
    ];
    folders.iter().find_map(|folder| {
        NAMES
            .iter()
            .map(|name| super::modules::join(folder, Utf8Path::new(name)))
            .find(|path| root.join(path).is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> (tempfile::TempDir, Utf8PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
        for (path, text) in files {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("made");
            fs_err::write(path, text).expect("written");
        }
        (folder, root)
    }

    #[test]
    fn nesting_constraints_comments_and_continuations_are_read() {
        let (_folder, root) = project(&[
            (
                "requirements/production.txt",
                "-r base.txt\n-c constraints.txt\n--index-url x\ngunicorn==22 # server\n",
            ),
            (
                "requirements/base.txt",
                "# all\r\nDjango==5.2 \\\r\n    --hash=sha256:00 \\\r\n    --hash=sha256:11\r\n\
                 git+https://example.org/a.git#egg=a\n-e ..\n",
            ),
            ("requirements/constraints.txt", "sqlparse==0.5\n"),
        ]);
        let found = read(&root, Utf8Path::new("requirements/production.txt")).expect("read");
        let texts: Vec<String> = found
            .dependencies
            .iter()
            .map(|one| format!("{}{} {}", one.name, one.specifier, one.origin))
            .collect();
        assert_eq!(
            texts,
            [
                "django==5.2 requirements/base.txt:2",
                "a@ git+https://example.org/a.git#egg=a requirements/base.txt:5",
                "gunicorn==22 requirements/production.txt:4",
            ]
        );
        assert_eq!(
            found.files,
            ["requirements/production.txt", "requirements/base.txt"]
        );
        let local: Vec<&str> = found.local.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(local, [""]);
    }

    #[test]
    fn a_cycle_ends() {
        let (_folder, root) = project(&[("a.txt", "-r b.txt\nx\n"), ("b.txt", "-r a.txt\ny\n")]);
        let found = read(&root, Utf8Path::new("a.txt")).expect("read");
        assert_eq!(found.dependencies.len(), 2);
    }

    #[test]
    fn a_missing_file_is_named_with_the_line_that_names_it() {
        let (_folder, root) = project(&[("requirements.txt", "\n-r nowhere.txt\n")]);
        let error = read(&root, Utf8Path::new("requirements.txt")).expect_err("missing");
        assert_eq!(
            error.to_string(),
            "requirements.txt:2: the requirements file `nowhere.txt` does not exist"
        );
    }
}
