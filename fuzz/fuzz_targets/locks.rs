//! Lock files: the first byte says which.
#![no_main]

mod project;

const NAMES: [&str; 5] = ["uv.lock", "pylock.toml", "poetry.lock", "Pipfile.lock", "djwar.lock"];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let [first, rest @ ..] = bytes {
        project::scan_with(NAMES[usize::from(*first) % NAMES.len()], rest);
    }
});
