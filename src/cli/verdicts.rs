//! The table of dependencies and what each means for the engine, for `check` and
//! `scan`.

use std::fmt::Write as _;

use crate::config::Config;
use crate::model::project::Problem;
use crate::model::{Engine, Project};
use crate::plan::{Judged, problems_of, target, verdicts};

/// The verdicts for the target that a build would have.
pub(super) struct Verdicts {
    pub(super) list: Vec<Judged>,
    heading: String,
    engine: Engine,
}

impl Verdicts {
    pub(super) fn of(project: &Project, config: &Config) -> Self {
        let target = target(project, config);
        Self {
            list: verdicts(project, target.engine, target.python, target.platform),
            heading: format!(
                "dependencies for the engine {} (Python {}, {})",
                target.engine, target.python, target.platform
            ),
            engine: target.engine,
        }
    }

    /// What would stop a build, or may.
    pub(super) fn problems(&self) -> Vec<Problem> {
        problems_of(self.engine, &self.list)
    }

    /// A line a dependency, aligned; empty without any.
    pub(super) fn table(&self) -> String {
        let mut text = String::new();
        if self.list.is_empty() {
            return text;
        }
        let width = |of: fn(&Judged) -> usize| self.list.iter().map(of).max().unwrap_or(0).min(40);
        let name = width(|one| one.name.len());
        let specifier = width(|one| one.specifier.chars().count());
        writeln!(text, "{}:", self.heading).expect("a String grows");
        for one in &self.list {
            writeln!(
                text,
                "  {:<name$}  {:<specifier$}  {:<13}  {}  ({})",
                one.name,
                one.specifier,
                one.verdict.as_str(),
                one.reason,
                one.origin
            )
            .expect("a String grows");
        }
        text
    }
}
