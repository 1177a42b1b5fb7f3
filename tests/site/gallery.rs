//! A walk through the gallery (fixtures/gallery/WALK.md): what a visitor sees when
//! the compiled packages and PostgreSQL work.

use super::browser::Browser;
use super::served::fixture;

/// The colour of the picture that the tests upload: red, green, blue.
const COLOUR: [u8; 3] = [0xd0, 0x60, 0x20];
const PICTURE_SIZE: (u32, u32) = (1000, 500);

/// What `/versions.json` says of the packages that are compiled code.
pub(crate) fn compiled_packages(browser: &mut Browser) {
    let versions = browser.get("/versions.json").expect(200).json();
    assert_eq!(versions["psycopg_implementation"], "binary", "{versions}");
    assert_eq!(versions["jpeg"], true, "{versions}");
    assert_eq!(versions["webp"], true, "{versions}");
    // As pyproject.toml pins them.
    assert_eq!(versions["psycopg"], "3.3.9");
    assert_eq!(versions["pillow"], "13.0.0");
    assert_eq!(versions["numpy"], "2.5.5");
    assert!(versions["postgresql"].is_string());
}

/// The pages of the samples, their files and the static files.
pub(crate) fn pages(browser: &mut Browser) {
    let index = browser.get("/").expect(200).shows("All pictures");
    let titles = [
        "The old mill",
        "Orchard in May",
        "Ferries in the harbour",
        "Lighthouse at dusk",
    ];
    let text = index.response.text();
    let places: Vec<Option<usize>> = titles
        .iter()
        .map(|title| text.find(&format!("<span>{title}</span>")))
        .collect();
    assert!(places.iter().all(Option::is_some), "{places:?}");
    assert!(places.is_sorted(), "newest first: {places:?}");
    for link in index.links() {
        browser.get(&link).expect(200);
    }
    let sheet = format!("/static/photos/gallery.{}.css", digest_in(&text, "gallery"));
    let sheet = browser.get(&sheet).expect(200);
    assert!(sheet.header("content-type").starts_with("text/css"));
    // The manifest's names inside of files, too.
    let linen = digest_in(&sheet.response.text(), "linen");
    let linen = browser.get(&format!("/static/photos/linen.{linen}.svg"));
    let wanted = fixture("gallery").join("src/photos/static/photos/linen.svg");
    assert!(linen.expect(200).response.body == fs_err::read(wanted).expect("fixture"));

    browser
        .get("/photos/2/")
        .expect(200)
        .shows("1200 × 800")
        .shows("<dd>JPEG</dd>")
        .shows("#3d6d9a")
        .shows("320 × 213");
    let thumbnail = browser.get("/photos/2/thumbnail.jpg").expect(200);
    assert_eq!(thumbnail.header("content-type"), "image/jpeg");
    assert_eq!(jpeg_size(&thumbnail.response.body), (320, 213));
    let original = browser.get("/photos/1/original.jpg").expect(200);
    assert_eq!(original.header("content-type"), "image/png");
    assert!(original.response.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    let admin = browser.get("/admin/").expect(302).location();
    let next = format!("/admin/login/?next={}/admin/", browser.context());
    assert_eq!(admin, next);
}

/// The twelve hexadecimal digits behind a static file's name.
fn digest_in(text: &str, name: &str) -> String {
    let (_, rest) = text.split_once(&format!("{name}.")).expect(name);
    let digest: String = rest.chars().take(12).collect();
    assert!(
        digest.chars().all(|one| one.is_ascii_hexdigit()),
        "{digest}"
    );
    digest
}

/// What only PostgreSQL has.
pub(crate) fn searches(browser: &mut Browser) {
    // Full text: PostgreSQL knows the plural.
    browser
        .get("/?q=ferry")
        .expect(200)
        .shows("Found for “ferry”")
        .shows("<span>Ferries in the harbour</span>")
        .lacks("<span>Lighthouse at dusk</span>");
    // A JSON field.
    browser
        .get("/?orientation=portrait")
        .expect(200)
        .shows("<span>Lighthouse at dusk</span>")
        .lacks("<span>Ferries in the harbour</span>");
    let facts = browser.get("/photos/1/facts.json").expect(200).json();
    assert_eq!(facts["width"], 900);
    assert_eq!(facts["orientation"], "portrait");
    for colour in ["red", "green", "blue"] {
        let bins = facts["histogram"][colour].as_array().expect("bins");
        let pixels: u64 = bins.iter().filter_map(serde_json::Value::as_u64).sum();
        assert_eq!((bins.len(), pixels), (8, 900 * 1200), "{facts}");
    }
    // An array field.
    browser
        .get("/tags/sea/")
        .expect(200)
        .shows("Tagged sea")
        .shows("<span>Lighthouse at dusk</span>")
        .shows("<span>Ferries in the harbour</span>")
        .lacks("<span>The old mill</span>");
}

/// Uploads a picture, looks at it, and returns its page and its two files.
pub(crate) fn upload(browser: &mut Browser) -> (String, Vec<(String, Vec<u8>)>) {
    let refused = browser.upload(
        "/upload/",
        "/upload/",
        &[("title", "Nothing"), ("tags", "")],
        ("image", "words.png", "image/png", b"no picture at all"),
    );
    refused.expect(422).shows("Upload a valid image");
    // Large enough for djwar to keep it in a file on its way.
    let picture = picture();
    let fields = [
        ("title", "Town hall at noon"),
        ("description", "Bells were ringing."),
        ("tags", "town,noon"),
    ];
    let file = ("image", "hall.bmp", "image/bmp", picture.as_slice());
    let sent = browser.upload("/upload/", "/upload/", &fields, file);
    let photo = sent.expect(302).location();
    let page = browser
        .get(&photo)
        .expect(200)
        .shows("“Town hall at noon” hangs in the gallery now.")
        .shows("1000 × 500")
        .shows("320 × 160")
        .shows("<dd>BMP</dd>")
        .shows("#d06020");
    assert!(page.links().contains(&"/tags/noon/".to_owned()));
    let original = format!("{photo}original.jpg");
    let stored = browser.get(&original).expect(200).response.body;
    assert!(stored == picture, "the original has changed");
    let thumbnail = format!("{photo}thumbnail.jpg");
    let small = browser.get(&thumbnail).expect(200).response.body;
    assert_eq!(jpeg_size(&small), (320, 160));
    for search in ["/?q=bell", "/tags/noon/", "/?q=hall&orientation=landscape"] {
        browser
            .get(search)
            .expect(200)
            .shows("<span>Town hall at noon</span>")
            .lacks("<span>The old mill</span>");
    }
    (photo, vec![(original, stored), (thumbnail, small)])
}

/// A picture of one colour as a Windows bitmap: no library, and 1.5 MB.
fn picture() -> Vec<u8> {
    let (width, height) = PICTURE_SIZE;
    let pixels = width * height * 3;
    let mut bytes = b"BM".to_vec();
    for number in [54 + pixels, 0, 54, 40, width, height] {
        bytes.extend(number.to_le_bytes());
    }
    // One plane, 24 bits, not compressed.
    bytes.extend([1, 0, 24, 0]);
    for number in [0, pixels, 2835, 2835, 0, 0] {
        bytes.extend(number.to_le_bytes());
    }
    let [red, green, blue] = COLOUR;
    for _ in 0..width * height {
        bytes.extend([blue, green, red]);
    }
    bytes
}

/// Width and height in the frame header of a JPEG (ITU T.81, B.2.2).
fn jpeg_size(bytes: &[u8]) -> (u16, u16) {
    assert!(bytes.starts_with(&[0xff, 0xd8]), "no JPEG");
    assert!(bytes.ends_with(&[0xff, 0xd9]), "a JPEG that is cut off");
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let mut at = 2;
    loop {
        assert_eq!(bytes[at], 0xff, "no marker at {at}");
        let is_frame = matches!(bytes[at + 1], 0xc0..=0xc2);
        if is_frame {
            return (word(at + 7), word(at + 5));
        }
        at += 2 + usize::from(word(at + 2));
    }
}
