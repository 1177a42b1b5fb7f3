//! What a run of unittest says, and what was expected of it.

use std::collections::BTreeSet;
use std::fmt;

use anyhow::{Context, Result};

/// A failure that has a reason: where it happens (a database, an engine, a container), or `any`; module; test.
pub(crate) type Known = (String, String, String);

/// A table of them, with a fourth column for the reason.
pub(crate) fn known(table: &str) -> Result<Vec<Known>> {
    table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [database, module, test, _reason] = fields[..] else {
                anyhow::bail!("a table of known failures has four fields a line, not `{line}`");
            };
            Ok((database.to_owned(), module.to_owned(), test.to_owned()))
        })
        .collect()
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    ran: u32,
    skipped: u32,
    /// `Class.test`, for failures and errors alike.
    failed: BTreeSet<String>,
}

impl Outcome {
    pub(crate) fn read(log: &str) -> Result<Self> {
        let ran = log
            .lines()
            .find_map(|line| line.strip_prefix("Ran ")?.split(' ').next()?.parse().ok())
            .context("unittest did not come to its end")?;
        let skipped = log
            .lines()
            .rev()
            .find(|line| line.starts_with("OK") || line.starts_with("FAILED"))
            .and_then(|line| line.split_once("skipped="))
            .and_then(|(_, rest)| {
                rest.split(|c: char| !c.is_ascii_digit())
                    .next()?
                    .parse()
                    .ok()
            })
            .unwrap_or(0);
        let failed = log
            .lines()
            .filter_map(|line| line.strip_prefix("FAIL: ").or(line.strip_prefix("ERROR: ")))
            .map(name)
            .collect();
        Ok(Self {
            ran,
            skipped,
            failed,
        })
    }

    /// What was not expected: a failure that is not known, or a known one that is none.
    pub(crate) fn surprises(
        &self,
        places: &[&str],
        module: &str,
        known: Option<&Vec<Known>>,
    ) -> Vec<String> {
        let expected: BTreeSet<&String> = known
            .into_iter()
            .flatten()
            .filter(|one| (one.0 == "any" || places.contains(&one.0.as_str())) && one.1 == module)
            .map(|one| &one.2)
            .collect();
        let failed: BTreeSet<&String> = self.failed.iter().collect();
        let place = places[0];
        let new = failed
            .difference(&expected)
            .map(|test| format!("{place} {module}: {test} fails"));
        let gone = expected
            .difference(&failed)
            .map(|test| format!("{place} {module}: {test} does not fail any more"));
        new.chain(gone).collect()
    }
}

/// `Class.test` of `test (module.Class)`, or of `test (module.Class.test) (part=1)`, as Python 3.11 has it.
fn name(line: &str) -> String {
    let Some((test, rest)) = line.split_once(" (") else {
        return line.to_owned();
    };
    let class = rest.split(')').next().unwrap_or(rest);
    let class = class.strip_suffix(&format!(".{test}")).unwrap_or(class);
    let class = class.rsplit('.').next().unwrap_or(class);
    format!("{class}.{test}")
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let failed = self.failed.len();
        write!(
            formatter,
            "{} tests, {failed} failed, {} skipped",
            self.ran, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "FAIL: test_a (queries.tests.Some)\n----\nRan 286 tests in 1.5s\n\n\
                       FAILED (failures=1, skipped=6, expected failures=2)\n";

    #[test]
    fn the_end_of_a_run_is_understood() {
        let outcome = Outcome::read(LOG).expect("read");
        assert_eq!(outcome.to_string(), "286 tests, 1 failed, 6 skipped");
        assert!(Outcome::read("Traceback\n").is_err());
    }

    #[test]
    fn every_spelling_of_a_test_is_one_name() {
        for line in [
            "test_a (queries.tests.Some)",
            "test_a (queries.tests.Some.test_a)",
            "test_a (queries.tests.Some.test_a) (method='get')",
        ] {
            assert_eq!(name(line), "Some.test_a");
        }
    }

    #[test]
    fn only_what_is_not_known_surprises() {
        let outcome = Outcome::read(LOG).expect("read");
        let entry = |test: &str| ("any".to_owned(), "queries".to_owned(), test.to_owned());
        let surprises = |known: &Vec<Known>| outcome.surprises(&["sqlite"], "queries", Some(known));
        assert!(surprises(&vec![entry("Some.test_a")]).is_empty());
        assert_eq!(
            surprises(&vec![entry("Some.test_b")]),
            [
                "sqlite queries: Some.test_a fails",
                "sqlite queries: Some.test_b does not fail any more"
            ]
        );
    }

    #[test]
    fn the_table_of_known_failures_is_whole() {
        assert!(known(super::super::KNOWN).is_ok_and(|list| !list.is_empty()));
    }
}
