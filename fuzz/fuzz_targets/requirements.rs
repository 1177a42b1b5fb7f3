//! Requirements files.
#![no_main]

mod project;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    project::scan_with("requirements.txt", bytes);
});
