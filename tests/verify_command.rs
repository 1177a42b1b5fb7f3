//! `djwar verify` as a CI job runs it.

mod site;

use std::process::{Command, Output};

use site::served::Polls;

fn verify(arguments: &[&str]) -> Output {
    let data = tempfile::tempdir().expect("temp dir");
    let data_dir = format!("DATA_DIR={}", data.path().display());
    Command::new(env!("CARGO_BIN_EXE_djwar"))
        .args(["verify", Polls::get().war.as_str(), "--env", &data_dir])
        .args(arguments)
        .output()
        .expect("djwar starts")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_war_that_works_is_said_to_work_in_every_cell() {
    let folder = tempfile::tempdir().expect("temp dir");
    let junit = folder.path().join("reports/djwar.xml");
    let output = verify(&[
        "--container",
        "tomcat-11,jetty-12-ee8",
        "--jobs",
        "2",
        "--expect",
        "/hello/=Hello, world",
        "--expect",
        "/static/css/site.css",
        "--json",
        "--junit",
        junit.to_str().expect("UTF-8"),
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(verdict["works"], true);
    let cells: Vec<String> = verdict["cells"]
        .as_array()
        .expect("cells")
        .iter()
        .map(|cell| {
            format!(
                "{} {} {}",
                cell["container"], cell["context"], cell["packed"]
            )
        })
        .collect();
    assert_eq!(
        cells,
        [
            "\"tomcat-11\" \"/\" false",
            "\"tomcat-11\" \"/\" true",
            "\"tomcat-11\" \"/ctx\" false",
            "\"tomcat-11\" \"/ctx\" true",
            "\"jetty-12-ee8\" \"/\" false",
            "\"jetty-12-ee8\" \"/ctx\" false",
        ]
    );
    // Each was looked at in every way, a redeploy among them.
    for cell in verdict["cells"].as_array().expect("cells") {
        let steps: Vec<String> = cell["checks"]
            .as_array()
            .expect("checks")
            .iter()
            .map(|check| format!("{} {}", check["step"], check["result"]))
            .collect();
        assert_eq!(
            steps,
            [
                "\"start\" \"passed\"",
                "\"pages\" \"passed\"",
                "\"static-files\" \"passed\"",
                "\"closed-folders\" \"passed\"",
                "\"redeploy\" \"passed\"",
                "\"stop\" \"passed\"",
            ],
            "{cell}"
        );
    }
    let report = fs_err::read_to_string(junit).expect("the report");
    assert!(
        report.contains(r#"<testsuites name="djwar verify" tests="36" failures="0" skipped="0">"#),
        "{report}"
    );
}

#[test]
fn pages_come_from_the_configuration_of_the_current_folder() {
    let folder = tempfile::tempdir().expect("temp dir");
    let data = tempfile::tempdir().expect("temp dir");
    fs_err::write(
        folder.path().join("djwar.toml"),
        "expect = [\"/hello/=Hello, world\", \"/nowhere/\"]\n",
    )
    .expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_djwar"))
        .args(["verify", Polls::get().war.as_str()])
        .args(["--container", "tomcat-10"])
        .args(["--env", &format!("DATA_DIR={}", data.path().display())])
        .current_dir(folder.path())
        .output()
        .expect("djwar starts");
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("`/nowhere/` answers 404"), "{said}");
    assert!(!said.contains("does not show"), "{said}");
    let row = said
        .lines()
        .find(|line| line.starts_with("tomcat-10") && line.ends_with(" ok"));
    assert!(row.is_some_and(|row| row.contains("FAILS")), "{said}");
}

#[test]
fn a_page_that_says_something_else_fails_and_is_named() {
    let output = verify(&[
        "--container",
        "jetty-12-ee10",
        "--expect",
        "/hello/=Good bye",
    ]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("fails in jetty-12-ee10 at /ctx"), "{said}");
    assert!(
        said.contains("`/hello/` (status 200) does not show `Good bye`"),
        "{said}"
    );
    assert!(said.contains("0 of 2 deployments work"), "{said}");
}

#[test]
fn an_unknown_container_is_a_usage_error_with_the_known_ones() {
    let output = verify(&["--container", "tomcat-8"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("`tomcat-8` is not one of tomcat-9, tomcat-10"),
        "{said}"
    );
}
