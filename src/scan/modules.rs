//! Dotted module names ↔ files of the project.

use camino::{Utf8Path, Utf8PathBuf};

/// Where the project's modules are looked for.
#[derive(Clone, Debug)]
pub(super) struct Modules {
    /// The project's folder, absolute.
    pub(super) root: Utf8PathBuf,
    /// Folders relative to the root that are on `sys.path`, first wins.
    pub(super) search: Vec<Utf8PathBuf>,
}

impl Modules {
    /// The file of a dotted name, relative to the root.
    pub(super) fn file(&self, dotted: &str) -> Option<Utf8PathBuf> {
        let relative = relative_path(dotted)?;
        self.search
            .iter()
            .find_map(|folder| self.file_at(&join(folder, &relative)))
    }

    /// The folder of a dotted name that is a package, also one without `__init__`.
    pub(super) fn folder(&self, dotted: &str) -> Option<Utf8PathBuf> {
        let relative = relative_path(dotted)?;
        self.search
            .iter()
            .map(|folder| join(folder, &relative))
            .find(|path| self.root.join(path).is_dir())
    }

    /// The file of `from .a.b import …` written in `importer`.
    pub(super) fn relative(
        &self,
        importer: &Utf8Path,
        level: u32,
        dotted: &str,
    ) -> Option<Utf8PathBuf> {
        let mut folder = importer.parent()?;
        for _ in 1..level {
            folder = folder.parent()?;
        }
        if dotted.is_empty() {
            return self.exists(folder.join("__init__.py"));
        }
        self.file_at(&join(folder, &relative_path(dotted)?))
    }

    /// The module or package at a path without its ending.
    pub(super) fn file_at(&self, stem: &Utf8Path) -> Option<Utf8PathBuf> {
        self.exists(stem.join("__init__.py"))
            .or_else(|| self.exists(Utf8PathBuf::from(format!("{stem}.py"))))
    }

    fn exists(&self, path: Utf8PathBuf) -> Option<Utf8PathBuf> {
        self.root.join(&path).is_file().then_some(path)
    }

    /// The dotted name of a file below one of the search folders.
    pub(super) fn dotted(&self, file: &Utf8Path) -> Option<String> {
        self.search
            .iter()
            .find_map(|folder| dotted_below(folder, file))
    }
}

/// The dotted name of `file` as seen from `folder`.
pub(super) fn dotted_below(folder: &Utf8Path, file: &Utf8Path) -> Option<String> {
    let relative = file.strip_prefix(folder).ok()?;
    let stem = relative.as_str().strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    Some(stem.replace('/', "."))
}

fn relative_path(dotted: &str) -> Option<Utf8PathBuf> {
    let well_formed = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|letter| letter.is_alphanumeric() || letter == '_' || letter == '-')
    };
    dotted
        .split('.')
        .all(well_formed)
        .then(|| Utf8PathBuf::from(dotted.replace('.', "/")))
}

/// `join` without the trailing separator that an empty part leaves.
pub(super) fn join(folder: &Utf8Path, part: &Utf8Path) -> Utf8PathBuf {
    if folder.as_str().is_empty() {
        part.to_owned()
    } else {
        folder.join(part)
    }
}
