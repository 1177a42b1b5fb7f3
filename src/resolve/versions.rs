//! Which interpreters there are to bundle: the one table.

use crate::model::{Coordinates, Platform, PythonVersion};

/// The newest `org.bytedeco:cpython` of each release line.
const CPYTHON: &[(PythonVersion, &str)] = &[
    (PythonVersion::new(3, 11), "3.11.3-1.5.9"),
    (PythonVersion::new(3, 12), "3.12.1-1.5.10"),
    (PythonVersion::new(3, 13), "3.13.5-1.5.12"),
    (PythonVersion::new(3, 14), "3.14.3-1.5.13"),
];

/// The artifact with the interpreter of that line, if there is one. 3.11 has
/// none for Apple silicon: that platform came with 1.5.10.
pub fn cpython(python: PythonVersion, platform: Platform) -> Option<Coordinates> {
    if platform == Platform::MacosArm64 && python == PythonVersion::new(3, 11) {
        return None;
    }
    let (_, version) = CPYTHON.iter().find(|(line, _)| *line == python)?;
    Some(Coordinates {
        group: "org.bytedeco".to_owned(),
        artifact: "cpython".to_owned(),
        version: (*version).to_owned(),
        packaging: "jar".to_owned(),
        classifier: Some(platform.as_str().to_owned()),
    })
}

/// The lines that can be bundled on `platform`, for messages: `3.11, 3.12`.
pub fn known(platform: Platform) -> String {
    CPYTHON
        .iter()
        .filter(|(line, _)| cpython(*line, platform).is_some())
        .map(|(line, _)| line.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The platform tags of wheels which run on `platform` with the bundled
/// interpreter, best first. pip takes each by name when it works for another
/// platform than its own. The newest glibc is the interpreter's own, 2.35.
pub fn wheel_platforms(platform: Platform) -> Vec<String> {
    let lines =
        |prefix: &'static str, numbers: std::ops::RangeInclusive<u8>, suffix: &'static str| {
            numbers
                .rev()
                .map(move |number| format!("{prefix}{number}{suffix}"))
        };
    match platform {
        Platform::LinuxX86_64 => lines("manylinux_2_", 5..=35, "_x86_64")
            .chain(
                [
                    "manylinux2014_x86_64",
                    "manylinux2010_x86_64",
                    "manylinux1_x86_64",
                ]
                .map(str::to_owned),
            )
            .collect(),
        Platform::MacosX86_64 => lines("macosx_", 11..=14, "_0_x86_64")
            .chain(lines("macosx_", 11..=14, "_0_universal2"))
            .chain(lines("macosx_10_", 9..=16, "_x86_64"))
            .chain(lines("macosx_10_", 9..=16, "_universal2"))
            .collect(),
        Platform::MacosArm64 => lines("macosx_", 11..=14, "_0_arm64")
            .chain(lines("macosx_", 11..=14, "_0_universal2"))
            .chain(lines("macosx_10_", 9..=16, "_universal2"))
            .collect(),
        Platform::WindowsX86_64 => vec!["win_amd64".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_nobody_builds_has_no_artifact() {
        assert_eq!(
            cpython(PythonVersion::new(3, 9), Platform::LinuxX86_64),
            None
        );
        let coordinates = cpython(PythonVersion::new(3, 13), Platform::LinuxX86_64);
        assert_eq!(
            coordinates.expect("built").to_string(),
            "org.bytedeco:cpython:3.13.5-1.5.12:jar:linux-x86_64"
        );
    }

    #[test]
    fn the_newest_tags_come_first() {
        let tags = wheel_platforms(Platform::LinuxX86_64);
        assert_eq!(tags[0], "manylinux_2_35_x86_64");
        assert!(tags.contains(&"manylinux_2_17_x86_64".to_owned()));
    }
}
