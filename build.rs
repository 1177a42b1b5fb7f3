//! Lists the files of the runtime's Python halves, so that `src/runtime.rs` embeds
//! whatever is in the folder and no list can go stale.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let python = root.join("runtime/python");
    // The database modules lie at the top of their folder on `sys.path`.
    list(&python.join("djwar_handler"), &python, "handler.rs")?;
    list(&python.join("djwar_jython"), &python, "jython.rs")?;
    list(
        &python.join("djwar_jdbc"),
        &python.join("djwar_jdbc"),
        "jdbc.rs",
    )
}

/// Writes a list of the files below `folder`, named relative to `base`.
fn list(folder: &Path, base: &Path, target: &str) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for file in files {
        let name = file
            .strip_prefix(base)
            .expect("below its folder")
            .to_str()
            .expect("our own names are UTF-8")
            .replace('\\', "/");
        let file = file.to_str().expect("a UTF-8 checkout");
        writeln!(text, "    ({name:?}, include_bytes!({file:?})),").expect("a String grows");
    }
    text.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs_err::write(out.join(target), text)
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
