//! Maven coordinates of one artifact.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// `groupId:artifactId:version[:packaging[:classifier]]`, the order that
/// `mvn dependency:get -Dartifact` takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coordinates {
    /// For example `org.bytedeco`.
    pub group: String,
    /// For example `cpython`.
    pub artifact: String,
    /// For example `3.13.5-1.5.12`.
    pub version: String,
    /// `jar`, `zip`, `war`, …
    pub packaging: String,
    /// For example `linux-x86_64`.
    pub classifier: Option<String>,
}

impl Coordinates {
    /// The artifact's file name in a Maven repository.
    pub fn file_name(&self) -> String {
        let classifier = self
            .classifier
            .as_ref()
            .map(|classifier| format!("-{classifier}"))
            .unwrap_or_default();
        format!(
            "{}-{}{classifier}.{}",
            self.artifact, self.version, self.packaging
        )
    }

    /// The artifact's path below the root of a Maven 2 repository, with `/`.
    pub fn repository_path(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.group.replace('.', "/"),
            self.artifact,
            self.version,
            self.file_name()
        )
    }
}

/// A text that is no Maven coordinates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not `groupId:artifactId:version[:packaging[:classifier]]`")]
pub struct CoordinatesError(pub String);

impl FromStr for Coordinates {
    type Err = CoordinatesError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(':').collect();
        let well_formed = |part: &&str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "._-+".contains(letter))
                && !part.contains("..")
        };
        if !(3..=5).contains(&parts.len()) || !parts.iter().all(well_formed) {
            return Err(CoordinatesError(text.to_owned()));
        }
        Ok(Self {
            group: parts[0].to_owned(),
            artifact: parts[1].to_owned(),
            version: parts[2].to_owned(),
            packaging: (*parts.get(3).unwrap_or(&"jar")).to_owned(),
            classifier: parts.get(4).map(|&part| part.to_owned()),
        })
    }
}

impl fmt::Display for Coordinates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{}:{}:{}",
            self.group, self.artifact, self.version, self.packaging
        )?;
        match &self.classifier {
            Some(classifier) => write!(formatter, ":{classifier}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Coordinates {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_maven_order() {
        let text = "org.bytedeco:cpython:3.13.5-1.5.12:jar:linux-x86_64";
        let coordinates: Coordinates = text.parse().expect("well-formed");
        assert_eq!(coordinates.to_string(), text);
        assert_eq!(
            coordinates.repository_path(),
            "org/bytedeco/cpython/3.13.5-1.5.12/cpython-3.13.5-1.5.12-linux-x86_64.jar"
        );
    }

    #[test]
    fn refuses_what_could_leave_the_repository() {
        for text in ["", "a:b", "a:b:c:d:e:f", "a:b:../c", "a:b:c/d", "a::c"] {
            assert!(text.parse::<Coordinates>().is_err(), "{text:?}");
        }
    }
}
