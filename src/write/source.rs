//! What the bytes of an entry imply for the archive: time and compression.

use sha2::{Digest, Sha256};
use zip::DateTime;

/// Endings of formats that are compressed already; deflating them again costs
/// time and gains nothing.
const COMPRESSED: &[&str] = &[
    "7z", "avif", "br", "bz2", "docx", "gif", "gz", "jar", "jpeg", "jpg", "mp3", "mp4", "odt",
    "ogg", "pdf", "png", "pptx", "webm", "webp", "whl", "woff", "woff2", "xlsx", "xz", "zip",
    "zst",
];

/// Whether the name says that the content is compressed already.
pub(crate) fn is_compressed(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| COMPRESSED.contains(&ending.to_ascii_lowercase().as_str()))
}

/// A time that depends on the content alone, within 1981 and 2021.
///
/// Tomcat's and Jetty's `ETag` is made of size and time: with one constant time a
/// changed file of the same size would keep its `ETag`, and clients would keep the
/// stale file (FACTS, Containers). The range lies in the past, because a
/// `Last-Modified` in the future must not be sent (RFC 9110 §8.8.2.1).
pub(crate) fn time_of(content: &[u8]) -> DateTime {
    const DAYS: u64 = 40 * 365;
    let digest = Sha256::digest(content);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    let number = u64::from_le_bytes(first);
    // DOS times have two-second steps (APPNOTE 4.4.6).
    let slot = number % (DAYS * 86_400 / 2);
    let (day, second) = (slot / 43_200, slot % 43_200 * 2);
    let (year, day) = (1981 + day / 365, day % 365);
    // Twelve months of at most 28 days: 365 days fold to 336 without a calendar.
    let day = day % 336;
    let narrow = |value: u64| u8::try_from(value).expect("bounded by the divisions above");
    DateTime::from_date_and_time(
        u16::try_from(year).expect("at most 2021"),
        narrow(day / 28 + 1),
        narrow(day % 28 + 1),
        narrow(second / 3600),
        narrow(second / 60 % 60),
        narrow(second % 60),
    )
    .expect("every part is in its range")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_follows_the_content() {
        let (first, second) = (time_of(b"a { color: red }"), time_of(b"a { color: rad }"));
        assert_ne!(first, second);
        assert_eq!(first, time_of(b"a { color: red }"));
        for text in 0..2000_u32 {
            let time = time_of(&text.to_le_bytes());
            assert!((1981..=2021).contains(&time.year()) && time.is_valid());
        }
    }

    #[test]
    fn compressed_formats_are_known_by_their_ending() {
        assert!(is_compressed("static/a.PNG"));
        assert!(!is_compressed("static/a.css"));
        assert!(!is_compressed("png"));
    }
}
