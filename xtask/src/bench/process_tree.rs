//! What a tree of processes uses, read from `/proc`: CPU with reaped children,
//! and private memory.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::server::Server;

/// The fields of `/proc/PID/stat` that matter here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    /// User and system time of the process and of its reaped children.
    ticks: u64,
}

/// The roots and all their descendants, sorted.
pub(crate) fn members(roots: &[u32]) -> Result<Vec<u32>> {
    Ok(tree(roots)?.into_keys().collect())
}

/// The living children of one process, sorted.
pub(crate) fn children(parent: u32) -> Result<Vec<u32>> {
    Ok(tree(&[parent])?
        .into_iter()
        .filter(|(_, stat)| stat.parent == parent)
        .map(|(pid, _)| pid)
        .collect())
}

/// Seconds of CPU which the trees have used so far. A member that ends between
/// two readings isn't lost: its time moves to the parent that reaps it.
pub(crate) fn cpu_seconds(roots: &[u32]) -> Result<f64> {
    let ticks: u64 = tree(roots)?.values().map(|stat| stat.ticks).sum();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 ticks")]
    Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// KiB that would be free if the process ended: its pages that nobody shares.
pub(crate) fn private_kib(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/smaps_rollup");
    let text = fs_err::read_to_string(&path)?;
    ["Private_Clean:", "Private_Dirty:"]
        .iter()
        .map(|label| {
            text.lines()
                .find_map(|line| line.strip_prefix(label))
                .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
                .with_context(|| format!("`{path}` has no `{label}`"))
        })
        .sum()
}

/// djwar's parent and its workers, as soon as there are so many: the parent Python is
/// the JVM's child, the workers are the parent's.
pub(crate) fn workers(server: &Server, count: usize, timeout: Duration) -> Result<(u32, Vec<u32>)> {
    let deadline = Instant::now() + timeout;
    loop {
        for root in server.pids() {
            for parent in children(root)? {
                let workers = children(parent)?;
                if workers.len() == count {
                    return Ok((parent, workers));
                }
            }
        }
        ensure!(
            Instant::now() < deadline,
            "Tomcat never had {count} workers"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a process held in memory at one moment, and the most since then.
pub(crate) struct Resident {
    pid: u32,
    kib: u64,
}

impl Resident {
    /// Forgets the process's peak: proc(5), `clear_refs`.
    pub(crate) fn from_now_on(pid: u32) -> Result<Self> {
        fs_err::write(format!("/proc/{pid}/clear_refs"), "5")?;
        let kib = status_kib(pid, "VmRSS:")?;
        Ok(Self { pid, kib })
    }

    /// MB.
    pub(crate) fn growth(&self) -> Result<f64> {
        let most = status_kib(self.pid, "VmHWM:")?;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
        Ok(most.saturating_sub(self.kib) as f64 * 1024.0 / 1e6)
    }
}

fn status_kib(pid: u32, label: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs_err::read_to_string(&path)?;
    text.lines()
        .find_map(|line| line.strip_prefix(label))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("`{path}` has no `{label}`"))
}

fn tree(roots: &[u32]) -> Result<BTreeMap<u32, Stat>> {
    let mut all = BTreeMap::new();
    for entry in fs_err::read_dir("/proc")? {
        let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        // A process may end between the listing and the reading.
        if let Some(stat) = fs_err::read_to_string(format!("/proc/{pid}/stat"))
            .ok()
            .as_deref()
            .and_then(parse)
        {
            all.insert(pid, stat);
        }
    }
    let mut found = BTreeMap::new();
    let mut waiting = roots.to_vec();
    while let Some(pid) = waiting.pop() {
        if let Some(stat) = all.get(&pid) {
            found.insert(pid, *stat);
            waiting.extend(
                all.iter()
                    .filter(|(_, one)| one.parent == pid)
                    .map(|(pid, _)| pid),
            );
        }
    }
    Ok(found)
}

/// proc(5): the second field is the command's name in parentheses, which may
/// itself hold spaces and parentheses; the rest counts from the last `)`.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    Some(Stat {
        parent: u32::try_from(number(4)?).ok()?,
        ticks: number(14)? + number(15)? + number(16)? + number(17)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let text = "7 (a) b (c)) S 3 7 7 0 -1 0 1 2 3 4 100 20 3 1 20 0 1 0 5";
        assert_eq!(
            parse(text),
            Some(Stat {
                parent: 3,
                ticks: 124
            })
        );
    }

    #[test]
    fn this_process_belongs_to_its_own_tree_and_has_memory() {
        let own = std::process::id();
        assert!(members(&[own]).expect("readable").contains(&own));
        assert!(private_kib(own).expect("readable") > 0);
    }
}
