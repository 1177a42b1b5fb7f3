//! Wheels: what their names say, where their files go, and the set of them that a
//! project needs. How they are brought is [`super::pip`]'s and [`super::uv`]'s.

use std::collections::HashMap;

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;
use serde::{Deserialize, Serialize};

use super::cache::{Cache, Key, sha256_of};
use super::error::ResolveError;
use super::python::Python;
use super::requirements::WheelRequest;
use super::resolver::Resolver;
use crate::model::{Packed, WarPath};
use crate::zipfile::{Directory, Member};

/// Changes when the same requirements would be resolved otherwise.
const RECIPE: &str = "wheels 1";

/// A wheel in the cache.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wheel {
    /// Normalised as PEP 503 has it.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Of its bytes.
    pub sha256: String,
    /// Whether it holds code for one platform.
    pub is_native: bool,
}

/// All wheels that a project needs, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Resolution {
    /// The wheels.
    pub wheels: Vec<Wheel>,
}

/// One file of a wheel, and where an installation puts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFile {
    /// The entry's name in the wheel.
    pub entry: String,
    /// Below the folder that is on `sys.path`.
    pub path: String,
    /// What the wheel's directory says of it.
    pub packed: Packed,
}

/// A file of a wheel which stays out of a WAR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelLeftOut {
    /// The entry's name in the wheel.
    pub entry: String,
    /// Why.
    pub reason: &'static str,
}

/// What a wheel brings and doesn't bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WheelLayout {
    /// In the wheel's order.
    pub files: Vec<WheelFile>,
    /// In the wheel's order.
    pub left_out: Vec<WheelLeftOut>,
}

impl Resolution {
    /// Tells this set from every other.
    pub fn digest(&self) -> String {
        Key::of(self.wheels.iter().map(|wheel| wheel.sha256.as_str()))
            .as_str()
            .to_owned()
    }

    /// The wheel of that (normalised) name.
    pub fn wheel(&self, name: &str) -> Option<&Wheel> {
        self.wheels.iter().find(|wheel| wheel.name == name)
    }
}

/// PEP 503: lower case, and one `-` for every run of `-`, `_`, `.`.
pub fn normalized(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for letter in name.chars() {
        if matches!(letter, '-' | '_' | '.') {
            if !normal.ends_with('-') {
                normal.push('-');
            }
        } else {
            normal.push(letter.to_ascii_lowercase());
        }
    }
    normal
}

/// `name-version[-build]-python-abi-platform.whl` (PEP 427).
pub(crate) struct WheelName {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) is_native: bool,
}

impl WheelName {
    pub(crate) fn of(file_name: &str) -> Option<Self> {
        let parts: Vec<&str> = file_name.strip_suffix(".whl")?.split('-').collect();
        if !(5..=6).contains(&parts.len()) {
            return None;
        }
        Some(Self {
            name: normalized(parts[0]),
            version: parts[1].to_owned(),
            is_native: parts.last() != Some(&"any"),
        })
    }
}

impl Wheel {
    fn in_cache(cache: &Cache, file_name: &str, sha256: &str) -> Option<Self> {
        let folder = cache.existing("wheels", &Key::of([sha256]))?;
        let WheelName {
            name,
            version,
            is_native,
        } = WheelName::of(file_name)?;
        Some(Self {
            name,
            version,
            path: folder.join(file_name),
            sha256: sha256.to_owned(),
            is_native,
        })
    }

    /// Where an installation puts the wheel's files (PEP 427, "Installing a wheel").
    ///
    /// # Errors
    /// When the wheel can't be read, or an entry's path would leave the folder.
    pub fn layout(&self) -> Result<WheelLayout, ResolveError> {
        let directory = Directory::read(&mut File::open(&self.path)?)
            .map_err(|error| self.damaged(error.to_string()))?;
        // Of two with one name the last counts, as for whoever copies it.
        let members: HashMap<&str, &Member> = directory
            .members()
            .iter()
            .map(|member| (member.name.as_str(), member))
            .collect();
        let mut layout = WheelLayout::default();
        for member in directory.members() {
            if member.is_folder() {
                continue;
            }
            let name = member.name.clone();
            let compiled = name
                .strip_suffix(".po")
                .is_some_and(|stem| members.contains_key(format!("{stem}.mo").as_str()));
            if compiled {
                // A third of Django's files.
                layout.left_out.push(WheelLeftOut {
                    entry: name,
                    reason: "the source of a translation that is there compiled",
                });
                continue;
            }
            match place(&name) {
                Ok(path) => {
                    WarPath::new(&path).map_err(|error| self.damaged(error.to_string()))?;
                    let member = members[name.as_str()];
                    layout.files.push(WheelFile {
                        path,
                        packed: member.packed(),
                        entry: name,
                    });
                }
                Err(reason) => layout.left_out.push(WheelLeftOut {
                    entry: name,
                    reason,
                }),
            }
        }
        Ok(layout)
    }

    /// Unpacks the files whose place `wanted` accepts; returns their places.
    ///
    /// # Errors
    /// As for [`Wheel::layout`], and when the folder can't be written.
    pub(crate) fn unpack(
        &self,
        folder: &Utf8Path,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<String>, ResolveError> {
        let mut archive = self.open()?;
        let mut unpacked = Vec::new();
        for file in self.layout()?.files {
            if !wanted(&file.path) {
                continue;
            }
            let mut entry = archive
                .by_name(&file.entry)
                .map_err(|error| self.damaged(error.to_string()))?;
            let target = folder.join(&file.path);
            if let Some(parent) = target.parent() {
                fs_err::create_dir_all(parent)?;
            }
            let mut out = File::create(&target)?;
            // The zip crate compares CRC-32 at the entry's end.
            std::io::copy(&mut entry, &mut out).map_err(|error| self.damaged(error.to_string()))?;
            unpacked.push(file.path);
        }
        Ok(unpacked)
    }

    fn open(&self) -> Result<zip::ZipArchive<File>, ResolveError> {
        zip::ZipArchive::new(File::open(&self.path)?)
            .map_err(|error| self.damaged(error.to_string()))
    }

    fn damaged(&self, reason: String) -> ResolveError {
        ResolveError::CorruptArtifact {
            path: self.path.clone(),
            reason,
        }
    }
}

/// The place of a wheel's entry, or why it has none.
fn place(entry: &str) -> Result<String, &'static str> {
    let inside = match entry.split_once('/') {
        Some((first, rest)) if Utf8Path::new(first).extension() == Some("data") => {
            match rest.split_once('/') {
                Some(("purelib" | "platlib", path)) => path,
                Some(("scripts", _)) => return Err("a command-line program of a dependency"),
                Some(("headers", _)) => return Err("C headers of a dependency"),
                _ => return Err("data that an installation puts outside of the packages"),
            }
        }
        _ => entry,
    };
    if inside.contains("__pycache__/")
        || Utf8Path::new(inside).extension() == Some("pyc")
        || inside.ends_with("$py.class")
    {
        return Err("byte code of another Python; djwar compiles its own");
    }
    Ok(inside.to_owned())
}

/// What a resolution is in the cache: the wheels are entries of their own.
#[derive(Serialize, Deserialize)]
struct Record {
    wheels: Vec<RecordedWheel>,
}

#[derive(Serialize, Deserialize)]
struct RecordedWheel {
    file_name: String,
    sha256: String,
}

impl Resolver<'_> {
    /// The wheels for the target's Python and platform. The same requirements
    /// give what the cache has, and start no pip.
    ///
    /// # Errors
    /// When a requirement can't be had, and says which, where it is written and
    /// what would help.
    pub fn wheels(
        &self,
        request: &WheelRequest,
        python: &dyn Python,
    ) -> Result<Resolution, ResolveError> {
        if request.is_empty() {
            return Ok(Resolution::default());
        }
        let digest = request.digest(&self.host)?;
        let key = Key::of([RECIPE, &digest, python.digest()]);
        if let Some(resolution) = self.recorded(&key) {
            return Ok(resolution);
        }
        if self.offline {
            let mut missing = vec![request.describe()];
            missing.extend(request.repositories());
            return Err(ResolveError::Offline { missing });
        }
        self.report
            .status(&format!("Resolving {}", request.describe()));
        // A record whose wheels are gone or damaged is of no use.
        self.cache.remove("resolutions", &key)?;
        let scratch = self.cache.scratch()?;
        let scratch = scratch.path();
        let files = python.bring_wheels(self, request, scratch)?;
        let mut record = Record { wheels: Vec::new() };
        for file in files {
            let file_name = file.file_name().unwrap_or_default().to_owned();
            let sha256 = sha256_of(&file)?;
            self.cache.file_or_make(
                "wheels",
                &Key::of([sha256.as_str()]),
                &file_name,
                |target| Ok(fs_err::rename(&file, target)?),
            )?;
            record.wheels.push(RecordedWheel { file_name, sha256 });
        }
        record
            .wheels
            .sort_by_cached_key(|wheel| normalized(&wheel.file_name));
        let text = serde_json::to_vec_pretty(&record).map_err(std::io::Error::other)?;
        self.cache
            .file_or_make("resolutions", &key, "resolution.json", |target| {
                Ok(fs_err::write(target, text)?)
            })?;
        self.recorded(&key).ok_or_else(|| {
            ResolveError::from(std::io::Error::other(
                "the cache lost the wheels; is another program cleaning it?",
            ))
        })
    }

    fn recorded(&self, key: &Key) -> Option<Resolution> {
        let folder = self.cache.existing("resolutions", key)?;
        let text = fs_err::read(folder.join("resolution.json")).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        record
            .wheels
            .iter()
            .map(|wheel| Wheel::in_cache(&self.cache, &wheel.file_name, &wheel.sha256))
            .collect::<Option<Vec<_>>>()
            .map(|wheels| Resolution { wheels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheels_name_says_whether_it_is_native() {
        let pure = WheelName::of("Django-5.2.8-py3-none-any.whl").expect("a wheel");
        assert_eq!(
            (pure.name.as_str(), pure.version.as_str()),
            ("django", "5.2.8")
        );
        assert!(!pure.is_native);
        let native = WheelName::of("psycopg_binary-3.2.9-1-cp313-cp313-manylinux_2_17_x86_64.whl")
            .expect("a wheel with a build number");
        assert_eq!(native.name, "psycopg-binary");
        assert!(native.is_native);
        assert!(WheelName::of("docopt-0.6.2.tar.gz").is_none());
    }

    #[test]
    fn files_go_where_an_installation_puts_them() {
        assert_eq!(place("pkg/x.py"), Ok("pkg/x.py".to_owned()));
        assert_eq!(
            place("a-1.data/purelib/pkg/x.py"),
            Ok("pkg/x.py".to_owned())
        );
        assert_eq!(place("a-1.data/platlib/x.so"), Ok("x.so".to_owned()));
        assert_eq!(
            place("a-1.dist-info/METADATA"),
            Ok("a-1.dist-info/METADATA".to_owned())
        );
        for entry in [
            "a-1.data/scripts/run",
            "a-1.data/headers/x.h",
            "a-1.data/data/share/x",
            "pkg/__pycache__/x.cpython-39.pyc",
        ] {
            assert!(place(entry).is_err(), "{entry}");
        }
    }

    #[test]
    fn names_are_normal_in_one_way() {
        assert_eq!(
            normalized("Django_REST..framework"),
            "django-rest-framework"
        );
    }
}
