//! What is looked at in a deployed WAR: pages, static files, folders that nobody
//! may see. Knows HTTP and the WAR's entries, nothing of containers.

use std::io::Read;

use camino::Utf8Path;
use fs_err::File;

use super::error::DeployError;
use super::probe::{Client, Response};

/// Larger ones prove nothing more.
const LARGEST: u64 = 1 << 20;

/// Spellings of two files which no container may serve (Servlet §10.5), `{}` being
/// the folder. A spelling that reaches Django is Django's to answer.
const CLOSED: [(&str, &str); 2] = [
    ("WEB-INF", "WEB-INF/web.xml"),
    ("META-INF", "META-INF/djwar.json"),
];
const SPELLINGS: [&str; 9] = [
    "/{folder}/{file}",
    "/{folder};x=1/{file}",
    "/{folder}%2f{file}",
    "/{folder}./{file}",
    "/{lower}/{file}",
    "/%{first}{rest}/{file}",
    "/static/../{folder}/{file}",
    "/static/%2e%2e/{folder}/{file}",
    "/static/..;/{folder}/{file}",
];

/// A page that must be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Below the context path, with `/` in front.
    pub path: String,
    /// What the body must hold; without it any status below 400 will do.
    pub text: Option<String>,
}

/// A file of the WAR, by the path under which it is, or must not be, served.
#[derive(Clone, Debug)]
struct Entry {
    path: String,
    bytes: Vec<u8>,
}

/// All that is looked at in one deployment.
#[derive(Clone, Debug)]
pub struct Look {
    expectations: Vec<Expectation>,
    static_files: Vec<Entry>,
    closed: Vec<Entry>,
}

impl Look {
    /// At these pages (the root page when there are none), and at files that the
    /// WAR holds.
    ///
    /// # Errors
    /// When the WAR can't be read.
    pub fn at(war: &Utf8Path, expectations: &[Expectation]) -> Result<Self, DeployError> {
        let broken = |error: zip::result::ZipError| DeployError::NotAWar {
            path: war.to_owned(),
            reason: error.to_string(),
        };
        let mut zip = zip::ZipArchive::new(File::open(war)?).map_err(broken)?;
        let mut names: Vec<String> = zip
            .file_names()
            .filter_map(Result::ok)
            .map(std::borrow::Cow::into_owned)
            .collect();
        names.sort();
        let mut bytes_of = |name: &str| -> Result<Option<Vec<u8>>, DeployError> {
            let mut entry = zip.by_name(name).map_err(broken)?;
            if entry.size() == 0 || entry.size() > LARGEST {
                return Ok(None);
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        let mut look = Self {
            expectations: expectations.to_vec(),
            static_files: Vec::new(),
            closed: Vec::new(),
        };
        if look.expectations.is_empty() {
            look.expectations.push(Expectation {
                path: "/".to_owned(),
                text: None,
            });
        }
        for name in sample(&names) {
            if let Some(bytes) = bytes_of(name)? {
                let path = format!("/{}", encoded(name));
                look.static_files.push(Entry { path, bytes });
            }
        }
        for (folder, name) in CLOSED {
            if !names.iter().any(|known| known == name) {
                continue;
            }
            if let Some(bytes) = bytes_of(name)? {
                let file = name.rsplit('/').next().unwrap_or(name);
                look.closed.extend(SPELLINGS.iter().map(|spelling| Entry {
                    path: spelled(spelling, folder, file),
                    bytes: bytes.clone(),
                }));
            }
        }
        Ok(look)
    }

    /// The page to wait for.
    pub(super) fn first(&self) -> &str {
        self.expectations
            .first()
            .map_or("/", |one| one.path.as_str())
    }

    /// Whether that page is as it must be.
    pub(super) fn likes(&self, answer: &Response) -> bool {
        let first = self.expectations.first();
        first.is_none_or(|expectation| judge(expectation, answer).is_none())
    }

    /// Whether the WAR holds files for the container's own file servlet.
    pub(super) fn has_static_files(&self) -> bool {
        !self.static_files.is_empty()
    }

    /// What is wrong with the pages.
    pub(super) fn pages(&self, client: &Client, base: &str) -> Vec<String> {
        let wrong = self.expectations.iter().filter_map(|expectation| {
            match client.get(&format!("{base}{}", expectation.path)) {
                Ok(answer) => judge(expectation, &answer),
                Err(error) => Some(error.to_string()),
            }
        });
        wrong.collect()
    }

    /// What is wrong with the static files.
    pub(super) fn static_files(&self, client: &Client, base: &str) -> Vec<String> {
        let wrong = self.static_files.iter().filter_map(|file| {
            let path = &file.path;
            match client.get(&format!("{base}{path}")) {
                Ok(answer) if answer.status != 200 => {
                    Some(format!("`{path}` answers {}", answer.status))
                }
                Ok(answer) if answer.body != file.bytes => {
                    Some(format!("`{path}` is not the file of the WAR"))
                }
                Ok(answer) if answer.header("content-type").is_empty() => {
                    Some(format!("`{path}` has no `Content-Type`"))
                }
                Ok(_) => None,
                Err(error) => Some(error.to_string()),
            }
        });
        wrong.collect()
    }

    /// The files that are served although they must not be. By their content: a
    /// project may well have a page for every path.
    pub(super) fn leaks(&self, client: &Client, base: &str) -> Vec<String> {
        let open = self.closed.iter().filter_map(|file| {
            let answer = client.get(&format!("{base}{}", file.path)).ok()?;
            (answer.body == file.bytes).then(|| format!("`{}` is served to everybody", file.path))
        });
        open.collect()
    }
}

/// One file of each kind that containers tell apart by its ending, and one whose
/// name isn't ASCII.
fn sample(names: &[String]) -> Vec<&str> {
    let is_open = |name: &&String| {
        !name.ends_with('/')
            && !["WEB-INF/", "META-INF/"].iter().any(|folder| {
                name.get(..folder.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(folder))
            })
    };
    let mut found: Vec<&str> = Vec::new();
    let kinds: [&dyn Fn(&str) -> bool; 5] = [
        &|name| name.ends_with(".css"),
        &|name| name.ends_with(".js"),
        &|name| name.ends_with(".svg") || name.ends_with(".png"),
        &|name| !name.is_ascii(),
        &|name| name.contains(' '),
    ];
    for kind in kinds {
        let first = names.iter().filter(is_open).find(|name| kind(name));
        if let Some(name) = first
            && !found.contains(&name.as_str())
        {
            found.push(name);
        }
    }
    found
}

/// Percent-encoded (RFC 3986 §2.1), `/` kept.
fn encoded(path: &str) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

fn spelled(spelling: &str, folder: &str, file: &str) -> String {
    let (first, rest) = folder.split_at(1);
    let hexadecimal = format!("{:02x}", first.as_bytes()[0]);
    spelling
        .replace("{folder}", folder)
        .replace("{lower}", &folder.to_lowercase())
        .replace("{first}", &hexadecimal)
        .replace("{rest}", rest)
        .replace("{file}", file)
}

fn judge(expectation: &Expectation, answer: &Response) -> Option<String> {
    let path = &expectation.path;
    match &expectation.text {
        Some(text) if !answer.text().contains(text) => Some(format!(
            "`{path}` (status {}) does not show `{text}`{}",
            answer.status,
            likely(answer.status)
        )),
        None if answer.status >= 400 => Some(format!(
            "`{path}` answers {}{}",
            answer.status,
            likely(answer.status)
        )),
        // Jetty without a filter answers with its own page: Django's absence shows
        // in the text alone, which is why `--expect` is worth giving.
        _ => None,
    }
}

/// What such a status mostly means of a WAR that nobody has seen serve yet.
fn likely(status: u16) -> &'static str {
    match status {
        400 => ": `ALLOWED_HOSTS` may lack 127.0.0.1, which is asked here (`--env`)",
        500 => {
            ": a database that was never migrated says so, too; `--env` names one, \
             `--expect` a page without"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_judged_by_its_text() {
        let answer = Response {
            status: 200,
            headers: Vec::new(),
            body: b"It works".to_vec(),
        };
        let wanted = |text: &str| Expectation {
            path: "/".to_owned(),
            text: Some(text.to_owned()),
        };
        assert_eq!(judge(&wanted("works"), &answer), None);
        assert_eq!(
            judge(&wanted("Polls"), &answer).as_deref(),
            Some("`/` (status 200) does not show `Polls`")
        );
        let refused = Response {
            status: 400,
            ..answer
        };
        let said = judge(&wanted("Polls"), &refused).expect("a failure");
        assert!(said.contains("ALLOWED_HOSTS"), "{said}");
    }

    #[test]
    fn one_static_file_of_each_kind_is_looked_at() {
        let names = [
            "META-INF/x.css",
            "WEB-INF/x.js",
            "static/a.css",
            "static/b.css",
            "static/dir/",
            "static/été.js",
            "static/z.png",
        ]
        .map(str::to_owned);
        assert_eq!(
            sample(&names),
            ["static/a.css", "static/été.js", "static/z.png"]
        );
        assert_eq!(encoded("static/é x"), "static/%C3%A9%20x");
    }

    #[test]
    fn closed_folders_are_spelled_in_many_ways() {
        let all: Vec<String> = SPELLINGS
            .iter()
            .map(|spelling| spelled(spelling, "WEB-INF", "web.xml"))
            .collect();
        assert_eq!(all[0], "/WEB-INF/web.xml");
        assert_eq!(all[4], "/web-inf/web.xml");
        assert_eq!(all[5], "/%57EB-INF/web.xml");
    }
}
