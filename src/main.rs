//! The thin binary: hands the arguments to the library and exits with its status.

fn main() {}
