//! What a test leaves out, said aloud.

use std::io::Write as _;

/// Says why something did not run; not by `eprintln!`, which cargo shows for
/// failures only.
pub(crate) fn skipped(why: &str) {
    let text = format!("\nSKIPPED: {why}\n");
    std::io::stderr()
        .write_all(text.as_bytes())
        .expect("standard error");
}
