//! Settings longer than anybody's: reading them ends, and says so.

use super::{MANAGE, SETTINGS, Tree};
use crate::model::Project;

fn scanned(more: &str) -> Project {
    let tree = Tree::new(&[
        ("manage.py", MANAGE),
        ("site1/__init__.py", ""),
        ("requirements.txt", "django==5\n"),
    ]);
    tree.write("site1/settings.py", format!("{SETTINGS}{more}"));
    tree.scan()
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn a_list_that_grows_by_a_line_at_a_time_costs_no_square() {
    for grown in [
        lines(30_000, |number| {
            format!("INSTALLED_APPS += ['a{number}']\n")
        }),
        lines(30_000, |number| {
            format!("INSTALLED_APPS.append('a{number}')\n")
        }),
        format!(
            "X = {{}}\n{}",
            lines(30_000, |number| format!("X['a{number}'] = 1\n"))
        ),
        format!(
            "import os\n{}",
            lines(30_000, |number| format!(
                "A{number} = os.environ.get('A{number}')\n"
            ))
        ),
    ] {
        let project = scanned(&grown);
        let problem = project
            .problems
            .iter()
            .find(|one| one.code == "settings-unfinished");
        assert_eq!(
            problem.map(|one| one.message.as_str()),
            Some(
                "the settings are longer than djwar reads: what their last lines set is not known"
            ),
            "{}",
            &grown[..40]
        );
    }
}

#[test]
fn thousands_of_branches_in_a_row_do_not_end_the_stack() {
    let branches = lines(60_000, |number| {
        format!("elif x{number}:\n    A = {number}\n")
    });
    let project = scanned(&format!("if x:\n    A = 1\n{branches}"));
    assert_eq!(
        project.root_urlconf.known().map(String::as_str),
        Some("site1.urls")
    );
}

#[test]
fn settings_of_people_are_read_to_their_end() {
    let grown = lines(400, |number| format!("INSTALLED_APPS += ['a{number}']\n"));
    let project = scanned(&format!("INSTALLED_APPS = []\n{grown}"));
    assert!(
        project
            .problems
            .iter()
            .all(|one| one.code != "settings-unfinished")
    );
    let apps = project.installed_apps.known().expect("a list");
    assert_eq!(apps.last().map(String::as_str), Some("a399"));
}
