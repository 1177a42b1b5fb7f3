//! The Python that both sides of a measurement run on.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::artifacts;

/// What `djwar build` bundles for Python 3.13.
const BUNDLED: &str = "org.bytedeco:cpython:3.13.5-1.5.12:jar:linux-x86_64";

/// An interpreter, bundled or of the host.
pub(crate) struct Interpreter {
    pub(crate) program: PathBuf,
    /// `PYTHONHOME`, of the bundled one only: the others know their place.
    pub(crate) home: Option<PathBuf>,
    /// `3.13`.
    pub(crate) line: String,
    /// For the report: version, and how it was compiled.
    pub(crate) description: String,
}

impl Interpreter {
    /// The one that a WAR brings.
    pub(crate) fn bundled() -> Result<Self> {
        let home = artifacts::unpacked(BUNDLED)?.join("org/bytedeco/cpython/linux-x86_64");
        let program = home.join("bin/python3.13");
        // A jar has no execute bits.
        fs_err::set_permissions(&program, std::fs::Permissions::from_mode(0o755))?;
        Self::new(program, Some(home))
    }

    /// One of the host.
    pub(crate) fn at(program: &Path) -> Result<Self> {
        Self::new(fs_err::canonicalize(program)?, None)
    }

    fn new(program: PathBuf, home: Option<PathBuf>) -> Result<Self> {
        let mut one = Self {
            program,
            home,
            line: String::new(),
            description: String::new(),
        };
        let code = "import platform, sysconfig\n\
                    arguments = str(sysconfig.get_config_var('CONFIG_ARGS'))\n\
                    flags = str(sysconfig.get_config_var('PY_CFLAGS')) + str(sysconfig.get_config_var('PY_CORE_CFLAGS'))\n\
                    pgo = 'enable-optimizations' in arguments or 'profile-use' in flags\n\
                    lto = 'with-lto' in arguments or '-flto' in flags\n\
                    print('.'.join(platform.python_version_tuple()[:2]))\n\
                    print('CPython', platform.python_version(), 'with' if pgo else 'without', 'PGO,', 'with' if lto else 'without', 'LTO')";
        let text = one.ask(code)?;
        let (line, description) = text.split_once('\n').context("no version")?;
        line.clone_into(&mut one.line);
        description.clone_into(&mut one.description);
        Ok(one)
    }

    /// Runs code, and returns what it prints.
    pub(crate) fn ask(&self, code: &str) -> Result<String> {
        let output = self.command().args(["-c", code]).output()?;
        if !output.status.success() {
            bail!(
                "`{}` failed: {}",
                self.program.display(),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?.trim().to_owned())
    }

    /// The interpreter with an environment of its own.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        self.environment(&mut command);
        command
    }

    /// The environment that the engine gives as well, on nothing of the host's.
    pub(crate) fn environment(&self, command: &mut Command) {
        command.env_clear().envs([
            ("PATH", "/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
            ("PYTHONUTF8", "1"),
            ("PYTHONNOUSERSITE", "1"),
            ("PYTHONDONTWRITEBYTECODE", "1"),
            ("PYTHONUNBUFFERED", "1"),
        ]);
        if let Some(home) = &self.home {
            command.env("PYTHONHOME", home);
        }
    }

    /// A name for folders that belong to this interpreter.
    pub(crate) fn key(&self) -> String {
        self.program
            .to_string_lossy()
            .replace(
                |letter: char| !letter.is_ascii_alphanumeric() && letter != '.',
                "-",
            )
            .trim_matches('-')
            .to_owned()
    }
}
