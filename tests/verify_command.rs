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
    let output = verify(&[
        "--container",
        "tomcat-11,jetty-12-ee8",
        "--expect",
        "/hello/=Hello, world",
        "--expect",
        "/static/css/site.css",
        "--json",
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
