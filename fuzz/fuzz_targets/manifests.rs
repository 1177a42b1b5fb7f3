//! Manifests: the first byte says which.
#![no_main]

mod project;

const NAMES: [&str; 5] = ["pyproject.toml", "setup.cfg", "Pipfile", "setup.py", ".env"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let [first, rest @ ..] = bytes {
        project::scan_with(NAMES[usize::from(*first) % NAMES.len()], rest);
    }
});
