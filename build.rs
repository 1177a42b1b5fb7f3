//! Lists the files of the runtime's Python half, so that `src/runtime.rs` embeds
//! whatever is in the folder and no list can go stale.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let handler = root.join("runtime/python/djwar_handler");
    println!("cargo::rerun-if-changed={}", handler.display());
    let mut files = Vec::new();
    collect(&handler, &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for file in files {
        let name = file
            .strip_prefix(handler.parent().expect("below runtime/python"))
            .expect("below the handler")
            .to_str()
            .expect("our own names are UTF-8")
            .replace('\\', "/");
        let file = file.to_str().expect("a UTF-8 checkout");
        writeln!(text, "    ({name:?}, include_bytes!({file:?})),").expect("a String grows");
    }
    text.push(']');
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs_err::write(target.join("handler.rs"), text)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if path.is_dir() && name != Some("__pycache__") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "py") || name == Some("py.typed")
        {
            files.push(path);
        }
    }
    Ok(())
}
