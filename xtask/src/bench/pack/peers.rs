//! The tools that people make WARs with, over the folder that `djwar build
//! --exploded` gives. Warbler isn't among them: it is a Ruby gem, which neither Maven
//! Central nor Debian has.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use super::measure::{Measured, cost, digest};
use super::workload::touch;
use super::{progress, remove};

const ZIPFILE: &str = "import os, sys, zipfile
root = sys.argv[1]
with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as archive:
    for folder, folders, files in os.walk(root):
        for name in files:
            path = os.path.join(folder, name)
            archive.write(path, os.path.relpath(path, root))
";

const POM: &str = r#"<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId><artifactId>packed</artifactId><version>1</version>
  <packaging>war</packaging>
  <properties><project.build.outputTimestamp>2020-01-01T00:00:00Z</project.build.outputTimestamp></properties>
  <build><finalName>packed</finalName><plugins><plugin>
    <groupId>org.apache.maven.plugins</groupId><artifactId>maven-war-plugin</artifactId><version>3.5.1</version>
    <configuration><warSourceDirectory>TREE</warSourceDirectory><failOnMissingWebXml>false</failOnMissingWebXml></configuration>
  </plugin></plugins></build>
</project>
"#;

/// Measures each tool that is there.
pub(super) fn figures(tree: &Path, scratch: &Path) -> Result<Vec<Measured>> {
    fs_err::create_dir_all(scratch)?;
    let pom = scratch.join("pom.xml");
    fs_err::write(&pom, POM.replace("TREE", &tree.to_string_lossy()))?;
    let out = scratch.join("peer.war");
    let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    let with = |mut line: Vec<OsString>, more: &[&Path]| {
        line.extend(more.iter().map(|path| path.as_os_str().to_owned()));
        line
    };
    let mut jar = with(words(&["jar", "cf"]), &[&out]);
    jar.extend(with(words(&["-C"]), &[tree]));
    jar.push(".".into());
    let mut zip = with(words(&["zip", "-qr"]), &[&out]);
    zip.push(".".into());
    let maven = words(&["mvn", "-q", "-B", "package"]);
    let python = with(words(&["python3", "-c", ZIPFILE]), &[tree, &out]);
    let packed = scratch.join("target/packed.war");
    let tools = [
        ("jar cf", jar, scratch, &out),
        ("zip -6", zip, tree, &out),
        ("Python's zipfile", python, scratch, &out),
        ("maven-war-plugin 3.5.1", maven, scratch, &packed),
    ];
    // What Maven brings from its repository the first time is not its work.
    let _ = cost(scratch, &words(&["mvn", "-q", "-B", "validate"]), &[]);
    let mut all = Vec::new();
    for (name, line, folder, file) in tools {
        progress(name);
        let mut measured = Measured::new(name);
        let mut bytes = Vec::new();
        for _ in 0..2 {
            remove(&scratch.join("target"))?;
            remove(&out)?;
            match cost(folder, &line, &[]) {
                Ok(cost) => measured.add(&cost, file)?,
                Err(error) => {
                    progress(&format!("{name} is left out: {error}"));
                    break;
                }
            }
            bytes.push(digest(file)?);
            touch(tree)?;
        }
        if let [first, second] = &bytes[..] {
            measured.is_same = Some(first == second);
            all.push(measured);
        }
    }
    Ok(all)
}
