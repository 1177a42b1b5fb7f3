//! What a failure is to the user: a message, its causes, a hint, an exit status.
//!
//! Each room has its own error enum (thiserror) and says through [`Diagnose`]
//! what kind of failure a variant is and what to do about it. Nothing here prints.

use std::fmt;

/// Whose turn it is, and so the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The project can't be packaged: exit status 1.
    Project,
    /// Wrong usage or configuration: exit status 2.
    Usage,
    /// Network, disk, or a missing tool: exit status 3.
    Environment,
}

impl Kind {
    /// The process's exit status.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Project => 1,
            Self::Usage => 2,
            Self::Environment => 3,
        }
    }
}

/// An error that knows its kind and the user's next step.
pub trait Diagnose: std::error::Error {
    /// Whose turn it is.
    fn kind(&self) -> Kind;

    /// The next step, in one or two sentences, without `hint:`.
    fn hint(&self) -> Option<String> {
        None
    }
}

/// A failure ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whose turn it is.
    pub kind: Kind,
    /// Lower case, no full stop, literals in backticks.
    pub message: String,
    /// The chain of sources, outermost first.
    pub causes: Vec<String>,
    /// The next step.
    pub hint: Option<String>,
}

impl Failure {
    /// A failure without causes.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hint: None,
        }
    }

    /// The same failure with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl<E: Diagnose> From<E> for Failure {
    fn from(error: E) -> Self {
        let message = error.to_string();
        let mut causes = Vec::new();
        let mut source = error.source();
        let mut last = message.clone();
        while let Some(cause) = source {
            let text = cause.to_string();
            // A wrapper that only repeats its source would print it twice.
            if !last.contains(&text) {
                causes.push(text.clone());
            }
            last = text;
            source = cause.source();
        }
        Self {
            kind: error.kind(),
            message,
            causes,
            hint: error.hint(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.message)?;
        for cause in &self.causes {
            write!(
                formatter,
                "\n  cause: {}",
                cause.replace('\n', "\n         ")
            )?;
        }
        match &self.hint {
            Some(hint) => write!(formatter, "\n\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("can't read `{0}`")]
    struct Unreadable(&'static str, #[source] std::io::Error);

    impl Diagnose for Unreadable {
        fn kind(&self) -> Kind {
            Kind::Environment
        }

        fn hint(&self) -> Option<String> {
            Some("check its permissions".to_owned())
        }
    }

    #[test]
    fn a_failure_shows_message_cause_and_hint() {
        let error = Unreadable("manage.py", std::io::Error::other("permission denied"));
        let failure = Failure::from(error);
        assert_eq!(failure.kind.exit_status(), 3);
        assert_eq!(
            failure.to_string(),
            "error: can't read `manage.py`\n  cause: permission denied\n\nhint: check its permissions"
        );
    }
}
