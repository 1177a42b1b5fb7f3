//! What a site's processes hold: the system's view of each, and the JVM's own view
//! of itself (native memory tracking), which tells a heap that is filled for the
//! first time from something that grows.

use std::collections::BTreeMap;
use std::process::Command;

use super::served::{Site, Wanted};

/// The JVM keeps books of what it takes; a few per cent slower.
pub(crate) fn counted(wanted: Wanted) -> Wanted {
    wanted.java_option("-XX:NativeMemoryTracking=summary")
}

/// KiB at one moment.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    /// Of the JVM, as the system sees it.
    pub(crate) java: u64,
    /// Of all Pythons together.
    pub(crate) pythons: u64,
    /// Committed by the JVM, by its own categories: `Thread`, `Other` (direct buffers), …
    pub(crate) parts: BTreeMap<String, u64>,
}

impl Memory {
    pub(crate) fn of(site: &mut Site) -> Self {
        let processes = site.server().processes();
        let pythons = processes[1..]
            .iter()
            .map(|member| resident(member.process))
            .sum();
        Self {
            java: resident(processes[0].process),
            pythons,
            parts: parts(&jcmd(site, "VM.native_memory")),
        }
    }

    /// What the JVM has committed beside the heap, whose limit is its own.
    pub(crate) fn beside_heap(&self) -> u64 {
        let all = self.parts.iter();
        all.filter(|(name, _)| *name != "Java Heap")
            .map(|(_, size)| size)
            .sum()
    }
}

/// KiB of objects that are in use, after a full collection.
pub(crate) fn live_heap(site: &mut Site) -> u64 {
    let text = jcmd(site, "GC.class_histogram");
    let total = text.lines().rfind(|line| line.starts_with("Total"));
    let bytes = total.and_then(|line| line.split_whitespace().nth(2)?.parse::<u64>().ok());
    bytes.unwrap_or_else(|| panic!("no total: {text:.2000}")) / 1024
}

/// A command to the running JVM, by the tool of the same JDK.
fn jcmd(site: &mut Site, command: &str) -> String {
    let java = site.server().processes()[0].clone();
    let tool = java.executable.with_file_name("jcmd");
    let output = Command::new(&tool)
        .args([java.process.to_string().as_str(), command])
        .output()
        .unwrap_or_else(|error| panic!("{tool}: {error}; the tests need a JDK"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// `-   Thread (reserved=1KB, committed=1KB)`.
fn parts(report: &str) -> BTreeMap<String, u64> {
    let parts: BTreeMap<String, u64> = report
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix('-')?.split_once(" (reserved=")?;
            let (_, size) = rest.split_once("committed=")?;
            let (size, _) = size.split_once("KB")?;
            Some((name.trim().to_owned(), size.parse().ok()?))
        })
        .collect();
    assert!(parts.len() > 5, "no native memory tracking: {report:.2000}");
    parts
}

fn resident(process: u32) -> u64 {
    let status = fs_err::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap_or(0)
}

/// What a JVM holds that a redeploy must give back.
#[derive(Debug)]
pub(crate) struct Holdings {
    pub(crate) threads: usize,
    pub(crate) files: usize,
    pub(crate) pythons: usize,
    /// KiB committed for classes.
    pub(crate) metaspace: u64,
    /// KiB of objects in use.
    pub(crate) live_heap: u64,
}

impl Holdings {
    pub(crate) fn of(site: &mut Site) -> Self {
        let processes = site.server().processes();
        let count = |what: &str| {
            let entries = fs_err::read_dir(format!("/proc/{}/{what}", processes[0].process));
            entries.expect("the JVM lives").count()
        };
        Self {
            threads: count("task"),
            files: count("fd"),
            pythons: processes.len() - 1,
            // The collection first: it unloads classes.
            live_heap: live_heap(site),
            metaspace: Memory::of(site).parts["Metaspace"],
        }
    }
}
