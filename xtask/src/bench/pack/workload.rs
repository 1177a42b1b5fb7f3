//! The projects that are packed: made once from public packages of fixed versions,
//! kept in `target/bench`, with a cache of their own.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

use super::super::artifacts::{copy_project, kept};
use super::measure::cost;
use super::{Ran, Size, remove};
use crate::shell::root;

/// About 20,000 files and 420 MB with byte code and interpreter, 128 MB of it
/// compiled extensions.
const LARGE: &str = "\
amqp==5.4.2 asgiref==3.13.0 babel==2.18.0 billiard==4.3.2 boto3==1.44.5 botocore==1.44.5 celery==5.7.0
certifi==2026.10.18 cffi==2.1.1 charset-normalizer==3.5.2 click==8.5.1 click-didyoumean==0.3.1
click-plugins==1.1.1.2 click-repl==0.4.1 cryptography==50.0.2 django==5.2.8 djangorestframework==3.18.3
faker==40.54.0 idna==3.20 jmespath==1.1.0 kombu==5.7.0 lxml==6.1.3 narwhals==2.29.0 numpy==2.5.5
packaging==26.3 pandas==3.1.1 pillow==13.0.0 plotly==7.1.0 prompt-toolkit==3.0.53 pycparser==3.12
python-dateutil==2.9.0.post0 pytz==2026.6 requests==2.34.2 s3transfer==0.19.3 six==1.17.0 sqlparse==0.6.1
typing-extensions==4.16.0 tzdata==2026.6 tzlocal==5.4.5 urllib3==2.8.0 vine==5.1.0 wcwidth==0.9.4";

const SMALL: &str = "asgiref==3.13.0 django==5.2.8 sqlparse==0.6.1";

/// Half of S: compressed already, and the project's own.
const JAR: &str = "org.python:jython-standalone:2.7.4";

/// A project with packages from wheels, and the same with them in its own folder.
pub(super) struct Workload {
    folder: PathBuf,
    djwar: PathBuf,
}

impl Workload {
    /// Makes what isn't there yet.
    pub(super) fn made(size: Size, djwar: &Path) -> Result<Self> {
        let workload = Self {
            folder: kept()?.join(format!("pack-{size:?}")),
            djwar: djwar.to_owned(),
        };
        let project = workload.folder.join("wheels");
        if !workload.folder.join("whole").exists() {
            remove(&workload.folder)?;
            copy_project(&root().join("fixtures/minimal"), &project)?;
            let packages = if size == Size::L { LARGE } else { SMALL };
            let lines: Vec<&str> = packages.split_whitespace().collect();
            fs_err::write(project.join("requirements.txt"), lines.join("\n") + "\n")?;
            if size == Size::S {
                let host = Host::of_this_process();
                let cache = Cache::of_user(&host)?;
                let jar = Maven::new(host, cache, false, &Silent).artifact(&JAR.parse()?)?;
                fs_err::copy(jar, project.join("notes/engine.jar"))?;
            }
            workload.run("wheels", &["--exploded".into(), workload.tree().into()])?;
            let loose = workload.folder.join("loose");
            copy_project(&project, &loose)?;
            fs_err::write(loose.join("requirements.txt"), "django==5.2.8\n")?;
            // The peers compile nothing and collect nothing either: their tree has
            // the byte code already, and so has this one.
            fs_err::write(
                loose.join("djwar.toml"),
                "include = [\"vendor\"]\nbyte-code = \"none\"\nstatic = \"none\"\n",
            )?;
            copy_all(
                &workload.tree().join("WEB-INF/python/lib"),
                &loose.join("vendor"),
            )?;
            workload.build_loose()?;
            fs_err::write(workload.folder.join("whole"), "")?;
        }
        workload.build()?;
        Ok(workload)
    }

    /// The exploded WAR.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join("tree")
    }

    pub(super) fn project(&self) -> PathBuf {
        self.folder.join("wheels")
    }

    pub(super) fn cache(&self) -> PathBuf {
        self.folder.join("cache")
    }

    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.join("peers")
    }

    pub(super) fn describe(&self) -> Result<String> {
        let mut files = 0_u32;
        let mut bytes = 0;
        each_file(&self.tree(), &mut |path| {
            files += 1;
            bytes += fs_err::metadata(path)?.len();
            Ok(())
        })?;
        Ok(format!("{files} files, {} MB", bytes / 1_000_000))
    }

    pub(super) fn build(&self) -> Result<Ran> {
        self.run("wheels", &["--output".into(), self.war("wheels").into()])
    }

    pub(super) fn build_loose(&self) -> Result<Ran> {
        self.run("loose", &["--output".into(), self.war("loose").into()])
    }

    fn run(&self, project: &str, more: &[OsString]) -> Result<Ran> {
        let mut line = vec![self.djwar.clone().into_os_string(), "build".into()];
        line.push(self.folder.join(project).into());
        line.extend(more.iter().cloned());
        let cache = self.cache();
        Ok(Ran {
            cost: cost(&self.folder, &line, &[("DJWAR_CACHE_DIR", &cache)])?,
            file: self.war(project),
        })
    }

    fn war(&self, project: &str) -> PathBuf {
        self.folder.join(format!("{project}.war"))
    }

    pub(super) fn forget_war(&self) -> Result<()> {
        remove(&self.war("wheels"))
    }

    pub(super) fn forget_loose(&self) -> Result<()> {
        remove(&self.war("loose"))?;
        self.forget_deflated()
    }

    /// What the cache knows of projects, not of packages and interpreters.
    pub(super) fn forget_deflated(&self) -> Result<()> {
        for bucket in ["deflated", "files", "builds"] {
            remove(&self.folder.join("cache/v1").join(bucket))?;
        }
        Ok(())
    }

    /// A view, as a developer would.
    pub(super) fn edit(&self) -> Result<()> {
        append(&self.folder.join("wheels/notes/views.py"))
    }

    pub(super) fn edit_loose(&self) -> Result<()> {
        append(&self.folder.join("loose/notes/views.py"))
    }

    /// Gives every file another time.
    pub(super) fn touch(&self) -> Result<()> {
        touch(&self.folder.join("wheels"))
    }
}

fn append(file: &Path) -> Result<()> {
    let mut opened = fs_err::OpenOptions::new().append(true).open(file)?;
    writeln!(opened, "# edited")?;
    Ok(())
}

/// Gives every file below a folder another time.
pub(super) fn touch(folder: &Path) -> Result<()> {
    let time = SystemTime::now() + Duration::from_hours(1);
    each_file(folder, &mut |path| {
        let file = fs_err::OpenOptions::new().append(true).open(path)?;
        file.into_parts().0.set_modified(time)?;
        Ok(())
    })
}

/// As [`copy_project`], with the byte code.
fn copy_all(from: &Path, to: &Path) -> Result<()> {
    each_file(from, &mut |path| {
        let target = to.join(path.strip_prefix(from).context("a path below the folder")?);
        if let Some(parent) = target.parent() {
            fs_err::create_dir_all(parent)?;
        }
        fs_err::copy(path, target)?;
        Ok(())
    })
}

fn each_file(folder: &Path, work: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            each_file(&entry.path(), work)?;
        } else {
            work(&entry.path())?;
        }
    }
    Ok(())
}
