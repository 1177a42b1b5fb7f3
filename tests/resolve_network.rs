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

use djwar::model::{Platform, PythonChoice, PythonVersion};
use djwar::resolve::{RequirementSource, Resolver, WheelRequest};

const PYTHON: PythonVersion = PythonVersion::new(3, 13);

fn request(project: &Utf8PathBuf, requirements: &str) -> WheelRequest {
    fs_err::write(project.join("requirements.txt"), requirements).expect("write");
    WheelRequest {
        project: project.clone(),
        sources: vec![RequirementSource::File(project.join("requirements.txt"))],
        servers: std::collections::BTreeSet::new(),
        python: PYTHON,
        platform: Platform::LinuxX86_64,
    }
}

#[test]
fn network_a_resolution_is_repeated_without_a_network() {
    let (_folder, folder) = scratch();
    let mut resolver =
        Resolver::new(Host::of_this_process(), &folder, false, &Silent).expect("cache");
    resolver.cache = Cache::at(folder.join("cache"));
    let request = request(&folder, "asgiref==3.8.1\nmarkupsafe\n");
    let interpreter = resolver
        .interpreter(&PythonChoice::Bundled(PYTHON))
        .expect("runs here");
    let first = resolver.wheels(&request, &interpreter).expect("resolved");
    assert!(!first.wheel("asgiref").expect("asked for").is_native);
    assert!(first.wheel("markupsafe").expect("asked for").is_native);

    resolver.offline = true;
    let second = resolver.wheels(&request, &interpreter).expect("cached");
    assert_eq!(first, second);

    // A damaged wheel is not handed out.
    let wheel = &first.wheel("asgiref").expect("asked for").path;
    fs_err::write(wheel, "half").expect("damage");
    let error = resolver
        .wheels(&request, &interpreter)
        .expect_err("damaged");
    assert!(error.to_string().contains("`requirements.txt`"), "{error}");
    resolver.offline = false;
    assert_eq!(
        first,
        resolver.wheels(&request, &interpreter).expect("anew")
    );
}

#[test]
fn network_a_package_without_wheels_is_built_when_it_is_pure() {
    let (_folder, folder) = scratch();
    let mut resolver =
        Resolver::new(Host::of_this_process(), &folder, false, &Silent).expect("cache");
    let interpreter = resolver
        .interpreter(&PythonChoice::Bundled(PYTHON))
        .expect("runs here");
    resolver.cache = Cache::at(folder.join("cache"));
    let resolution = resolver
        .wheels(&request(&folder, "docopt==0.6.2\n"), &interpreter)
        .expect("built");
    assert!(!resolution.wheel("docopt").expect("asked for").is_native);
}

#[test]
fn network_an_unknown_requirement_is_named_with_its_line() {
    let (_folder, folder) = scratch();
    let resolver = Resolver::new(Host::of_this_process(), &folder, false, &Silent).expect("cache");
    let interpreter = resolver
        .interpreter(&PythonChoice::Bundled(PYTHON))
        .expect("runs here");
    let request = request(
        &folder,
        "asgiref==3.8.1\ndjwar-nobody-publishes-this==1.0\n",
    );
    let error = resolver
        .wheels(&request, &interpreter)
        .expect_err("unknown");
    assert_eq!(
        error.to_string(),
        "`djwar-nobody-publishes-this==1.0` (requirements.txt:2) does not exist on the package index"
    );
}

#[test]
fn network_the_home_of_the_war_runs_and_shows_source_lines() {
    let (_folder, folder) = scratch();
    let host = Host::of_this_process();
    let resolver = Resolver::new(host.clone(), &folder, false, &Silent).expect("cache");
    let home = resolver
        .python_home(&PythonChoice::Bundled(PYTHON), Platform::LinuxX86_64)
        .expect("made")
        .expect("bundled");
    let unpacked = folder.join("home");
    zip::ZipArchive::new(fs_err::File::open(home.archive).expect("archive"))
        .expect("archive")
        .extract(&unpacked)
        .expect("unpacked");
    let executable = unpacked.join(&home.executable);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        fs_err::set_permissions(&executable, mode).expect("mode");
    }
    let output = host
        .python_command(&executable)
        .env("PYTHONHOME", &unpacked)
        .args(["-c", "import ssl, ctypes, zoneinfo, sysconfig, json; sysconfig.get_config_vars(); json.loads('{')"])
        .output()
        .expect("started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("json.decoder.JSONDecodeError"), "{said}");
    assert!(said.contains("obj, end = self.raw_decode"), "{said}");
}
