//! What a container says: kept whole in a file, its last lines in memory, each
//! with its level and logger when the container writes them in our format.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use fs_err::File;

/// The value of `java.util.logging.SimpleFormatter.format` which makes one
/// record of a line: level, logger, source, message, stack trace. A control
/// character in front tells it from a line of a stack trace or of a `print()`.
pub(super) const JAVA_FORMAT: &str = "\u{1e}%4$s\u{1f}%3$s\u{1f}%2$s\u{1f}%5$s%6$s%n";

/// The same for the pattern formatter of `WildFly`, whose configuration is XML, which
/// has no control characters: their pictures.
pub(super) const XML_FORMAT: &str = "\u{241e}%p\u{241f}%c\u{241f}%C %M\u{241f}%s%e%n";

/// Lines held in memory: `djwar run` may run for weeks.
const KEPT: usize = 4000;

/// How bad a record is: java.util.logging's levels, three of them merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `CONFIG`, `FINE` and below.
    Debug,
    /// `INFO`.
    Info,
    /// `WARNING`.
    Warning,
    /// `SEVERE`.
    Error,
}

impl Level {
    /// Upper case, as Python writes them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warning => "WARNING",
            Self::Error => "ERROR",
        }
    }

    fn of(name: &str) -> Self {
        match name {
            "SEVERE" | "ERROR" | "FATAL" => Self::Error,
            "WARNING" | "WARN" => Self::Warning,
            // Liberty's for what an operator must see.
            "INFO" | "AUDIT" => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The level of the record that it belongs to; `None` before the first and
    /// for containers that write another format.
    pub level: Option<Level>,
    /// The logger of the record, Python's own name for Python's; empty where there
    /// is no level.
    pub logger: Arc<str>,
    /// Whether the line goes on with the record of the line before.
    pub continues: bool,
    /// The line.
    pub text: String,
}

impl Line {
    fn shown(&self) -> String {
        match self.level {
            Some(level) if !self.continues => {
                format!("{} {}: {}", level.as_str(), self.logger, self.text)
            }
            _ => self.text.clone(),
        }
    }
}

/// The log of one container. Clones share it.
#[derive(Clone, Debug)]
pub struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: Utf8PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Line>,
    /// How many lines were dropped from the front.
    dropped: usize,
    ended: bool,
}

impl Log {
    /// A log that is written to a new file at `path`.
    pub(super) fn create(path: &Utf8Path) -> std::io::Result<(Self, LogWriter)> {
        let shared = Arc::new(Shared {
            path: path.to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let writer = LogWriter {
            shared: Arc::clone(&shared),
            file: File::create(path)?,
            level: None,
            logger: Arc::from(""),
        };
        Ok((Self { shared }, writer))
    }

    /// The file with the whole log.
    pub fn path(&self) -> &Utf8Path {
        &self.shared.path
    }

    /// The whole log as text.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn text(&self) -> std::io::Result<String> {
        fs_err::read_to_string(&self.shared.path)
    }

    /// The last lines as text: what an error shows.
    pub fn tail(&self, count: usize) -> String {
        let state = self.state();
        let skipped = state.lines.len().saturating_sub(count);
        let lines: Vec<String> = state.lines.iter().skip(skipped).map(Line::shown).collect();
        lines.join("\n")
    }

    /// Waits until there is a line at `cursor` or later, the log has ended, or
    /// `patience` is over; takes the lines and moves the cursor.
    pub fn next(&self, cursor: &mut usize, patience: Duration) -> Vec<Line> {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.dropped + state.lines.len() <= *cursor && !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let first = cursor.saturating_sub(state.dropped);
        let lines: Vec<Line> = state.lines.iter().skip(first).cloned().collect();
        *cursor = state.dropped + state.lines.len();
        lines
    }

    /// Whether every process that could write to it has gone.
    pub fn has_ended(&self) -> bool {
        self.state().ended
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while lines are pushed leaves nothing half-done.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The writing end of a [`Log`].
#[derive(Debug)]
pub(super) struct LogWriter {
    shared: Arc<Shared>,
    file: File,
    level: Option<Level>,
    logger: Arc<str>,
}

impl LogWriter {
    /// Takes all that `source` says, until its end.
    pub(super) fn copy(mut self, source: impl Read) {
        let mut source = BufReader::new(source);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match source.read_until(b'\n', &mut bytes) {
                Ok(0) | Err(_) => break,
                Ok(_) => self.line(&String::from_utf8_lossy(&bytes)),
            }
        }
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.ended = true;
        self.shared.changed.notify_all();
    }

    fn line(&mut self, text: &str) {
        let line = self.parse(text.trim_end_matches(['\n', '\r']));
        // A full disk must not stop the container, which a reader that ends would.
        let _ = writeln!(self.file, "{}", line.shown());
        let mut state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if state.lines.len() == KEPT {
            state.lines.pop_front();
            state.dropped += 1;
        }
        state.lines.push_back(line);
        self.shared.changed.notify_all();
    }

    fn parse(&mut self, text: &str) -> Line {
        let record = java_record(text)
            .or_else(|| jetty_record(text))
            .map(|(level, logger, message)| (Level::of(level), logger, message.to_owned()))
            .or_else(|| liberty_record(text));
        let (continues, text) = match record {
            Some((level, logger, message)) => {
                self.level = Some(level);
                self.logger = logger;
                (false, message)
            }
            None => (self.level.is_some(), text.to_owned()),
        };
        Line {
            level: self.level,
            logger: Arc::clone(&self.logger),
            continues,
            text,
        }
    }
}

fn java_record(text: &str) -> Option<(&str, Arc<str>, &str)> {
    let (rest, separator) = match text.strip_prefix('\u{1e}') {
        Some(rest) => (rest, '\u{1f}'),
        None => (text.strip_prefix('\u{241e}')?, '\u{241f}'),
    };
    let mut parts = rest.splitn(4, separator);
    let (level, logger, source) = (parts.next()?, parts.next()?, parts.next()?);
    let (class, method) = source.split_once(' ').unwrap_or((source, ""));
    Some((level, own_name(logger, class, method), parts.next()?))
}

/// The runtime logs what Python logs with `python` and the name of Python's logger
/// as its source class and method, and its own messages with `djwar` and a name.
fn own_name(logger: &str, class: &str, method: &str) -> Arc<str> {
    Arc::from(match class {
        "python" if logger.starts_with("org.djwar.") => method,
        "djwar" if logger.starts_with("org.djwar.") => "djwar",
        _ => logger,
    })
}

/// Liberty's, one JSON object a line.
fn liberty_record(text: &str) -> Option<(Level, Arc<str>, String)> {
    let text = text.starts_with("{\"type\":\"liberty_").then_some(text)?;
    let record: serde_json::Value = serde_json::from_str(text).ok()?;
    let field = |name: &str| record.get(name).and_then(|value| value.as_str());
    let logger = own_name(
        field("module").unwrap_or_default(),
        field("ibm_className").unwrap_or_default(),
        field("ibm_methodName").unwrap_or_default(),
    );
    let level = Level::of(field("loglevel").unwrap_or("INFO"));
    Some((level, logger, field("message")?.to_owned()))
}

/// Jetty's own: `2026-11-23 08:26:02.123:INFO :oejs.Server:main: Started …`.
fn jetty_record(text: &str) -> Option<(&str, Arc<str>, &str)> {
    let (time, rest) = text.split_at_checked(23)?;
    let is_time = time.char_indices().all(|(at, letter)| match at {
        4 | 7 => letter == '-',
        10 => letter == ' ',
        13 | 16 => letter == ':',
        19 => letter == '.',
        _ => letter.is_ascii_digit(),
    });
    let mut parts = rest.strip_prefix(':')?.splitn(4, ':');
    let (level, logger, _thread) = (parts.next()?, parts.next()?, parts.next()?);
    let message = parts.next()?.trim_start();
    is_time.then(|| (level.trim_end(), Arc::from(logger), message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(said: &str) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().expect("temp dir");
        let path = Utf8Path::from_path(folder.path())
            .expect("UTF-8")
            .join("log");
        let (log, writer) = Log::create(&path).expect("created");
        writer.copy(said.as_bytes());
        (folder, log)
    }

    #[test]
    fn a_record_keeps_level_and_logger_over_all_its_lines() {
        let (_folder, log) = log(concat!(
            "OpenJDK warning\n",
            "\u{1e}SEVERE\u{1f}org.x.Y\u{1f}org.x.Y go\u{1f}it broke\njava.lang.Z\n",
            "\u{1e}INFO\u{1f}org.djwar.polls\u{1f}python polls.views\u{1f}fine\n"
        ));
        let lines = log.next(&mut 0, Duration::ZERO);
        let seen: Vec<(Option<Level>, &str, bool)> = lines
            .iter()
            .map(|line| (line.level, line.text.as_str(), line.continues))
            .collect();
        assert_eq!(
            seen,
            [
                (None, "OpenJDK warning", false),
                (Some(Level::Error), "it broke", false),
                (Some(Level::Error), "java.lang.Z", true),
                (Some(Level::Info), "fine", false),
            ]
        );
        assert_eq!(
            log.text().expect("read"),
            "OpenJDK warning\nERROR org.x.Y: it broke\njava.lang.Z\nINFO polls.views: fine\n"
        );
    }

    #[test]
    fn the_records_of_jetty_have_levels_too() {
        let (_folder, log) = log(concat!(
            "2026-11-23 08:26:02.123:WARN :oejw.WebAppContext:main: Failed startup: x\n",
            "java.lang.Z\n"
        ));
        let lines = log.next(&mut 0, Duration::ZERO);
        assert_eq!(lines[0].level, Some(Level::Warning));
        assert_eq!(lines[0].text, "Failed startup: x");
        assert!(lines[1].continues);
    }

    #[test]
    fn the_records_of_wildfly_and_liberty_have_levels_and_python_s_loggers() {
        let (_folder, log) = log(concat!(
            "␞WARN␟org.djwar.ROOT␟python polls.views␟strange\n",
            r#"{"type":"liberty_message","message":"a\/b \"c\"","module":"org.djwar.x","loglevel":"SEVERE","ibm_className":"python","ibm_methodName":"polls"}"#,
            "\n"
        ));
        let lines = log.next(&mut 0, Duration::ZERO);
        let seen: Vec<(Option<Level>, &str, &str)> = lines
            .iter()
            .map(|line| (line.level, &*line.logger, line.text.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (Some(Level::Warning), "polls.views", "strange"),
                (Some(Level::Error), "polls", "a/b \"c\""),
            ]
        );
    }

    #[test]
    fn memory_holds_the_last_lines_and_the_file_holds_all() {
        use std::fmt::Write as _;
        let mut said = String::new();
        for number in 0..KEPT + 10 {
            let _ = writeln!(said, "{number}");
        }
        let (_folder, log) = log(&said);
        assert_eq!(log.text().expect("read"), said);
        assert_eq!(log.tail(1), (KEPT + 9).to_string());
        let mut cursor = 0;
        assert_eq!(log.next(&mut cursor, Duration::ZERO).len(), KEPT);
        assert_eq!(cursor, KEPT + 10);
        assert!(log.next(&mut cursor, Duration::from_mins(1)).is_empty());
    }
}
