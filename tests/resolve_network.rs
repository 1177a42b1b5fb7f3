//! What the resolve room does with the real registries, through the real clients.

use camino::Utf8PathBuf;
use djwar::model::Coordinates;
use djwar::report::Silent;
use djwar::resolve::{Cache, Host, Maven};

fn scratch() -> (tempfile::TempDir, Utf8PathBuf) {
    let folder = tempfile::tempdir().expect("temp dir");
    let path = Utf8PathBuf::from_path_buf(folder.path().to_owned()).expect("UTF-8");
    (folder, path)
}

#[test]
fn network_maven_tells_an_unknown_artifact_from_a_failure() {
    let (_folder, folder) = scratch();
    let maven = Maven::new(Host::of_this_process(), Cache::at(folder), false, &Silent);
    let unknown: Coordinates = "org.bytedeco:cpython:0.0.1-none:jar:linux-x86_64"
        .parse()
        .expect("well-formed");
    let error = maven.artifact(&unknown).expect_err("no such version");
    assert_eq!(
        error.to_string(),
        "Maven found no artifact `org.bytedeco:cpython:0.0.1-none:jar:linux-x86_64`"
    );
}

#[test]
fn network_maven_brings_two_versions_of_one_artifact_at_once() {
    let (_folder, folder) = scratch();
    let maven = Maven::new(Host::of_this_process(), Cache::at(folder), false, &Silent);
    let wanted: Vec<Coordinates> = [
        "jakarta.servlet:jakarta.servlet-api:5.0.0",
        "jakarta.servlet:jakarta.servlet-api:6.0.0",
    ]
    .iter()
    .map(|text| text.parse().expect("well-formed"))
    .collect();
    let paths = maven.artifacts(&wanted).expect("brought");
    assert!(paths[0].ends_with("jakarta.servlet-api-5.0.0.jar"));
    assert!(paths[1].ends_with("jakarta.servlet-api-6.0.0.jar"));
}
