//! HTTP/1.1 by hand: what no decent client sends, and what a decent one doesn't
//! show. Knows enough of the protocol to tell a whole answer from a broken one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use super::served::Site;

/// Only so that a hanging container fails a test.
const PATIENCE: Duration = Duration::from_mins(2);

/// A connection to a container.
pub(crate) struct Wire {
    stream: BufReader<TcpStream>,
    /// The request line's path is below this.
    context: String,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether its end came: the last chunk, or all of its Content-Length.
    pub(crate) is_whole: bool,
}

impl Wire {
    pub(crate) fn to(site: &mut Site) -> Self {
        let context = site.browser.context().to_owned();
        Self::open(site.server().port(), context)
    }

    pub(crate) fn open(port: u16, context: String) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("a time-out");
        Self {
            stream: BufReader::new(stream),
            context,
        }
    }

    /// Sends bytes as they are. The container may have closed: its answer says why.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.get_mut().write_all(bytes.as_ref()).is_ok()
    }

    /// Sends a request's head; `headers` are whole lines.
    pub(crate) fn ask(&mut self, method: &str, path: &str, headers: &[&str]) {
        let context = &self.context;
        let mut head = format!("{method} {context}{path} HTTP/1.1\r\nHost: localhost\r\n");
        for header in headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.send(head);
    }

    /// A GET on a connection that stays open.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, &[]);
        self.answer("GET")
    }

    /// A POST on a connection that stays open.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        self.ask("POST", path, &[&format!("Content-Length: {}", body.len())]);
        self.send(body);
        self.answer("POST")
    }

    /// Sends no more; the other direction stays open.
    pub(crate) fn end(&mut self) {
        // A container that has closed is as good.
        let _ = self.stream.get_mut().shutdown(Shutdown::Write);
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let count = self.stream.read_until(b'\n', &mut line).unwrap_or(0);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        (count > 0).then_some(text)
    }

    /// The head of an answer; none when the connection is closed.
    pub(crate) fn head(&mut self) -> Option<Answer> {
        let line = self.line()?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut headers = Vec::new();
        while let Some(line) = self.line() {
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        Some(Answer {
            status,
            headers,
            body: Vec::new(),
            is_whole: false,
        })
    }

    /// The answer to a request of this method.
    #[track_caller]
    pub(crate) fn answer(&mut self, method: &str) -> Answer {
        let mut answer = self.head().expect("an answer");
        let (status, length) = (answer.status, answer.header("content-length").to_owned());
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            answer.is_whole = true;
        } else if answer.header("transfer-encoding").contains("chunked") {
            while let Some(chunk) = self.chunk() {
                if chunk.is_empty() {
                    answer.is_whole = true;
                    break;
                }
                answer.body.extend_from_slice(&chunk);
            }
        } else if let Ok(length) = length.parse::<u64>() {
            let mut limited = (&mut self.stream).take(length);
            let _ = limited.read_to_end(&mut answer.body);
            answer.is_whole = answer.body.len() as u64 == length;
        } else {
            // Ended by the connection's end: RFC 9112 §6.3 can't tell it from a break.
            answer.is_whole = self.stream.read_to_end(&mut answer.body).is_ok();
        }
        answer
    }

    /// A chunk, empty at the body's end; none when it broke off.
    pub(crate) fn chunk(&mut self) -> Option<Vec<u8>> {
        let mut line = self.line()?;
        if line.is_empty() {
            // The last one's end: Jetty sends it with what follows.
            line = self.line()?;
        }
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        let mut chunk = vec![0; size];
        self.stream.read_exact(&mut chunk).ok()?;
        if size == 0 {
            self.line()?;
        }
        Some(chunk)
    }

    /// Counts what comes until the connection ends or `length` bytes are there;
    /// gives the last bytes.
    pub(crate) fn count(&mut self, length: u64) -> (u64, Vec<u8>) {
        let mut buffer = vec![0; 1 << 20];
        let (mut total, mut last) = (0, Vec::new());
        while total < length {
            let wanted = usize::try_from(length - total)
                .unwrap_or(usize::MAX)
                .min(buffer.len());
            match self.stream.read(&mut buffer[..wanted]) {
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    total += count as u64;
                    last = buffer[count.saturating_sub(3)..count].to_vec();
                }
            }
        }
        (total, last)
    }

    /// All that comes until the container closes.
    pub(crate) fn until_closed(&mut self) -> String {
        let mut all = Vec::new();
        let _ = self.stream.read_to_end(&mut all);
        String::from_utf8_lossy(&all).into_owned()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
