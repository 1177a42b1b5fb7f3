//! Names that not every file system takes: a WAR is unpacked on another machine
//! than the one which made it.

/// Names that Windows takes for devices, with any extension and in any case.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Whether Windows takes a file name for a device: `CON`, `nul.txt`, `COM1`.
pub fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let is_numbered = ["COM", "LPT"].iter().any(|port| {
        stem.get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case(port))
            && matches!(stem.as_bytes()[3..], [b'1'..=b'9'])
    });
    is_numbered
        || DEVICES
            .iter()
            .any(|device| stem.eq_ignore_ascii_case(device))
}

/// Why Windows can't have a file or folder of that name, if it can't.
pub fn unportable(name: &str) -> Option<&'static str> {
    if name.contains(['<', '>', ':', '"', '|', '?', '*']) {
        Some("Windows has no file names with `<`, `>`, `:`, `\"`, `|`, `?` or `*`")
    } else if name.ends_with(['.', ' ']) {
        Some("Windows drops dots and blanks at the end of a file name")
    } else if is_device(name) {
        Some("Windows takes the name for a device")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_in_any_case_and_with_extensions() {
        for name in ["CON", "nul.txt", "Com1", "lpt9.tar.gz", "aux"] {
            assert!(is_device(name), "{name}");
            assert!(unportable(name).is_some(), "{name}");
        }
        for name in [
            "console",
            "com",
            "com0",
            "com10",
            "null.py",
            "concert.war",
            "é",
        ] {
            assert!(!is_device(name), "{name}");
            assert_eq!(unportable(name), None, "{name}");
        }
    }

    #[test]
    fn letters_that_windows_refuses_are_named() {
        for name in ["co:lon.py", "what?", "a.", "b "] {
            assert!(unportable(name).is_some(), "{name}");
        }
    }
}
