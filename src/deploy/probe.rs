//! A small HTTP client for looking at what a container serves: one connection a
//! request, no redirects followed, every status an answer.

use std::io::Read;
use std::time::Duration;

use ureq::http;

use super::error::DeployError;

/// Sends requests.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
}

/// What is sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET` when empty.
    pub method: String,
    /// The whole address; anything but ASCII must be percent-encoded already.
    pub url: String,
    /// In order, names may repeat.
    pub headers: Vec<(String, String)>,
    /// Sent with its length, when there is one.
    pub body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// For example 200.
    pub status: u16,
    /// In order, names in lower case, repeated ones repeated.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name (lower case), or the empty text.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// A client that gives up on a request after `patience`.
    pub fn new(patience: Duration) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(patience))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // The user's proxy has no business between djwar and its container.
            .proxy(None)
            // A container that was restarted leaves no stale connection here.
            .max_idle_connections(0)
            .build();
        Self {
            agent: config.into(),
        }
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// When no answer comes, or not a whole one.
    pub fn get(&self, url: &str) -> Result<Response, DeployError> {
        self.send(Request {
            url: url.to_owned(),
            ..Request::default()
        })
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// When no answer comes, or not a whole one.
    pub fn send(&self, request: Request) -> Result<Response, DeployError> {
        self.stream(request, &mut |_| {})
    }

    /// As [`Client::send`]; `piece` sees each part of the body when it comes.
    ///
    /// # Errors
    /// When no answer comes, or not a whole one.
    pub fn stream(
        &self,
        request: Request,
        piece: &mut dyn FnMut(&[u8]),
    ) -> Result<Response, DeployError> {
        let method = if request.method.is_empty() {
            "GET"
        } else {
            &request.method
        };
        let name = format!("{method} {}", request.url);
        let no_answer = |reason: String| DeployError::NoAnswer {
            request: name.clone(),
            reason,
        };
        let mut building = http::Request::builder().method(method).uri(&request.url);
        for (header, value) in &request.headers {
            building = building.header(header, value);
        }
        let answered = match request.body {
            Some(body) => building
                .body(body)
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
            None => building
                .body(())
                .map_err(ureq::Error::from)
                .and_then(|request| self.agent.run(request)),
        };
        let (head, body) = answered
            .map_err(|error| no_answer(error.to_string()))?
            .into_parts();
        let headers = head.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let headers = headers.collect();
        let mut reader = body.into_with_config().limit(u64::MAX).reader();
        let (mut whole, mut buffer) = (Vec::new(), [0; 16 * 1024]);
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    piece(&buffer[..count]);
                    whole.extend_from_slice(&buffer[..count]);
                }
                Err(error) => return Err(no_answer(format!("the body broke off: {error}"))),
            }
        }
        Ok(Response {
            status: head.status.as_u16(),
            headers,
            body: whole,
        })
    }
}
