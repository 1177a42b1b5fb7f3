//! The Python side of a WAR, unpacked into a folder: what `djwar manage` runs
//! commands in. The same tree, links and environment as in a container.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::DeployError;
use crate::model::{Engine, Platform, PythonVersion};
use crate::plan::layout;
use crate::resolve::{Host, Interpreter, Jython, make_executable};

/// Where the jars lie, below the root.
const JARS: &str = "jars";

/// Where the static files lie, below the root: beside the manifests.
const STATIC: &str = "static";

/// An unpacked WAR.
#[derive(Clone, Debug)]
pub struct UnpackedWar {
    /// The WAR itself.
    war: Utf8PathBuf,
    /// `WEB-INF/python` on disk.
    root: Utf8PathBuf,
    /// The context-params of its web.xml.
    parameters: BTreeMap<String, String>,
}

type War = ZipArchive<BufReader<std::fs::File>>;

impl UnpackedWar {
    /// Unpacks `war` below `folder`, in a folder named by the WAR's content; done
    /// once, then found again.
    ///
    /// # Errors
    /// When `war` is no WAR of djwar, or the disk refuses.
    pub fn open(war: &Utf8Path, folder: &Utf8Path) -> Result<Self, DeployError> {
        let mut archive = open_archive(war)?;
        let record = text_of(&mut archive, war, layout::RECORD)?;
        let digest =
            digest_in(&record).ok_or_else(|| not_a_war(war, "its record has no digest"))?;
        let parameters = context_parameters(&text_of(&mut archive, war, layout::WEB_XML)?)
            .map_err(|error| not_a_war(war, &format!("its web.xml is broken: {error}")))?;
        let root = folder.join(&digest[..digest.len().min(16)]);
        let unpacked = Self {
            war: war.to_owned(),
            root,
            parameters,
        };
        if unpacked.root.exists() {
            touch(&unpacked.root);
        } else {
            let prefix = unpacked.static_prefix();
            unpack(&mut archive, war, folder, &unpacked.root, &prefix)?;
        }
        Ok(unpacked)
    }

    /// The parameter `djwar.NAME` of web.xml.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(&format!("djwar.{name}"))
            .map(String::as_str)
    }

    /// The project's folder.
    pub fn application(&self) -> Utf8PathBuf {
        self.root.join("app")
    }

    /// What the WAR holds at `path` of the project; nothing when it has no such file.
    ///
    /// # Errors
    /// When the WAR can't be read any more.
    pub(super) fn packed_file(&self, path: &Utf8Path) -> Result<Option<Vec<u8>>, DeployError> {
        let mut archive = open_archive(&self.war)?;
        let Ok(entry) = layout::application(path.as_str()) else {
            return Ok(None);
        };
        let Ok(mut entry) = archive.by_name(entry.as_str()) else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        entry
            .read_to_end(&mut bytes)
            .map_err(|error| not_a_war(&self.war, &error.to_string()))?;
        Ok(Some(bytes))
    }

    /// `sys.path`, outermost first: handler, source root, the folders of
    /// `djwar.python-path`, dependencies, and for Jython the database modules. The
    /// order is the runtime's (`CpythonBoot`, `JythonBoot`).
    pub fn python_path(&self) -> Vec<Utf8PathBuf> {
        let application = self.application();
        let source = self.parameter("source-root").unwrap_or_default();
        let more = self.parameter("python-path").unwrap_or_default();
        let mut path = vec![self.root.join("handler"), application.join(source)];
        path.extend(
            more.split(',')
                .map(str::trim)
                .filter(|folder| !folder.is_empty())
                .map(|folder| match folder {
                    "." => application.clone(),
                    _ => application.join(folder),
                }),
        );
        path.push(self.root.join("lib"));
        if self.is_jython() {
            path.push(self.root.join("jdbc"));
        }
        path.iter()
            .map(|folder| folder.as_str().trim_end_matches('/').into())
            .collect()
    }

    /// Whether the engine is Jython.
    pub fn is_jython(&self) -> bool {
        self.parameter("engine") == Some(Engine::Jython.as_str())
    }

    /// The WAR's Jython, with all its jars.
    ///
    /// # Errors
    /// When the WAR has none, or this machine no Java.
    pub fn jython(&self, host: &Host) -> Result<Jython, DeployError> {
        let folder = self.root.join(JARS);
        let mut jars = Vec::new();
        for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
            jars.push(entry.into_path());
        }
        jars.sort();
        Ok(Jython::of(host, &jars, String::new())?)
    }

    /// The WAR's Python, or the host's own where the WAR is made for that (`python
    /// = "host"`). Nothing when there is none for this machine.
    pub fn interpreter(&self, host: &Host) -> Option<Interpreter> {
        let version: PythonVersion = self.parameter("python-version")?.parse().ok()?;
        let name = format!("python{version}");
        let interpreter = |executable, home| Interpreter {
            version,
            executable,
            home,
            // Nothing is cached for it.
            digest: String::new(),
        };
        if self.parameter("python") == Some("host") {
            return Some(interpreter(host.find(&name)?, None));
        }
        let home = self
            .root
            .join("home")
            .join(Platform::of_this_host()?.as_str());
        let executable = home.join("bin").join(name);
        executable
            .is_file()
            .then(|| interpreter(executable, Some(home)))
    }

    /// What the WAR sets in the project's environment, `djwar.env.NAME`.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("djwar.env.")?, value.as_str())))
    }

    /// The paths of the project that outlive a redeploy; a folder ends in `/`.
    pub fn data(&self) -> impl Iterator<Item = &str> {
        self.parameter("data")
            .unwrap_or_default()
            .split(',')
            .filter(|path| !path.is_empty())
    }

    /// The folder of the collected static files in the WAR, such as `static/`, or empty.
    fn static_prefix(&self) -> String {
        let prefixes = self.parameter("static-prefixes").unwrap_or_default();
        let first = prefixes.split(',').next().unwrap_or_default();
        match first.trim().trim_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        }
    }

    /// The folder that holds the collected static files, or at least their manifest;
    /// if there is one.
    pub fn static_root(&self) -> Option<Utf8PathBuf> {
        let folder = self.root.join(STATIC);
        folder.is_dir().then_some(folder)
    }
}

fn not_a_war(war: &Utf8Path, reason: &str) -> DeployError {
    DeployError::NotAWar {
        path: war.to_owned(),
        reason: reason.to_owned(),
    }
}

fn open_archive(war: &Utf8Path) -> Result<War, DeployError> {
    let file = fs_err::File::open(war).map_err(|source| DeployError::Io {
        doing: format!("can't open `{war}`"),
        source,
    })?;
    ZipArchive::new(BufReader::new(file.into_parts().0))
        .map_err(|error| not_a_war(war, &error.to_string()))
}

fn text_of(archive: &mut War, war: &Utf8Path, name: &str) -> Result<String, DeployError> {
    let mut text = String::new();
    let mut entry = archive
        .by_name(name)
        .map_err(|_| not_a_war(war, &format!("it has no `{name}`: djwar didn't make it")))?;
    entry
        .read_to_string(&mut text)
        .map_err(|error| not_a_war(war, &error.to_string()))?;
    Ok(text)
}

fn digest_in(record: &str) -> Option<String> {
    let record: serde_json::Value = serde_json::from_str(record).ok()?;
    let digest = record.get("digest")?.as_str()?;
    let is_hex = !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| digest.to_owned())
}

/// The context-params of a web.xml.
fn context_parameters(text: &str) -> Result<BTreeMap<String, String>, quick_xml::Error> {
    let mut reader = Reader::from_str(text);
    let mut parameters = BTreeMap::new();
    let (mut element, mut name, mut value) = (String::new(), String::new(), String::new());
    loop {
        match reader.read_event()? {
            Event::Start(start) => {
                start.local_name().as_ref().clone_into(&mut element);
                if element == "context-param" {
                    name.clear();
                    value.clear();
                }
            }
            Event::Text(text) => collect(&element, &mut name, &mut value, &text),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref()? {
                    Some(letter) => letter.to_string(),
                    None => quick_xml::escape::resolve_xml_entity(&reference)
                        .unwrap_or_default()
                        .to_owned(),
                };
                collect(&element, &mut name, &mut value, &resolved);
            }
            Event::End(end) => {
                if end.local_name().as_ref() == "context-param" {
                    parameters.insert(name.trim().to_owned(), value.trim().to_owned());
                }
                element.clear();
            }
            Event::Eof => return Ok(parameters),
            _ => {}
        }
    }
}

fn collect(element: &str, name: &mut String, value: &mut String, text: &str) {
    match element {
        "param-name" => name.push_str(text),
        "param-value" => value.push_str(text),
        _ => {}
    }
}

/// 1980, like the WAR's own entries. Jython takes `x$py.class` only when it isn't
/// older than `x.py`, and the class is unpacked first.
const AGE: Duration = Duration::from_hours(87_648);

fn has_a_compiled_twin(name: &str) -> bool {
    name.ends_with("$py.class") || name.ends_with(".py")
}

/// Where an entry of the WAR is unpacked: the Python side as it is, jars and static
/// files beside.
fn kept(entry: &str, static_prefix: &str) -> Option<String> {
    if let Some(name) = entry.strip_prefix("WEB-INF/python/") {
        return Some(name.to_owned());
    }
    if let Some(name) = entry.strip_prefix("WEB-INF/lib/") {
        return Some(format!("{JARS}/{name}"));
    }
    if static_prefix.is_empty() {
        return None;
    }
    let name = entry.strip_prefix(static_prefix)?;
    Some(format!("{STATIC}/{name}"))
}

/// Unpacks `WEB-INF/python`, `WEB-INF/lib` and the static files to a temporary sibling
/// and renames it when whole.
fn unpack(
    archive: &mut War,
    war: &Utf8Path,
    folder: &Utf8Path,
    root: &Utf8Path,
    static_prefix: &str,
) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack `{war}` to `{root}`"),
        source,
    };
    fs_err::create_dir_all(folder).map_err(failed)?;
    sweep(folder);
    let temporary = tempfile::tempdir_in(folder).map_err(failed)?;
    unpack_kept(archive, war, temporary.path(), |name| {
        kept(name, static_prefix)
    })?;
    unpack_packages(war, temporary.path())?;
    match fs_err::rename(temporary.path(), root) {
        Ok(()) => {
            let _ = temporary.keep();
            Ok(())
        }
        // Another process was faster with the same content.
        Err(_) if root.is_dir() => Ok(()),
        Err(source) => Err(failed(source)),
    }
}

/// The packages of a WAR which holds them as one archive.
fn unpack_packages(war: &Utf8Path, folder: &Path) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack the packages of `{war}`"),
        source,
    };
    for entry in fs_err::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if layout::is_packages(&entry.file_name().to_string_lossy()) {
            let file = BufReader::new(
                fs_err::File::open(entry.path())
                    .map_err(failed)?
                    .into_parts()
                    .0,
            );
            let mut archive =
                ZipArchive::new(file).map_err(|error| not_a_war(war, &error.to_string()))?;
            unpack_kept(&mut archive, war, folder, |name| Some(name.to_owned()))?;
            fs_err::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Unpacks into `folder` what has a place there.
fn unpack_kept(
    archive: &mut War,
    war: &Utf8Path,
    folder: &Path,
    place: impl Fn(&str) -> Option<String>,
) -> Result<(), DeployError> {
    let failed = |source| DeployError::Io {
        doing: format!("can't unpack `{war}` to `{}`", folder.display()),
        source,
    };
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| not_a_war(war, &error.to_string()))?;
        let name = entry
            .name()
            .map_err(|error| not_a_war(war, &error.to_string()))?;
        let Some(name) = place(&name) else {
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        // Somebody else may have made this archive: no path leaves the folder.
        if crate::model::WarPath::new(&name).is_err() {
            return Err(not_a_war(war, &format!("it holds the path `{name}`")));
        }
        let target = folder.join(&name);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent).map_err(failed)?;
        }
        let mut file = fs_err::File::create(&target).map_err(failed)?;
        std::io::copy(&mut entry, &mut file).map_err(failed)?;
        if has_a_compiled_twin(&name) {
            let file = file.into_parts().0;
            file.set_modified(SystemTime::UNIX_EPOCH + AGE)
                .map_err(failed)?;
        }
        if name.starts_with("home/") && name.contains("/bin/") {
            make_executable(&target).map_err(failed)?;
        }
    }
    Ok(())
}

/// Says that a folder is in use; see [`sweep`].
fn touch(folder: &Utf8Path) {
    // Without it the folder is only made again one day.
    let _ = fs_err::File::open(folder)
        .and_then(|file| file.into_parts().0.set_modified(SystemTime::now()));
}

/// Removes what other WARs left in this folder and its siblings (one a data
/// folder), but nothing that was used within the last day: a command may still run
/// in it.
fn sweep(folder: &Utf8Path) {
    const DAY: Duration = Duration::from_hours(24);
    let siblings = folder
        .parent()
        .and_then(|parent| parent.read_dir_utf8().ok());
    let entries = siblings
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|sibling| sibling.path().read_dir_utf8().ok())
        .flatten()
        .flatten();
    for entry in entries {
        let age = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .map(|time| time.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > DAY) {
            // It is in nobody's way: the next sweep tries again.
            let _ = fs_err::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_the_container_finds_them() {
        let of = |parameters: &[(&str, &str)]| {
            UnpackedWar {
                war: "a.war".into(),
                root: "/u".into(),
                parameters: parameters
                    .iter()
                    .map(|(name, value)| (format!("djwar.{name}"), (*value).to_owned()))
                    .collect(),
            }
            .python_path()
        };
        assert_eq!(of(&[]), ["/u/handler", "/u/app", "/u/lib"]);
        let parameters = [
            ("source-root", "src"),
            ("python-path", "extra, /opt/more"),
            ("engine", "jython"),
        ];
        assert_eq!(
            of(&parameters),
            [
                "/u/handler",
                "/u/app/src",
                "/u/app/extra",
                "/opt/more",
                "/u/lib",
                "/u/jdbc"
            ]
        );
    }

    #[test]
    fn context_params_are_read_back_unescaped() {
        let text = "<web-app><context-param><param-name>djwar.env.A</param-name>\
                    <param-value>a &amp; b &lt; &#99;</param-value></context-param></web-app>";
        assert_eq!(
            context_parameters(text).expect("XML"),
            BTreeMap::from([("djwar.env.A".to_owned(), "a & b < c".to_owned())])
        );
    }
}
