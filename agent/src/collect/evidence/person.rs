//! Who a process is: what it runs and for which user. Sought only where the operator's rules ask for it.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;

use wattle_hostfs::Roots;
use wattle_hostfs::process_dir::ProcessDir;

use super::files::Files;
use crate::workload::Kind;
use crate::workload::VmProcess;

/// How many of a workload's processes are looked at.
const LOOKED_AT: usize = 16;
/// What batch systems run in a job beside the job.
const SHEPHERD: &str = "slurmstepd";
/// More users than this text has are not known by name.
const LONGEST_PASSWD: u64 = 1 << 20;

/// What a process runs, and for whom. What cannot be read is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) executable: String,
    pub(crate) user: String,
}

impl Person {
    /// Of the process with this number and start time, if it still runs.
    pub(crate) fn of_process(
        roots: &Roots,
        users: &mut Users,
        (pid, start_ticks): (u32, u64),
    ) -> Option<Self> {
        let dir = ProcessDir::open(roots, pid).ok()?;
        let same = dir.start_ticks().is_ok_and(|own| own == start_ticks);
        same.then(|| Self::read(roots, users, &dir))
    }

    /// Of the process that a workload is known by: its hypervisor, or else the oldest of its first few that does not only
    /// look after the others. Those are its helpers and its children.
    pub(crate) fn of_workload(roots: &Roots, users: &mut Users, kind: Kind, pids: &[u32]) -> Option<Self> {
        let dirs: Vec<_> = pids
            .iter()
            .take(LOOKED_AT)
            .filter_map(|&pid| ProcessDir::open(roots, pid).ok())
            .collect();
        let is_hypervisor = |dir: &&ProcessDir| {
            kind == Kind::Vm
                && dir
                    .cmdline()
                    .is_ok_and(|cmdline| VmProcess::read(&cmdline).is_some())
        };
        if let Some(dir) = dirs.iter().find(is_hypervisor) {
            return Some(Self::read(roots, users, dir));
        }
        let mut by_age: Vec<_> = dirs
            .iter()
            .filter_map(|dir| Some((dir.start_ticks().ok()?, dir)))
            .collect();
        by_age.sort_by_key(|(start, dir)| (*start, dir.pid()));
        let mut persons = by_age
            .iter()
            .map(|(_, dir)| Self::read(roots, users, dir))
            .peekable();
        let oldest = persons.peek().cloned();
        persons.find(|person| !person.is_shepherd()).or(oldest)
    }

    fn is_shepherd(&self) -> bool {
        self.executable.rsplit('/').next() == Some(SHEPHERD)
    }

    /// Where the link to the executable may not be read, the name under which the program was called stands in, which is the
    /// caller's own word.
    fn read(roots: &Roots, users: &mut Users, dir: &ProcessDir) -> Self {
        let called = || {
            let cmdline = dir.cmdline().ok()?;
            let program = cmdline.args().next()?;
            Some(String::from_utf8_lossy(program).into_owned())
        };
        let executable = dir.executable().ok().or_else(called).unwrap_or_default();
        let uid = dir.effective_uid().ok().flatten();
        Self {
            executable,
            user: uid.map(|uid| users.name(roots, uid)).unwrap_or_default(),
        }
    }
}

/// The names of users, by `/etc/passwd`: passwd(5). Users that another directory keeps have their numbers for names.
#[derive(Debug, Default)]
pub(crate) struct Users {
    names: HashMap<u32, Box<str>>,
    /// The file's number, length and last change, by which another one is noticed.
    read: Option<(u64, u64, i64, i64)>,
}

impl Users {
    /// The name of a user.
    pub(crate) fn name(&mut self, roots: &Roots, uid: u32) -> String {
        self.refresh(roots);
        let name = self.names.get(&uid);
        name.map_or_else(|| uid.to_string(), ToString::to_string)
    }

    fn refresh(&mut self, roots: &Roots) {
        let metadata = std::fs::metadata(roots.root.join("etc/passwd")).ok();
        let version = metadata.map(|own| (own.ino(), own.len(), own.mtime(), own.mtime_nsec()));
        if version == self.read {
            return;
        }
        self.read = version;
        let text = Files::new(&roots.root).text(&["etc", "passwd"], LONGEST_PASSWD);
        self.names = parse(&text.unwrap_or_default());
    }
}

/// Of several names for one number the first counts, as for getpwuid(3).
fn parse(text: &str) -> HashMap<u32, Box<str>> {
    let mut names = HashMap::new();
    for line in text.lines() {
        let mut fields = line.split(':');
        if let (Some(name), Some(uid)) = (fields.next(), fields.nth(1))
            && let Ok(uid) = uid.parse()
            && !name.is_empty()
        {
            names.entry(uid).or_insert_with(|| name.into());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_named_by_the_first_line_that_fits() {
        let text = "root:x:0:0:root:/root:/bin/bash\ntoor:x:0:0::/:\n\nann:x:1000:1000\nbad\n:x:7\nx:y:z\n";
        let names = parse(text);
        assert_eq!(names.len(), 2);
        assert_eq!((&*names[&0], &*names[&1000]), ("root", "ann"));
    }

    #[test]
    fn a_changed_file_is_read_again_and_a_missing_one_leaves_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let roots = Roots {
            root: dir.path().to_owned(),
            ..Roots::default()
        };
        let mut users = Users::default();
        assert_eq!(users.name(&roots, 7), "7");
        std::fs::create_dir(dir.path().join("etc")).unwrap();
        std::fs::write(dir.path().join("etc/passwd"), "ann:x:7:\n").unwrap();
        assert_eq!(users.name(&roots, 7), "ann");
        std::fs::write(dir.path().join("etc/passwd"), "annette:x:7:\n").unwrap();
        assert_eq!(users.name(&roots, 7), "annette");
    }

    #[test]
    fn this_process_is_known_by_its_number_and_start_time() {
        let roots = Roots::default();
        let own = ProcessDir::open(&roots, std::process::id()).unwrap();
        let born = (own.pid(), own.start_ticks().unwrap());
        let mut users = Users::default();
        let person = Person::of_process(&roots, &mut users, born).unwrap();
        assert_eq!(
            person.executable,
            std::env::current_exe().unwrap().to_str().unwrap()
        );
        assert!(!person.user.is_empty());
        assert_eq!(Person::of_process(&roots, &mut users, (born.0, born.1 + 1)), None);
        let oldest = Person::of_workload(&roots, &mut users, Kind::Service, &[u32::MAX, born.0]);
        assert_eq!(oldest, Some(person));
    }
}
