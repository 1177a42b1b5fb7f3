//! `META-INF/MANIFEST.MF` (JAR specification, "JAR Manifest"). Written by hand:
//! a template engine knows neither its 72-byte lines nor its CRLF.

/// The longest line, without its end.
const LINE: usize = 72;

/// The main section of a manifest with these attributes after
/// `Manifest-Version`. Control characters in values become spaces, for a line
/// break would begin another attribute.
pub fn manifest(attributes: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, value) in std::iter::once(&("Manifest-Version", "1.0")).chain(attributes) {
        let value: String = value
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        fold(&mut bytes, &format!("{name}: {value}"));
    }
    bytes.extend_from_slice(b"\r\n");
    bytes
}

/// Writes a logical line; continuations start with one space. A UTF-8 character
/// is never split: the specification allows it, humans and tools don't like it.
fn fold(bytes: &mut Vec<u8>, line: &str) {
    let mut width = 0;
    for letter in line.chars() {
        if width + letter.len_utf8() > LINE {
            bytes.extend_from_slice(b"\r\n ");
            width = 1;
        }
        let mut buffer = [0; 4];
        bytes.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
        width += letter.len_utf8();
    }
    bytes.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_folded_at_72_bytes() {
        let text = manifest(&[("Name", &"é".repeat(60))]);
        let text = String::from_utf8(text).expect("UTF-8");
        assert!(text.starts_with("Manifest-Version: 1.0\r\nName: é"));
        assert!(text.ends_with("\r\n\r\n"));
        for line in text.split("\r\n") {
            assert!(line.len() <= LINE, "{} bytes: {line}", line.len());
        }
        assert_eq!(text.replace("\r\n ", "").matches('é').count(), 60);
    }

    #[test]
    fn a_line_break_in_a_value_begins_no_attribute() {
        let text = manifest(&[("Name", "a\r\nEvil: b")]);
        assert_eq!(
            String::from_utf8(text).expect("UTF-8"),
            "Manifest-Version: 1.0\r\nName: a  Evil: b\r\n\r\n"
        );
    }
}
