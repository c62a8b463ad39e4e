//! The known answers of `workload/vectors/*.yaml`, from the files of a small host to the identity.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use wattle_hostfs::Roots;
use wattle_hostfs::Scratch;
use wattle_hostfs::process::Cmdline;
use wattle_hostfs::process::memberships;

use super::gather;
use super::gather_vm;
use crate::workload::Identity;
use crate::workload::Kind;
use crate::workload::Nesting;
use crate::workload::Subject;
use crate::workload::VmProcess;
use crate::workload::inner_names;
use crate::workload::sort_membership;

const PID: u32 = 4242;
const PARENT: u32 = 4200;
const START: u64 = 77;

/// One vector. README.md beside the files says what each key means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    vector: String,
    cgroup: String,
    #[serde(default)]
    command: Args,
    #[serde(default)]
    parent: Args,
    #[serde(default)]
    inside: Vec<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    nesting: Nesting,
    expect: Option<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Args {
    Line(String),
    List(Vec<String>),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: Kind,
    id: String,
    name: String,
    #[serde(default)]
    details: BTreeMap<String, String>,
}

impl Default for Args {
    fn default() -> Self {
        Self::Line("sleep 60".to_owned())
    }
}

impl Args {
    /// As the kernel shows them; a character of a list is one byte.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Line(line) => line
                .split_whitespace()
                .flat_map(|arg| [arg.as_bytes(), b"\0"].concat())
                .collect(),
            Self::List(args) => args
                .iter()
                .flat_map(|arg| arg.chars().map(|c| c as u8).chain([0]))
                .collect(),
        }
    }
}

impl Vector {
    fn identity(&self, dir: &Path) -> Option<Expected> {
        let roots = Roots::below(dir);
        let write = |path: String, content: Vec<u8>| {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        };
        let stat = format!("{PID} (x) S {PARENT} 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {START} 0 0\n");
        write(format!("proc/{PID}/stat"), stat.into_bytes());
        write(format!("proc/{PID}/cmdline"), self.command.bytes());
        write(format!("proc/{PARENT}/cmdline"), self.parent.bytes());
        for (path, content) in &self.files {
            write(path.clone(), content.clone().into_bytes());
        }
        let (path, subject) = self.subject();
        let cmdline = Cmdline::read(&roots, PID).unwrap();
        let carved = VmProcess::read(&cmdline)
            .and_then(|vm| vm.identify(&path, self.nesting, (PID, START), &gather_vm(&roots, &vm)));
        let identity = carved.or_else(|| {
            let subject = subject?;
            let mut evidence = gather(&roots, &mut Scratch::default(), &subject, &[PID]);
            evidence.inner = inner_names(&subject, self.inside.iter().map(String::as_str));
            Some(subject.identify(&evidence))
        });
        identity.map(|identity| Expected::of(&identity))
    }

    /// The path and the workload of the hierarchy that accounts CPU time, or of the first that names one.
    fn subject(&self) -> (String, Option<Subject>) {
        let mut lines: Vec<_> = memberships(self.cgroup.as_bytes())
            .map(|line| line.unwrap())
            .collect();
        lines.sort_by_key(|line| (!line.has("cpuacct"), line.hierarchy != 0));
        let mut paths = lines
            .iter()
            .map(|line| String::from_utf8_lossy(line.path).into_owned());
        let named = paths
            .clone()
            .find_map(|path| Some((path.clone(), sort_membership(&path, self.nesting)?)));
        match named {
            Some((path, subject)) => (path, Some(subject)),
            None => (paths.next().unwrap(), None),
        }
    }
}

impl Expected {
    fn of(identity: &Identity) -> Self {
        let details = identity.details.iter();
        Self {
            kind: identity.kind,
            id: identity.id.clone(),
            name: identity.name.clone(),
            details: details
                .map(|(label, value)| (label.as_str().to_owned(), value.to_owned()))
                .collect(),
        }
    }
}

#[test]
fn every_known_workload_gets_its_right_name() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/workload/vectors");
    let mut paths: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let (mut count, mut wrong) = (0, Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let vectors: Vec<Vector> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for vector in vectors {
            let host = tempfile::tempdir().unwrap();
            let found = vector.identity(host.path());
            count += 1;
            if found != vector.expect {
                let expected = &vector.expect;
                wrong.push(format!(
                    "{}\n  expected {expected:?}\n  found    {found:?}",
                    vector.vector
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 120, "only {count} vectors are left");
}
