//! `djwar cache`: where the cache is, how large, and what of it goes.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::build::bytes;
use super::{Common, Outcome, common};
use crate::resolve::{Cache, Host};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Print the cache's folder
    Dir,
    /// Say how much is there, by kind
    Size,
    /// Remove what no build has used for some time
    Prune {
        /// Days
        #[arg(long, default_value_t = 30)]
        days: u64,
    },
    /// Remove everything
    Clear,
}

#[derive(Serialize)]
struct Row<'a> {
    kind: &'a str,
    entries: u64,
    bytes: u64,
}

pub(super) fn run(options: &Common, arguments: &Arguments) -> Outcome {
    let cache = Cache::of_user(&Host::of_this_process())?;
    match arguments.what {
        What::Dir => common::say(cache.folder().as_str())?,
        What::Size => {
            let buckets = cache.buckets()?;
            let rows: Vec<Row<'_>> = buckets
                .iter()
                .map(|(kind, bucket)| Row {
                    kind,
                    entries: bucket.entries,
                    bytes: bucket.bytes,
                })
                .collect();
            if options.json {
                common::say_json(&rows)?;
            } else {
                for row in &rows {
                    common::say(&format!(
                        "{:>10}  {:>6}  {}",
                        bytes(row.bytes),
                        row.entries,
                        row.kind
                    ))?;
                }
                let total = rows.iter().map(|row| row.bytes).sum();
                common::say(&format!("{:>10}  in all", bytes(total)))?;
            }
        }
        What::Prune { .. } | What::Clear => {
            let pruned = match arguments.what {
                What::Prune { days } => {
                    cache.prune(Duration::from_secs(days.saturating_mul(86_400)))?
                }
                _ => cache.clear()?,
            };
            if options.json {
                common::say_json(&pruned)?;
            } else {
                common::say(&format!(
                    "removed {} entries, {}",
                    pruned.entries,
                    bytes(pruned.bytes)
                ))?;
            }
        }
    }
    Ok(0)
}
