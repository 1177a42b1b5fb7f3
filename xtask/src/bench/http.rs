//! A visitor's connection: HTTP/1.1, kept alive, as much of it as the measured
//! servers speak.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// Only so that a hanging server ends a measurement.
const PATIENCE: Duration = Duration::from_mins(2);

/// One connection to the loopback.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    /// Whether the server will answer more on it.
    pub(crate) stays: bool,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            line: String::new(),
            stays: true,
        })
    }

    /// The status of a GET, and its whole body in `body`.
    pub(crate) fn get(&mut self, path: &str, body: &mut Vec<u8>) -> Result<u16> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
        body.clear();
        self.answer(body)
    }

    /// The status of a POST of so many bytes, and its whole body in `body`.
    pub(crate) fn post(&mut self, path: &str, length: usize, body: &mut Vec<u8>) -> Result<u16> {
        self.send(
            format!(
                "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        )?;
        let block = vec![b'x'; 256 * 1024];
        let mut left = length;
        while left > 0 {
            let part = left.min(block.len());
            self.send(&block[..part])?;
            left -= part;
        }
        body.clear();
        self.answer(body)
    }

    /// The status of a GET whose body is only counted.
    pub(crate) fn count(&mut self, path: &str) -> Result<(u16, u64)> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
        let mut counted = Counted(0);
        let status = self.answer(&mut counted)?;
        Ok((status, counted.0))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(bytes)?)
    }

    fn next_line(&mut self) -> Result<&str> {
        self.line.clear();
        let got = self.stream.read_line(&mut self.line)?;
        ensure!(got > 0, "the connection was closed");
        Ok(self.line.trim_end())
    }

    fn answer(&mut self, target: &mut impl std::io::Write) -> Result<u16> {
        let status = self.next_line()?.split(' ').nth(1);
        let status = status.context("no status")?.parse()?;
        let (mut length, mut is_chunked) = (None, false);
        loop {
            let line = self.next_line()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let (name, value) = (name.to_ascii_lowercase(), value.trim());
            match name.as_str() {
                "content-length" => length = Some(value.parse::<u64>()?),
                "transfer-encoding" => is_chunked = value == "chunked",
                "connection" if value == "close" => self.stays = false,
                _ => {}
            }
        }
        if is_chunked {
            loop {
                let size = u64::from_str_radix(self.next_line()?, 16)?;
                self.copy(size, target)?;
                self.next_line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.copy(length.context("neither a length nor chunks")?, target)?;
        }
        Ok(status)
    }

    fn copy(&mut self, length: u64, target: &mut impl std::io::Write) -> Result<()> {
        let got = std::io::copy(&mut (&mut self.stream).take(length), target)?;
        ensure!(got == length, "the body is broken off");
        Ok(())
    }
}

/// Counts what is written to it.
struct Counted(u64);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
