//! The Python side of a WAR, unpacked into a folder: what `djwar manage` runs
//! commands in. The same tree, links and environment as in a container.

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use camino::{Utf8Path, Utf8PathBuf};
use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::DeployError;
use super::contents::{APPLICATION, Contents, PACKAGES};
use super::copies::{Copy, Owner};
use super::unpacking::{beside, touch, unpack};
use super::written::{Written, bring_out};
use crate::model::{Engine, Platform, PythonVersion};
use crate::plan::layout;
use crate::resolve::{Host, Interpreter, Jython};

/// Where the jars lie, below the root.
pub(super) const JARS: &str = "jars";

/// Where the static files lie, below the root: beside the manifests.
pub(super) const STATIC: &str = "static";

/// An unpacked WAR.
#[derive(Debug)]
pub struct UnpackedWar {
    /// The WAR itself.
    war: Utf8PathBuf,
    /// What it had in it when it was opened.
    digest: String,
    /// `WEB-INF/python` on disk.
    copy: Copy,
    /// The context-params of its web.xml.
    parameters: BTreeMap<String, String>,
}

pub(super) type War = ZipArchive<BufReader<std::fs::File>>;

impl UnpackedWar {
    /// Unpacks `war` below `folder`, in a folder named by the WAR's content; done
    /// once, then found again. It is `owner`'s alone until [`Self::bring_out`].
    ///
    /// # Errors
    /// When `war` is no WAR of djwar, or the disk refuses.
    pub fn open(war: &Utf8Path, folder: &Utf8Path, owner: &Owner) -> Result<Self, DeployError> {
        let mut archive = open_archive(war)?;
        let digest = digest(&mut archive, war)?;
        let parameters = parameters(&mut archive, war)?;
        let prefix = static_prefix(&parameters);
        let beside = beside(&mut archive, war, &prefix)?;
        let name = format!("{}-{beside:08x}", &digest[..digest.len().min(16)]);
        let copy = Copy::take(folder, &name, owner).map_err(|source| DeployError::Io {
            doing: format!("can't unpack `{war}` to `{folder}`"),
            source,
        })?;
        let unpacked = Self {
            war: war.to_owned(),
            digest,
            copy,
            parameters,
        };
        let root = &unpacked.copy.root;
        if Contents::are_whole(root) {
            touch(root);
        } else {
            unpack(&mut archive, war, folder, root, &prefix)?;
        }
        Ok(unpacked)
    }

    /// Whether `war` names paths of the project that outlive a redeploy.
    ///
    /// # Errors
    /// When `war` is no WAR of djwar.
    pub fn keeps_data(war: &Utf8Path) -> Result<bool, DeployError> {
        let mut archive = open_archive(war)?;
        digest(&mut archive, war)?;
        let parameters = parameters(&mut archive, war)?;
        let data = parameters.get("djwar.data");
        Ok(data.is_some_and(|data| data.split(',').any(|path| !path.is_empty())))
    }

    /// Brings what the command wrote among the code to its project, or aside; then
    /// the copy is as it was, and anybody's. See [`bring_out`].
    ///
    /// # Errors
    /// When a file could not go where it belongs.
    pub fn bring_out(self, told: &mut dyn FnMut(Written)) -> Result<(), DeployError> {
        bring_out(
            self.copy,
            &|path| packed_file(&self.war, &self.digest, path),
            told,
        )
    }

    /// The parameter `djwar.NAME` of web.xml.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .get(&format!("djwar.{name}"))
            .map(String::as_str)
    }

    /// The project's folder.
    pub fn application(&self) -> Utf8PathBuf {
        self.copy.root.join(APPLICATION)
    }

    /// `sys.path`, outermost first: handler, source root, the folders of
    /// `djwar.python-path`, dependencies, and for Jython the database modules. The
    /// order is the runtime's (`CpythonBoot`, `JythonBoot`).
    pub fn python_path(&self) -> Vec<Utf8PathBuf> {
        let application = self.application();
        let source = self.parameter("source-root").unwrap_or_default();
        let more = self.parameter("python-path").unwrap_or_default();
        let mut path = vec![self.copy.root.join("handler"), application.join(source)];
        path.extend(
            more.split(',')
                .map(str::trim)
                .filter(|folder| !folder.is_empty())
                .map(|folder| match folder {
                    "." => application.clone(),
                    _ => application.join(folder),
                }),
        );
        path.push(self.copy.root.join(PACKAGES));
        if self.is_jython() {
            path.push(self.copy.root.join("jdbc"));
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
        let folder = self.copy.root.join(JARS);
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
            .copy
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

    /// The folder that holds the collected static files, or at least their manifest;
    /// if there is one.
    pub fn static_root(&self) -> Option<Utf8PathBuf> {
        let folder = self.copy.root.join(STATIC);
        folder.is_dir().then_some(folder)
    }
}

/// What the WAR holds at `path` of the project, while it is the WAR that was opened.
/// The folder of the collected static files in the WAR, such as `static/`, or empty.
fn static_prefix(parameters: &BTreeMap<String, String>) -> String {
    let prefixes = parameters.get("djwar.static-prefixes");
    let first = prefixes.and_then(|prefixes| prefixes.split(',').next());
    match first.unwrap_or_default().trim().trim_matches('/') {
        "" => String::new(),
        prefix => format!("{prefix}/"),
    }
}

fn packed_file(war: &Utf8Path, digest: &str, path: &Utf8Path) -> Option<Vec<u8>> {
    let mut archive = open_archive(war).ok()?;
    if self::digest(&mut archive, war).ok()? != digest {
        return None;
    }
    let entry = layout::application(path.as_str()).ok()?;
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(entry.as_str()).ok()?;
    entry.read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

pub(super) fn not_a_war(war: &Utf8Path, reason: &str) -> DeployError {
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

fn digest(archive: &mut War, war: &Utf8Path) -> Result<String, DeployError> {
    let record = text_of(archive, war, layout::RECORD)?;
    digest_in(&record).ok_or_else(|| not_a_war(war, "its record has no digest"))
}

fn parameters(archive: &mut War, war: &Utf8Path) -> Result<BTreeMap<String, String>, DeployError> {
    context_parameters(&text_of(archive, war, layout::WEB_XML)?)
        .map_err(|error| not_a_war(war, &format!("its web.xml is broken: {error}")))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_where_the_container_finds_them() {
        let cache = tempfile::tempdir().expect("a temporary folder");
        let folder = Utf8Path::from_path(cache.path()).expect("UTF-8");
        let owner = Owner {
            project: None,
            aside: folder.into(),
        };
        let of = |parameters: &[(&str, &str)]| -> Vec<String> {
            let path = UnpackedWar {
                war: "a.war".into(),
                digest: String::new(),
                copy: Copy::take(folder, &format!("u{}", parameters.len()), &owner).expect("taken"),
                parameters: parameters
                    .iter()
                    .map(|(name, value)| (format!("djwar.{name}"), (*value).to_owned()))
                    .collect(),
            }
            .python_path();
            let path = path.iter().map(|path| path.as_str());
            path.map(|path| path.replace(folder.as_str(), "")).collect()
        };
        assert_eq!(of(&[]), ["/u0/handler", "/u0/app", "/u0/lib"]);
        let parameters = [
            ("source-root", "src"),
            ("python-path", "extra, /opt/more"),
            ("engine", "jython"),
        ];
        assert_eq!(
            of(&parameters),
            [
                "/u3/handler",
                "/u3/app/src",
                "/u3/app/extra",
                "/opt/more",
                "/u3/lib",
                "/u3/jdbc"
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
