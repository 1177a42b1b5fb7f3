//! Requirements which a WAR has no use for or which have no wheels, taken out
//! of copies of the requirement files. The project's own files stay as they are.

use camino::{Utf8Path, Utf8PathBuf};

use super::error::ResolveError;
use super::requirement_lines::{Line, follow, requirement_name, text_of};
use super::requirements::{RequirementSource, WheelRequest, is_listed};
use crate::model::{Platform, PythonVersion, marker, packages};
use crate::report::Report;

/// What has no wheels, and the same code at the same version that has.
const WITH_WHEELS: &[(&str, &str)] = &[("psycopg2", "psycopg2-binary")];

/// What becomes of a requirement.
enum Fate {
    Stays,
    Goes,
    Becomes(String),
}

/// The request without servers, or none when it names none.
pub(crate) fn without_servers(
    request: &WheelRequest,
    scratch: &Utf8Path,
    report: &dyn Report,
) -> Result<Option<WheelRequest>, ResolveError> {
    altered(
        request,
        &scratch.join("without-servers"),
        &mut |line| match line.name() {
            Some(name) if request.servers.contains(&name) => {
                report.status(&format!(
                    "Leaving out `{name}` ({}): the container serves the project",
                    request.place(line)
                ));
                Fate::Goes
            }
            _ => Fate::Stays,
        },
    )
}

/// The request without databases' clients, or none when it names none.
pub(crate) fn without_drivers(
    request: &WheelRequest,
    scratch: &Utf8Path,
    report: &dyn Report,
) -> Result<Option<WheelRequest>, ResolveError> {
    altered(
        request,
        &scratch.join("without-drivers"),
        &mut |line| match line.name() {
            Some(name) if packages::is_database_client(&name) => {
                report.status(&format!(
                    "Leaving out `{name}` ({}): on Jython its module speaks to the database over JDBC",
                    request.place(line)
                ));
                Fate::Goes
            }
            _ => Fate::Stays,
        },
    )
}

/// The project's own request with the packages that have wheels and without
/// servers, or none when it stays the same.
pub(crate) fn with_wheels(
    request: &WheelRequest,
    scratch: &Utf8Path,
    report: &dyn Report,
) -> Result<Option<WheelRequest>, ResolveError> {
    altered(request, &scratch.join("with-wheels"), &mut |line| {
        let name = line.name();
        if name
            .as_ref()
            .is_some_and(|name| request.servers.contains(name))
        {
            return Fate::Goes;
        }
        if name.as_deref() == Some("psycopg")
            && let Some(text) = psycopg_with_wheels(&line.text)
        {
            report.warning(&format!(
                "`psycopg[c]` ({}) has no wheels: taking `psycopg[binary]`, the same code at the \
                 same version",
                request.place(line)
            ));
            return Fate::Becomes(text);
        }
        let Some((old, new)) = WITH_WHEELS
            .iter()
            .find(|(old, _)| name.as_deref() == Some(old))
        else {
            return Fate::Stays;
        };
        let rest = &line.text[requirement_name(&line.text).len()..];
        // The hashes that a lock gives are taken off the whole list below.
        let rest = if is_listed(&line.path) {
            without_hashes(rest)
        } else {
            rest
        };
        // A hash is one package's; extras are another's.
        if line.text.ends_with('\\') || rest.contains("--hash") || rest.starts_with('[') {
            return Fate::Stays;
        }
        report.warning(&format!(
            "`{old}` ({}) has no wheels: taking `{new}`, the same code at the same version",
            request.place(line)
        ));
        Fate::Becomes(format!("{new}{rest}"))
    })
}

/// `psycopg[c,pool]==3.2` with the extra `binary`, which brings what `c` would build.
/// One with a hash stays: `binary` is a package of its own, for which there is none.
fn psycopg_with_wheels(text: &str) -> Option<String> {
    if text.ends_with('\\') || text.contains("--hash") {
        return None;
    }
    let (name, rest) = text.split_once('[')?;
    let (extras, rest) = rest.split_once(']')?;
    let mut extras: Vec<&str> = extras.split(',').map(str::trim).collect();
    if !extras.contains(&"c") {
        return None;
    }
    extras.retain(|extra| !matches!(*extra, "c" | "binary"));
    extras.insert(0, "binary");
    Some(format!("{name}[{}]{rest}", extras.join(",")))
}

/// The request as a client on another machine than the target has to read it: a
/// marker that both answer alike stays, another is answered here. Markers of what
/// packages themselves need are out of reach.
pub(crate) fn for_target(
    request: &WheelRequest,
    host: (PythonVersion, Platform),
    scratch: &Utf8Path,
) -> Result<Option<WheelRequest>, ResolveError> {
    altered(request, &scratch.join("for-target"), &mut |line| {
        let Some((wanted, rest)) = line.text.split_once(';') else {
            return Fate::Stays;
        };
        let end = rest.find(" --").unwrap_or(rest.len());
        let (text, options) = rest.split_at(end);
        let (text, continued) = match text.strip_suffix('\\') {
            Some(text) => (text, " \\"),
            None => (text, ""),
        };
        let on_target = marker::holds(text, request.python, request.platform);
        let here = marker::holds(text, host.0, host.1);
        match (on_target, here) {
            (Some(false), Some(true)) => Fate::Goes,
            (Some(true), Some(false)) => {
                Fate::Becomes(format!("{}{options}{continued}", wanted.trim_end()))
            }
            _ => Fate::Stays,
        }
    })
}

/// The request without the digests of lock files, or none when they give none.
pub(crate) fn without_lock_digests(request: &WheelRequest) -> Option<WheelRequest> {
    let mut loose = request.clone();
    for source in &mut loose.sources {
        if let RequirementSource::Listed { requirements, .. } = source {
            for (text, _) in requirements {
                *text = without_hashes(text).to_owned();
            }
        }
    }
    (loose.sources != request.sources).then_some(loose)
}

fn altered(
    request: &WheelRequest,
    folder: &Utf8Path,
    judge: &mut dyn FnMut(&Line) -> Fate,
) -> Result<Option<WheelRequest>, ResolveError> {
    let mut altered = request.clone();
    let mut any = false;
    for source in &mut altered.sources {
        match source {
            RequirementSource::Listed {
                origin,
                requirements,
            } => {
                let mut becomes = false;
                requirements.retain_mut(|(text, number)| {
                    let line = Line {
                        path: origin.clone(),
                        number: *number,
                        text: text.clone(),
                    };
                    let fate = judge(&line);
                    any |= !matches!(fate, Fate::Stays);
                    match fate {
                        Fate::Goes => false,
                        Fate::Stays => true,
                        Fate::Becomes(new) => {
                            *text = new;
                            becomes = true;
                            true
                        }
                    }
                });
                // The lock knows no hash of what takes its place, and one hash
                // makes pip ask for all.
                for (text, _) in requirements.iter_mut().filter(|_| becomes) {
                    *text = without_hashes(text).to_owned();
                }
            }
            RequirementSource::File(path) => {
                if let Some(copy) = copied(path, &request.project, folder, judge)? {
                    any = true;
                    *path = copy;
                }
            }
        }
    }
    Ok(any.then_some(altered))
}

fn without_hashes(text: &str) -> &str {
    text.split(" --hash=").next().unwrap_or(text)
}

/// A copy of a file and of those that it names, or none when all lines stay.
fn copied(
    path: &Utf8Path,
    project: &Utf8Path,
    folder: &Utf8Path,
    judge: &mut dyn FnMut(&Line) -> Fate,
) -> Result<Option<Utf8PathBuf>, ResolveError> {
    let (mut lines, mut files) = (Vec::new(), std::collections::BTreeSet::new());
    follow(path, &mut lines, &mut files)?;
    // `--find-links` is relative to the file that says it, and a file outside of
    // the project has no place among the copies.
    let movable = files.iter().all(|file| file.starts_with(project))
        && !lines.iter().any(|line| {
            ["-f", "--find-links"]
                .iter()
                .any(|option| line.text.starts_with(option))
        });
    if !movable {
        return Ok(None);
    }
    let fates: Vec<(&Line, Fate)> = lines
        .iter()
        .map(|line| (line, judge(line)))
        .filter(|(_, fate)| !matches!(fate, Fate::Stays))
        .collect();
    if fates.is_empty() {
        return Ok(None);
    }
    for file in &files {
        let mut text = String::new();
        let mut goes_on = false;
        for (number, line) in (1_u32..).zip(text_of(file)?.lines()) {
            let fate = fates
                .iter()
                .find(|(at, _)| at.path == *file && at.number == number)
                .map(|(_, fate)| fate);
            let goes = goes_on || matches!(fate, Some(Fate::Goes));
            // The hashes of a requirement stand on lines of their own.
            goes_on = goes && line.trim_end().ends_with('\\');
            match fate {
                _ if goes => {}
                Some(Fate::Becomes(new)) => text.push_str(new),
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        let copy = folder.join(file.strip_prefix(project).unwrap_or(file));
        fs_err::create_dir_all(copy.parent().unwrap_or(folder))?;
        fs_err::write(copy, text)?;
    }
    Ok(Some(
        folder.join(path.strip_prefix(project).unwrap_or(path)),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::cache::utf8;
    use super::*;
    use crate::model::{Platform, PythonVersion};
    use crate::report::Silent;

    struct Project {
        _folder: tempfile::TempDir,
        request: WheelRequest,
        scratch: Utf8PathBuf,
    }

    fn project(files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().expect("temp dir");
        let root = utf8(folder.path()).expect("UTF-8");
        for (path, text) in files {
            let path = root.join("project").join(path);
            fs_err::create_dir_all(path.parent().expect("folder")).expect("folder");
            fs_err::write(path, text).expect("write");
        }
        Project {
            request: WheelRequest {
                sources: vec![RequirementSource::File(
                    root.join("project/requirements.txt"),
                )],
                project: root.join("project"),
                servers: ["uwsgi", "mod-wsgi"].map(str::to_owned).into(),
                python: PythonVersion::new(3, 13),
                platform: Platform::LinuxX86_64,
            },
            scratch: root.join("scratch"),
            _folder: folder,
        }
    }

    fn copy_of(request: &WheelRequest, nested: &str) -> String {
        let RequirementSource::File(path) = &request.sources[0] else {
            panic!("a file stays a file");
        };
        fs_err::read_to_string(path.with_file_name(nested)).expect("the copy")
    }

    #[test]
    fn a_server_goes_with_its_hashes_also_from_a_nested_file() {
        let Project {
            request, scratch, ..
        } = &project(&[
            ("requirements.txt", "-r base.txt\nuWSGI>=2.0.17,<2.1\n"),
            (
                "base.txt",
                "Django==5.2\nmod_wsgi==5.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nsix\n",
            ),
        ]);
        let altered = without_servers(request, scratch, &Silent)
            .expect("reads")
            .expect("something goes");
        assert_eq!(copy_of(&altered, "requirements.txt").trim(), "-r base.txt");
        let base = copy_of(&altered, "base.txt");
        assert_eq!(
            base.split_whitespace().collect::<Vec<_>>(),
            ["Django==5.2", "six"]
        );
        let own = request.project.join("requirements.txt");
        assert!(
            fs_err::read_to_string(own)
                .expect("still there")
                .contains("uWSGI"),
            "the project's file is not touched"
        );
    }

    #[test]
    fn markers_are_answered_where_the_target_is_another_machine() {
        let Project {
            mut request,
            scratch,
            _folder,
        } = project(&[(
            "requirements.txt",
            "a ; sys_platform == 'linux'\nb==1 ; sys_platform == 'darwin' \\\n    --hash=sha256:00\n\
             c ; python_version >= '3'\nd ; platform_release > '1'\ne\n",
        )]);
        request.platform = Platform::MacosArm64;
        let host = (PythonVersion::new(3, 13), Platform::LinuxX86_64);
        let altered = for_target(&request, host, &scratch)
            .expect("reads")
            .expect("something changes");
        assert_eq!(
            copy_of(&altered, "requirements.txt"),
            "\nb==1 \\\n    --hash=sha256:00\nc ; python_version >= '3'\n\
             d ; platform_release > '1'\ne\n"
        );
        request.platform = Platform::LinuxX86_64;
        assert!(
            for_target(&request, host, &scratch)
                .expect("reads")
                .is_none()
        );
    }

    #[test]
    fn digests_of_a_lock_can_be_left_aside() {
        let Project { mut request, .. } = project(&[]);
        assert_eq!(without_lock_digests(&request).map(|_| ()), None);
        request.sources = vec![RequirementSource::Listed {
            origin: request.project.join("poetry.lock"),
            requirements: vec![("a ==1 --hash=sha256:00 --hash=sha256:11".to_owned(), 3)],
        }];
        let loose = without_lock_digests(&request).expect("something to leave");
        let RequirementSource::Listed { requirements, .. } = &loose.sources[0] else {
            panic!("a list stays a list");
        };
        assert_eq!(requirements, &[("a ==1".to_owned(), 3)]);
    }

    #[test]
    fn a_listed_server_goes_and_others_stay() {
        let Project {
            mut request,
            scratch,
            _folder,
        } = project(&[]);
        request.sources = vec![RequirementSource::Listed {
            origin: request.project.join("pyproject.toml"),
            requirements: vec![("uwsgi".to_owned(), 3), ("Django".to_owned(), 4)],
        }];
        let altered = without_servers(&request, &scratch, &Silent)
            .expect("reads")
            .expect("something goes");
        let RequirementSource::Listed { requirements, .. } = &altered.sources[0] else {
            panic!("a list stays a list");
        };
        assert_eq!(requirements, &[("Django".to_owned(), 4)]);
    }

    #[test]
    fn what_publishes_wheels_under_another_name_is_taken_from_there() {
        for (line, expected) in [
            ("psycopg2==2.9.10", Some("psycopg2-binary==2.9.10")),
            (
                "psycopg2 >= 2.9 ; sys_platform == 'linux'",
                Some("psycopg2-binary >= 2.9 ; sys_platform == 'linux'"),
            ),
            ("psycopg2==2.9.10 --hash=sha256:aa", None),
            ("psycopg2-binary==2.9.10", None),
            (
                "psycopg[c,pool]==3.2 ; os_name == 'posix'",
                Some("psycopg[binary,pool]==3.2 ; os_name == 'posix'"),
            ),
            ("psycopg[pool]==3.2", None),
            ("psycopg[c]==3.2 --hash=sha256:aa", None),
            ("Django", None),
            ("uwsgi\npsycopg2", Some("psycopg2-binary")),
        ] {
            let Project {
                request, scratch, ..
            } = &project(&[("requirements.txt", &format!("{line}\n"))]);
            let altered = with_wheels(request, scratch, &Silent).expect("reads");
            let text = altered.map(|altered| copy_of(&altered, "requirements.txt"));
            assert_eq!(text.as_deref().map(str::trim), expected, "{line}");
        }
    }
}
