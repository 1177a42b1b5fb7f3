//! The one seam for what people read. Rooms talk through [`Report`]; only the
//! implementation here writes, and only to standard error.

use std::io::{IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What a room may tell the user while it works.
pub trait Report: Sync {
    /// A step began or ended: `Resolving 12 requirements`.
    fn status(&self, message: &str);

    /// Something that the user should look at; it doesn't stop the work.
    fn warning(&self, message: &str);

    /// Shown with `-v` only.
    fn detail(&self, message: &str);

    /// A bar over `length` units, drawn on a terminal only. The caller calls
    /// `inc` and `finish_and_clear` on it.
    fn bar(&self, message: &str, length: u64) -> ProgressBar;
}

/// Says nothing: for tests and for `--quiet`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Report for Silent {
    fn status(&self, _message: &str) {}
    fn warning(&self, _message: &str) {}
    fn detail(&self, _message: &str) {}
    fn bar(&self, _message: &str, _length: u64) -> ProgressBar {
        ProgressBar::hidden()
    }
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Warnings and errors.
    Quiet,
    /// Steps and the summary.
    #[default]
    Normal,
    /// What each step looked at as well.
    Verbose,
}

/// Whether escape sequences are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    /// Colour on a terminal, unless `NO_COLOR` is set to anything but nothing
    /// (no-color.org).
    pub fn detect() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stderr().is_terminal() && !refused {
            Self::Always
        } else {
            Self::Never
        }
    }
}

/// Writes to standard error.
#[derive(Clone, Copy, Debug)]
pub struct Stderr {
    verbosity: Verbosity,
    color: Color,
}

impl Stderr {
    /// A reporter with that much to say.
    pub fn new(verbosity: Verbosity, color: Color) -> Self {
        Self { verbosity, color }
    }

    fn line(self, style: &str, label: &str, message: &str) {
        let message = printable(message);
        let mut stderr = std::io::stderr().lock();
        // A closed standard error is no reason to stop building.
        let _ = match self.color {
            Color::Always => writeln!(stderr, "\x1b[{style}m{label}\x1b[0m {message}"),
            Color::Never => writeln!(stderr, "{label} {message}"),
        };
    }

    /// Passes a line of a container's log on, as it is.
    pub fn line_of_log(self, line: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Shows a failure, whatever the verbosity.
    pub fn failure(self, failure: &crate::error::Failure) {
        let text = failure.to_string();
        let rest = text.strip_prefix("error: ").unwrap_or(&text);
        self.line("1;31", "error:", rest);
    }
}

/// Without control characters but line ends: names of files and values of a stranger's
/// project must not move the cursor or paint over what was said.
fn printable(message: &str) -> std::borrow::Cow<'_, str> {
    let is_harmful = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if !message.contains(is_harmful) {
        return message.into();
    }
    let mut text = String::with_capacity(message.len() + 8);
    for letter in message.chars() {
        if is_harmful(letter) {
            text.extend(letter.escape_default());
        } else {
            text.push(letter);
        }
    }
    text.into()
}

impl Report for Stderr {
    fn status(&self, message: &str) {
        if self.verbosity >= Verbosity::Normal {
            let (verb, rest) = message.split_once(' ').unwrap_or((message, ""));
            self.line("1;32", &format!("{verb:>12}"), rest);
        }
    }

    fn warning(&self, message: &str) {
        self.line("1;33", "warning:", message);
    }

    fn detail(&self, message: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.line("2", "            ", message);
        }
    }

    fn bar(&self, message: &str, length: u64) -> ProgressBar {
        if self.verbosity == Verbosity::Quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg:>12} [{bar:30}] {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr())
            .with_style(style)
            .with_message(message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_names_do_not_paint_the_terminal() {
        assert_eq!(printable("a \x1b[2J\rb\n\tc ü"), "a \\u{1b}[2J\\rb\n\tc ü");
    }
}
