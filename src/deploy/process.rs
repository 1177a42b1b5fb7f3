//! The processes of one container: a group of their own, marked by an environment
//! variable, so that all of them can be found and ended, whoever forked them.

use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use camino::Utf8PathBuf;

/// Set for every process of a run; what inherits it belongs to the run.
const MARKER: &str = "DJWAR_RUN_ID";

/// A process that a SIGKILL doesn't end within so many looks is stuck in the kernel.
const MOST_PASSES: u32 = 100;

/// The processes of one container.
#[derive(Debug)]
pub(super) struct Group {
    child: Child,
    marker: String,
    status: Option<ExitStatus>,
}

/// One process of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its process id.
    pub process: u32,
    /// Its executable, links resolved; empty when the system won't say.
    pub executable: Utf8PathBuf,
    /// Its arguments, separated by spaces.
    pub command: String,
}

impl Group {
    /// Starts `command` as the leader of a new process group. Standard output and
    /// standard error both go to the pipe that is returned: one log, in order.
    pub(super) fn spawn(
        mut command: Command,
        run_id: &str,
    ) -> std::io::Result<(Self, std::io::PipeReader)> {
        let (reader, writer) = std::io::pipe()?;
        command
            .env(MARKER, run_id)
            .stdin(Stdio::null())
            .stdout(writer.try_clone()?)
            .stderr(writer);
        // A terminal's Ctrl-C goes to djwar alone, which then stops the container
        // in order.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        let group = Self {
            child,
            marker: format!("{MARKER}={run_id}"),
            status: None,
        };
        // `command` held our ends of the pipe's writer; it is dropped here, so that
        // the reader sees the end when the last process has gone.
        Ok((group, reader))
    }

    /// How the leader ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().ok().flatten();
        }
        self.status
    }

    /// Asks the leader to end. Not the group: Python's workers must outlive the
    /// requests that they serve, and the engine ends them.
    pub(super) fn ask_to_end(&mut self) {
        if self.ended().is_some() {
            return;
        }
        #[cfg(unix)]
        if let Some(leader) = leader(&self.child) {
            // Not reaped yet, so the number is still ours. An error means that it
            // ended in between.
            let _ = rustix::process::kill_process(leader, rustix::process::Signal::TERM);
        }
        #[cfg(not(unix))]
        let _ = self.child.kill();
    }

    /// Ends all of them at once, and waits for the leader.
    pub(super) fn kill(&mut self) {
        if self.ended().is_none() {
            #[cfg(unix)]
            if let Some(leader) = leader(&self.child) {
                let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
            }
            let _ = self.child.kill();
            self.status = self.child.wait().ok();
        }
        // Those that moved to a group of their own, and those that a leader which
        // ended by itself has left behind.
        #[cfg(unix)]
        for _ in 0..MOST_PASSES {
            // More than once: a process in the middle of an exec shows no
            // environment, and a killed one needs a moment to be gone.
            let members = self.members();
            if members.is_empty() {
                break;
            }
            for member in members {
                let process = i32::try_from(member.process).ok();
                if let Some(process) = process.and_then(rustix::process::Pid::from_raw) {
                    let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The processes that are alive, the leader first. Always empty where there is
    /// no `/proc`.
    pub(super) fn members(&self) -> Vec<Member> {
        let Ok(entries) = fs_err::read_dir("/proc") else {
            return Vec::new();
        };
        let mut members: Vec<Member> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter(|&process| self.owns(process))
            .map(member)
            .collect();
        members.sort_by_key(|member| (member.process != self.child.id(), member.process));
        members
    }

    /// By the marker, or by the group: the engine may give its workers a clean
    /// environment (`djwar.inherit-environment`).
    fn owns(&self, process: u32) -> bool {
        // The fields after the command's name, which may itself hold spaces and
        // brackets: state, parent, group.
        let stat = fs_err::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest.split_whitespace().take(3).collect())
            .unwrap_or_default();
        let &[state, _parent, group] = fields.as_slice() else {
            return false;
        };
        if matches!(state, "Z" | "X") {
            return false;
        }
        if group.parse() == Ok(self.child.id()) {
            return true;
        }
        fs_err::read(format!("/proc/{process}/environ")).is_ok_and(|environment| {
            environment
                .split(|&byte| byte == 0)
                .any(|variable| variable == self.marker.as_bytes())
        })
    }
}

/// Nothing outlives the value, whatever happened in between.
impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
fn leader(child: &Child) -> Option<rustix::process::Pid> {
    let number = i32::try_from(child.id()).ok()?;
    rustix::process::Pid::from_raw(number)
}

fn member(process: u32) -> Member {
    let command = fs_err::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    let executable = fs_err::read_link(format!("/proc/{process}/exe"))
        .ok()
        .and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    Member {
        process,
        executable: executable.unwrap_or_default(),
        command: String::from_utf8_lossy(&command)
            .replace('\0', " ")
            .trim_end()
            .to_owned(),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;

    use super::*;

    fn shell(script: &str) -> (Group, std::io::PipeReader) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        let run_id = format!("test-{}-{script:p}", std::process::id());
        Group::spawn(command, &run_id).expect("started")
    }

    fn read_line(pipe: &mut std::io::PipeReader) {
        let mut byte = [0];
        while pipe.read(&mut byte).expect("read") == 1 && byte[0] != b'\n' {}
    }

    #[test]
    fn a_kill_ends_grandchildren_in_other_sessions_too() {
        let (mut group, mut pipe) =
            shell("setsid sh -c 'sleep 600 & echo up; wait' & sleep 600 & wait");
        read_line(&mut pipe);
        let members = group.members();
        assert!(members.len() >= 3, "{members:?}");
        assert_eq!(members[0].process, group.child.id());
        group.kill();
        // The end of the pipe: no process is left that could write to it.
        pipe.read_to_end(&mut Vec::new()).expect("end");
        assert_eq!(group.members(), []);
    }

    #[test]
    fn a_leader_that_ends_by_itself_leaves_members_that_are_seen() {
        let (mut group, mut pipe) = shell("setsid sh -c 'sleep 600 & echo up; wait' & exit 3");
        read_line(&mut pipe);
        let status = group.child.wait().expect("ended");
        assert_eq!(status.code(), Some(3));
        let left = group.members();
        assert!(
            left.iter().all(|one| one.command.contains("sleep 600")),
            "{left:?}"
        );
        assert!(!left.is_empty());
        group.kill();
        pipe.read_to_end(&mut Vec::new()).expect("end");
    }

    #[test]
    fn being_asked_to_end_reaches_the_leader_only() {
        let (mut group, mut pipe) =
            shell("trap 'echo asked; exit 0' TERM; sh -c 'sleep 600 & echo up; wait' & wait");
        read_line(&mut pipe);
        group.ask_to_end();
        read_line(&mut pipe);
        assert!(group.child.wait().expect("ended").success());
        assert!(!group.members().is_empty());
    }
}
