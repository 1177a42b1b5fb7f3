//! What else the settings name for writing at run time: log files, caches, search
//! indexes. Databases and uploads are [`findings`](super::findings)' matter.

use super::evaluate::Scope;
use super::facts::place_inside;
use super::value::{Kind, Value};
use crate::model::project::Written;

/// Settings that name a place, and where in their value.
const PLACES: &[(&str, &[Step])] = &[
    (
        "LOGGING",
        &[Step::Key("handlers"), Step::Each, Step::Key("filename")],
    ),
    ("CACHES", &[Step::Each, Step::Key("LOCATION")]),
    ("HAYSTACK_CONNECTIONS", &[Step::Each, Step::Key("PATH")]),
    ("SESSION_FILE_PATH", &[]),
    ("EMAIL_FILE_PATH", &[]),
];

enum Step {
    Key(&'static str),
    Each,
}

/// The places inside of the project.
pub(super) fn find(scope: &Scope) -> Vec<Written> {
    let mut found = Vec::new();
    for (setting, steps) in PLACES {
        let Some(binding) = scope.get(*setting) else {
            continue;
        };
        let mut values = vec![&binding.value];
        for step in *steps {
            values = values
                .into_iter()
                .flat_map(|value| below(value, step))
                .collect();
        }
        let texts = values.iter().filter_map(|value| value.as_text());
        // A cache's address is no path, and its name in memory neither.
        let texts = texts.filter(|text| *setting != "CACHES" || text.contains('/'));
        let paths = texts.filter_map(place_inside);
        found.extend(paths.map(|path| Written {
            path,
            setting,
            origin: binding.span.clone(),
        }));
    }
    found
}

fn below<'v>(value: &'v Value, step: &Step) -> Vec<&'v Value> {
    match step {
        Step::Key(key) => value.entry(key).into_iter().collect(),
        Step::Each => match &value.kind {
            Kind::Dictionary(entries) => entries.iter().map(|(_, value)| value).collect(),
            _ => Vec::new(),
        },
    }
}
