//! The WARs: djwar's of `fixtures/hydrant`; the same without byte code; and the same
//! jars, packages and project under modjy.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use zip::write::SimpleFileOptions;

use super::super::{artifacts, war};
use crate::shell::root;

const RUNTIME: &str = "WEB-INF/lib/djwar-runtime.jar";
const PYTHON: &str = "WEB-INF/python/";

/// As modjy's own documentation has it; the `python.` parameters are those that djwar sets.
const WEB_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<web-app xmlns="http://xmlns.jcp.org/xml/ns/javaee" version="3.1" metadata-complete="true">
  <servlet>
    <servlet-name>modjy</servlet-name>
    <servlet-class>com.xhaus.modjy.ModjyJServlet</servlet-class>
    <init-param><param-name>python.cachedir.skip</param-name><param-value>true</param-value></init-param>
    <init-param><param-name>python.console.encoding</param-name><param-value>UTF-8</param-value></init-param>
    <init-param><param-name>load_site_packages</param-name><param-value>0</param-value></init-param>
    <init-param><param-name>app_directory</param-name><param-value>$/WEB-INF/python/app</param-value></init-param>
    <init-param><param-name>app_import_name</param-name><param-value>entrance.application</param-value></init-param>
    <init-param><param-name>cache_callables</param-name><param-value>1</param-value></init-param>
    <init-param><param-name>multithread</param-name><param-value>1</param-value></init-param>
    <init-param><param-name>log_level</param-name><param-value>warn</param-value></init-param>
    <load-on-startup>1</load-on-startup>
  </servlet>
  <servlet-mapping>
    <servlet-name>modjy</servlet-name>
    <url-pattern>/*</url-pattern>
  </servlet-mapping>
</web-app>
"#;

/// What modjy appends to `sys.path` comes first here, as in djwar's: Jython has a `sqlite3` that doesn't work.
const ENTRANCE: &str = "import os, sys
folder = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(folder, '..', '..', 'lib-python'))
from hydrant.wsgi import application
";

/// djwar's.
pub(super) fn build(folder: &Path) -> Result<PathBuf> {
    let project = folder.join("hydrant");
    artifacts::copy_project(&root().join("fixtures/hydrant"), &project)?;
    let path = folder.join("hydrant.war");
    let output = Command::new(war::djwar()?)
        .arg("build")
        .arg(&project)
        .arg("--output")
        .arg(&path)
        .output()?;
    if !output.status.success() {
        bail!(
            "`djwar build` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(path)
}

/// The same with sources only; Jython's own library keeps its byte code, which is in its jar.
pub(super) fn without_byte_code(war: &Path, folder: &Path) -> Result<PathBuf> {
    rewritten(war, &folder.join("without.war"), &[], |name| {
        (!name.ends_with("$py.class")).then(|| name.to_owned())
    })
}

/// modjy's: Jython's jars, the packages and the project are entries of djwar's WAR, byte code included. djwar's
/// `sqlite3` too, on both sides, and the runtime's jar for it, without what would bring the filter.
pub(super) fn modjy(war: &Path, folder: &Path) -> Result<PathBuf> {
    let database_only = folder.join("database-only.jar");
    rewritten(
        &root().join("runtime/dist/djwar-runtime.jar"),
        &database_only,
        &[],
        |name| name.starts_with("org/djwar/").then(|| name.to_owned()),
    )?;
    let more = [
        ("WEB-INF/web.xml", WEB_XML.as_bytes().to_vec()),
        (
            "WEB-INF/python/app/entrance.py",
            ENTRANCE.as_bytes().to_vec(),
        ),
        (RUNTIME, fs_err::read(database_only)?),
    ];
    rewritten(war, &folder.join("modjy.war"), &more, |name| {
        if let Some(inside) = name.strip_prefix(PYTHON) {
            let (room, inside) = inside.split_once('/')?;
            return match room {
                // What modjy puts on `sys.path`.
                "lib" | "jdbc" => Some(format!("WEB-INF/lib-python/{inside}")),
                "app" => Some(name.to_owned()),
                _ => None,
            };
        }
        let is_jar = name.starts_with("WEB-INF/lib/") && name != RUNTIME;
        is_jar.then(|| name.to_owned())
    })
}

/// A copy with the entries that get a name, byte for byte and with their times.
fn rewritten(
    war: &Path,
    path: &Path,
    more: &[(&str, Vec<u8>)],
    name: impl Fn(&str) -> Option<String>,
) -> Result<PathBuf> {
    let mut from = zip::ZipArchive::new(fs_err::File::open(war)?)
        .with_context(|| format!("can't read `{}`", war.display()))?;
    let mut to = zip::ZipWriter::new(fs_err::File::create(path)?);
    for at in 0..from.len() {
        let entry = from.by_index_raw(at)?;
        if entry.is_file()
            && let Some(name) = name(&entry.name()?)
        {
            to.raw_copy_file_rename(entry, name)?;
        }
    }
    for (name, bytes) in more {
        to.start_file(*name, SimpleFileOptions::default())?;
        to.write_all(bytes)?;
    }
    to.finish()?;
    Ok(path.to_owned())
}
