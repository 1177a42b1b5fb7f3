//! The enums that users name: engine, servlet API, Python version, platform.
//!
//! Each has one spelling (`as_str`), which `FromStr`, `Display`, serde and clap
//! share.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A text that names none of the known values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not one of {known}")]
pub struct UnknownName {
    /// What was given.
    pub given: String,
    /// The values there are, comma-separated.
    pub known: String,
}

macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling of the value.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL
                    .iter()
                    .copied()
                    .find(|value| value.as_str() == text)
                    .ok_or_else(|| UnknownName {
                        given: text.to_owned(),
                        known: Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", "),
                    })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

named_enum! {
    /// What runs the project's Python inside the container.
    Engine {
        /// Worker processes of a Python that the WAR brings.
        Cpython = "cpython",
        /// Jython 2.7 in the container's JVM.
        Jython = "jython",
        /// The Python of `GraalVM` in the container's JVM.
        Graalpy = "graalpy",
    }
}

named_enum! {
    /// Which servlet namespace the WAR is for.
    ServletApi {
        /// One WAR for `javax` and `jakarta` containers.
        Both = "both",
        /// `jakarta.servlet`: Tomcat 10 and later, Jetty 12 ee9 and later.
        Jakarta = "jakarta",
        /// `javax.servlet`: Tomcat 9, Jetty 9.4 to 12 ee8.
        Javax = "javax",
    }
}

named_enum! {
    /// A platform that the WAR brings an interpreter and wheels for.
    Platform {
        /// Linux with glibc on `x86-64`.
        LinuxX86_64 = "linux-x86_64",
        /// The Mac, Intel.
        MacosX86_64 = "macosx-x86_64",
        /// The Mac, Apple silicon.
        MacosArm64 = "macosx-arm64",
        /// Windows on x86-64.
        WindowsX86_64 = "windows-x86_64",
    }
}

impl Platform {
    /// The platform that djwar itself runs on, when it is one of the list.
    pub fn of_this_host() -> Option<Self> {
        match (std::env::consts::OS, std::env::consts::ARCH) {
            ("linux", "x86_64") => Some(Self::LinuxX86_64),
            ("macos", "x86_64") => Some(Self::MacosX86_64),
            ("macos", "aarch64") => Some(Self::MacosArm64),
            ("windows", "x86_64") => Some(Self::WindowsX86_64),
            _ => None,
        }
    }
}

/// A Python release line such as 3.13. The patch level is the interpreter's
/// affair: wheels and byte code depend on the line only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PythonVersion {
    /// 2 or 3.
    pub major: u8,
    /// The line within the major version.
    pub minor: u8,
}

impl PythonVersion {
    /// `major.minor`.
    pub const fn new(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// `313` for 3.13: the digits of wheel tags and of `cpython-313.pyc`.
    pub fn digits(self) -> String {
        format!("{}{}", self.major, self.minor)
    }
}

impl fmt::Display for PythonVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for PythonVersion {
    type Err = UnknownName;

    /// Takes `3.13` and `3.13.5`; the patch level is dropped.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.trim().split('.');
        let mut number = || parts.next().and_then(|part| part.parse::<u8>().ok());
        match (number(), number()) {
            (Some(major), Some(minor)) => Ok(Self { major, minor }),
            _ => Err(UnknownName {
                given: text.to_owned(),
                known: "a version such as 3.13".to_owned(),
            }),
        }
    }
}

impl Serialize for PythonVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which interpreter the WAR uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PythonChoice {
    /// One that djwar bundles, of that line.
    Bundled(PythonVersion),
    /// An archive of the user's (python-build-standalone).
    File(camino::Utf8PathBuf),
    /// The target host's own.
    Host,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for engine in Engine::ALL {
            assert_eq!(engine.as_str().parse::<Engine>().as_ref(), Ok(engine));
        }
        for platform in Platform::ALL {
            assert_eq!(platform.as_str().parse::<Platform>().as_ref(), Ok(platform));
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "pypy".parse::<Engine>().expect_err("unknown");
        assert_eq!(
            error.to_string(),
            "`pypy` is not one of cpython, jython, graalpy"
        );
    }

    #[test]
    fn a_python_version_drops_the_patch_level() {
        assert_eq!(" 3.13.5".parse(), Ok(PythonVersion::new(3, 13)));
        assert!("three".parse::<PythonVersion>().is_err());
    }
}
