//! Where static files go inside the WAR: the path of `STATIC_URL`.

use super::PlanError;
use crate::model::{Project, Setting};

/// The prefix that the project's `STATIC_URL` means, when it can be read.
pub(super) fn prefix(project: &Project) -> Result<Option<String>, PlanError> {
    let url = &project.static_files.url;
    match url {
        Setting::Known(text, span) => match prefix_of(text) {
            StaticPrefix::Folder(prefix) => Ok(Some(prefix)),
            StaticPrefix::Elsewhere => Ok(None),
            StaticPrefix::Everything => Err(PlanError::StaticEverything(Some(span.clone()))),
            StaticPrefix::Nowhere => Err(PlanError::StaticNowhere {
                url: text.clone(),
                span: Some(span.clone()),
            }),
        },
        Setting::Dynamic(_) | Setting::Missing => Ok(None),
    }
}

/// What a `STATIC_URL` means for the WAR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaticPrefix {
    /// A folder below the context: `/static/`.
    Folder(String),
    /// Another host, or nothing: the WAR serves no static files.
    Elsewhere,
    /// The whole application.
    Everything,
    /// What no container serves.
    Nowhere,
}

/// Reads a `STATIC_URL`: relative (`static/`) and absolute (`/static/`) paths both
/// mean a folder below the context path; a URL with a host means a CDN.
pub fn prefix_of(url: &str) -> StaticPrefix {
    let path = url.trim();
    if path.is_empty() || path.contains("://") || path.starts_with("//") {
        return StaticPrefix::Elsewhere;
    }
    let parts: Vec<&str> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    let is_private = |part: &&str| {
        ["WEB-INF", "META-INF"]
            .iter()
            .any(|name| part.eq_ignore_ascii_case(name))
    };
    if parts.is_empty() {
        StaticPrefix::Everything
    } else if parts.contains(&"..") || parts.first().is_some_and(is_private) {
        StaticPrefix::Nowhere
    } else {
        StaticPrefix::Folder(format!("/{}/", parts.join("/")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_url_is_a_folder_a_cdn_or_a_mistake() {
        let folder = |path: &str| StaticPrefix::Folder(path.to_owned());
        for (url, meaning) in [
            ("/static/", folder("/static/")),
            ("static/", folder("/static/")),
            ("/a/b", folder("/a/b/")),
            ("https://cdn.example/x/", StaticPrefix::Elsewhere),
            ("//cdn.example/x/", StaticPrefix::Elsewhere),
            ("", StaticPrefix::Elsewhere),
            ("/", StaticPrefix::Everything),
            ("/WEB-INF/", StaticPrefix::Nowhere),
            ("meta-inf/static/", StaticPrefix::Nowhere),
            ("../static/", StaticPrefix::Nowhere),
            ("/a/WEB-INF/", folder("/a/WEB-INF/")),
        ] {
            assert_eq!(prefix_of(url), meaning, "{url}");
        }
    }
}
