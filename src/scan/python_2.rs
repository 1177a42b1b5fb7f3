//! Signs of Python 2 where the parser of Python 3 stopped.

use camino::Utf8Path;

use super::error::ScanError;
use super::source_text;

/// Why a syntax fault (not `except A, b:`, which Python 3.14 allows again,
/// PEP 758) says that the project is for Python 2.
pub(super) fn sign(root: &Utf8Path, error: &ScanError) -> Option<String> {
    let ScanError::Syntax { path, line, .. } = error else {
        return None;
    };
    let text = source_text::python(root, path).ok()?;
    let index = usize::try_from(*line).ok()?.checked_sub(1)?;
    let source = text.lines().nth(index)?.trim();
    let what = if source.starts_with("print ") || source.starts_with("print\"") {
        "a `print` statement"
    } else if source.starts_with("exec ") {
        "an `exec` statement"
    } else if source.contains("ur'") || source.contains("ur\"") {
        "a `ur` text"
    } else if source.starts_with("raise ") && source.contains(", ") {
        "a `raise` with a comma"
    } else if source.contains("<>") {
        "the operator `<>`"
    } else {
        return None;
    };
    Some(format!("{what} is Python 2 ({path}:{line})"))
}
