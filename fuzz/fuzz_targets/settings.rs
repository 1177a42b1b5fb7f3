//! Settings modules: the parser, the evaluator, everything that is read from names.
#![no_main]

mod project;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    project::scan_with("site1/settings.py", bytes);
});
