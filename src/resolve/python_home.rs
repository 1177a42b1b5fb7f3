//! The interpreter that travels in the WAR: trimmed, the standard library in one
//! archive (docs/decisions/0004-python-home.md has the figures).

use camino::{Utf8Path, Utf8PathBuf};

use super::archive;
use super::cache::{Key, utf8};
use super::error::ResolveError;
use super::interpreter::Tree;
use super::packed::Packer;
use super::resolver::Resolver;
use crate::model::{Platform, PythonChoice, PythonVersion};

/// Changes when the same interpreter would be packed otherwise.
const RECIPE: &str = "home 1";

/// A home ready for the WAR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonHome {
    /// The archive; its entries' names are paths below the home.
    pub archive: Utf8PathBuf,
    /// Its release line.
    pub python: PythonVersion,
    /// The program, below the home.
    pub executable: String,
}

impl Resolver<'_> {
    /// The home for a platform; none when the target's own Python is to be used.
    ///
    /// # Errors
    /// When there is no such interpreter, or it can't be had.
    pub fn python_home(
        &self,
        choice: &PythonChoice,
        platform: Platform,
    ) -> Result<Option<PythonHome>, ResolveError> {
        let tree = match choice {
            PythonChoice::Bundled(python) => self.tree(*python, platform)?,
            PythonChoice::File(file) => self.tree_of_file(file)?,
            PythonChoice::Host => return Ok(None),
        };
        let key = Key::of([RECIPE, &tree.digest]);
        let archive = self
            .cache
            .file_or_make("homes", &key, "home.zip", |file| pack(&tree, file))?;
        let executable = archive::executable(&tree.folder, tree.python);
        let executable = executable.strip_prefix(&tree.folder).unwrap_or(&executable);
        Ok(Some(PythonHome {
            archive,
            python: tree.python,
            executable: executable.as_str().replace('\\', "/"),
        }))
    }
}

fn pack(tree: &Tree, file: &Utf8Path) -> Result<(), ResolveError> {
    let library = archive::standard_library(&tree.folder, tree.python);
    // On Windows the standard library and the extension modules share a
    // folder; it stays as it is there.
    let zipped = library.ends_with(format!("python{}", tree.python));
    let zip_name = format!("lib/python{}.zip", tree.python.digits());
    let mut inner = Packer::in_memory();
    let mut loose = Vec::new();
    for found in walkdir::WalkDir::new(&tree.folder).sort_by_file_name() {
        let found = found.map_err(std::io::Error::other)?;
        if !found.file_type().is_file() {
            continue;
        }
        let path = utf8(found.path())?;
        let name = path
            .strip_prefix(&tree.folder)
            .unwrap_or(&path)
            .as_str()
            .replace('\\', "/");
        if is_for_builds_only(&name, tree.python) {
            continue;
        }
        let module = path.strip_prefix(&library).ok().filter(|_| zipped);
        match module {
            Some(module) if is_zippable(module) => {
                inner.stored(module.as_str(), &fs_err::read(&path)?)?;
                let compiled = archive::compiled_path(&library, module.as_str(), tree.python);
                if compiled.is_file() {
                    // zipimport looks beside the source, not in __pycache__.
                    inner.stored(&format!("{module}c"), &fs_err::read(compiled)?)?;
                }
            }
            Some(module)
                if module.as_str().contains("__pycache__")
                    && !module.as_str().contains("__pycache__/os.") => {}
            _ => loose.push((name, path)),
        }
    }
    if zipped {
        loose.push((zip_name.clone(), Utf8PathBuf::new()));
    }
    loose.sort();
    let inner = inner.into_bytes()?;
    let mut outer = Packer::create(file)?;
    for (name, path) in loose {
        if name == zip_name {
            outer.deflated(&name, &inner)?;
        } else {
            outer.deflated(&name, &fs_err::read(path)?)?;
        }
    }
    outer.finish()
}

/// Everything but `os.py`, by which Python finds its home.
fn is_zippable(module: &Utf8Path) -> bool {
    module.extension() == Some("py") && module != "os.py"
}

/// pip works at build time and isn't needed in a WAR, nor are the other names
/// of the program.
fn is_for_builds_only(name: &str, python: PythonVersion) -> bool {
    if let Some(program) = name.strip_prefix("bin/") {
        // On Windows the folder also holds what the program links to.
        let linked = matches!(Utf8Path::new(program).extension(), Some("exe" | "dll"));
        return program != format!("python{python}") && !linked;
    }
    name.contains("/site-packages/") || name.starts_with("lib/pip/")
}
