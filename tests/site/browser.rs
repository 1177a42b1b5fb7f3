//! A browser small enough to read: cookies, forms with their CSRF token, links.
//! It stays inside the application, and says so when a link leads out of it.

use std::collections::BTreeMap;
use std::time::Duration;

use djwar::deploy::{Client, Request, Response};

/// Where a form's file comes from: field, file name, media type, content.
pub(crate) type Upload<'a> = (&'a str, &'a str, &'a str, &'a [u8]);

/// One visitor.
pub(crate) struct Browser {
    client: Client,
    /// `http://127.0.0.1:43567`.
    origin: String,
    /// Empty or `/ctx`.
    context: String,
    cookies: BTreeMap<String, String>,
    /// `Accept-Language` of every request.
    pub(crate) language: &'static str,
}

/// An answer, and the question.
pub(crate) struct Page {
    asked: String,
    context: String,
    pub(crate) response: Response,
}

impl Browser {
    pub(crate) fn new(base_url: &str) -> Self {
        let host = base_url.find("//").expect("absolute") + 2;
        let end = base_url[host..].find('/').map(|at| host + at);
        let (origin, context) = base_url.split_at(end.unwrap_or(base_url.len()));
        Self {
            client: Client::new(Duration::from_mins(1)),
            origin: origin.to_owned(),
            context: context.to_owned(),
            cookies: BTreeMap::new(),
            language: "en",
        }
    }

    /// Another visitor of the same site.
    pub(crate) fn stranger(&self) -> Self {
        Self::new(&format!("{}{}", self.origin, self.context))
    }

    pub(crate) fn context(&self) -> &str {
        &self.context
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// A GET of a path below the context path, percent-encoded already.
    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.send("GET", path, &[], None)
    }

    /// Any request; the body goes with its media type among `headers`.
    pub(crate) fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Page {
        self.stream(method, path, headers, body, &mut |_| {})
    }

    /// As `send`; `piece` sees the parts of the body as they come.
    pub(crate) fn stream(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
        piece: &mut dyn FnMut(&[u8]),
    ) -> Page {
        let mut all = vec![("Accept-Language".to_owned(), self.language.to_owned())];
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            all.push(("Cookie".to_owned(), pairs.join("; ")));
        }
        for (name, value) in headers {
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        let request = Request {
            method: method.to_owned(),
            url: format!("{}{}{path}", self.origin, self.context),
            headers: all,
            body,
        };
        let asked = format!("{method} {}{path}", self.context);
        let response = self
            .client
            .stream(request, piece)
            .unwrap_or_else(|error| panic!("{error}"));
        self.remember(&response);
        Page {
            asked,
            context: self.context.clone(),
            response,
        }
    }

    /// Fills in a form: fetches `page`, takes its CSRF token, posts `fields` to
    /// `action`, which must be the target of a form on the page.
    pub(crate) fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token_for(page, action);
        let mut all = vec![("csrfmiddlewaretoken", token.as_str())];
        all.extend_from_slice(fields);
        let body: Vec<String> = all
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.send("POST", action, &headers, Some(body.join("&").into_bytes()))
    }

    /// As `submit`, with a file.
    pub(crate) fn upload(
        &mut self,
        page: &str,
        action: &str,
        fields: &[(&str, &str)],
        (field, file_name, media_type, content): Upload<'_>,
    ) -> Page {
        let token = self.token_for(page, action);
        let boundary = "djwar-test-boundary";
        let mut body = Vec::new();
        let mut all = vec![("csrfmiddlewaretoken", token.as_str())];
        all.extend_from_slice(fields);
        for (name, value) in all {
            let part = format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
            body.extend_from_slice(part.as_bytes());
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; \
             filename=\"{file_name}\"\r\nContent-Type: {media_type}\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let media_type = format!("multipart/form-data; boundary={boundary}");
        self.send("POST", action, &[("Content-Type", &media_type)], Some(body))
    }

    fn token_for(&mut self, page: &str, action: &str) -> String {
        let page = self.get(page).expect(200);
        let target = format!("{}{action}", self.context);
        let text = page.response.text();
        assert!(
            text.contains(&format!("action=\"{target}\""))
                || text.contains("<form method=\"post\"")
                || text.contains("action=\"\" method=\"post\""),
            "no form for {target} on {}",
            page.asked
        );
        // Django 1.x quotes it otherwise than its successors.
        page.after("csrfmiddlewaretoken")[1..].trim_start_matches(" value=")[1..]
            .split(['"', '\''])
            .next()
            .expect("a value")
            .to_owned()
    }

    fn remember(&mut self, response: &Response) {
        for (name, value) in &response.headers {
            if name != "set-cookie" {
                continue;
            }
            let pair = value.split(';').next().unwrap_or_default().trim();
            let (name, content) = pair.split_once('=').expect("a cookie has a name");
            if content.is_empty() || value.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), content.to_owned());
            }
        }
    }
}

impl Page {
    /// Fails unless the status is this one; shows what came instead.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.response.status,
            status,
            "{}: {:?}\n{}",
            self.asked,
            self.response.headers,
            self.beginning()
        );
        self
    }

    /// Fails unless the body holds this text.
    #[track_caller]
    pub(crate) fn shows(self, text: &str) -> Self {
        assert!(
            self.response.text().contains(text),
            "{} does not show {text:?}:\n{}",
            self.asked,
            self.beginning()
        );
        self
    }

    /// Fails when the body holds this text.
    #[track_caller]
    pub(crate) fn lacks(self, text: &str) -> Self {
        assert!(
            !self.response.text().contains(text),
            "{} shows {text:?}:\n{}",
            self.asked,
            self.beginning()
        );
        self
    }

    /// The path that a redirect names, below the context path.
    #[track_caller]
    pub(crate) fn location(&self) -> String {
        let location = self.response.header("location");
        assert!(!location.is_empty(), "{} has no Location", self.asked);
        self.inside(location)
            .unwrap_or_else(|| panic!("{} leads out to {location}", self.asked))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.response.header(name)
    }

    /// What follows the first occurrence of `mark` in the body.
    #[track_caller]
    pub(crate) fn after(&self, mark: &str) -> String {
        let text = self.response.text();
        let found = text.split_once(mark);
        let (_, rest) = found.unwrap_or_else(|| panic!("{} lacks {mark:?}", self.asked));
        rest.to_owned()
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.response.body)
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", self.asked, self.beginning()))
    }

    /// The paths of all `href`, `src` and `action` of the page, below the context
    /// path. One that leads out of the application is a failure: that is how a
    /// context path is forgotten.
    #[track_caller]
    pub(crate) fn links(&self) -> Vec<String> {
        let text = self.response.text();
        let mut links = Vec::new();
        for attribute in [" href=\"", " src=\"", " action=\""] {
            for rest in text.split(attribute).skip(1) {
                let link = rest.split('"').next().unwrap_or_default();
                let link = link.replace("&amp;", "&");
                if link.is_empty() || link.starts_with('#') || link.starts_with('?') {
                    continue;
                }
                let inside = self.inside(&link);
                links.push(inside.unwrap_or_else(|| panic!("{} links out to {link}", self.asked)));
            }
        }
        links.sort();
        links.dedup();
        links
    }

    fn inside(&self, link: &str) -> Option<String> {
        let path = match link.strip_prefix("http://") {
            Some(rest) => &rest[rest.find('/').unwrap_or(rest.len())..],
            None => link,
        };
        let below = path.strip_prefix(&self.context)?;
        if below.is_empty() && !self.context.is_empty() {
            // Django's own "View site" link is the bare SCRIPT_NAME; a container
            // redirects it to `/ctx/`.
            return Some(String::new());
        }
        below.starts_with('/').then(|| below.to_owned())
    }

    fn beginning(&self) -> String {
        self.response.text().chars().take(3000).collect()
    }
}

/// `application/x-www-form-urlencoded`.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut result = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            result.push(char::from(byte));
        } else {
            write!(result, "%{byte:02X}").expect("a String takes it");
        }
    }
    result
}
