//! In which cgroups a process is: cgroups(7).

use super::Paths;
use super::narrow;
use crate::Error;
use crate::ParseError;
use crate::Roots;
use crate::Scratch;

/// One line of `/proc/PID/cgroup`: where a process stands in one hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership<'a> {
    /// The hierarchy's number; 0 is cgroup v2.
    pub hierarchy: u32,
    /// The controllers bound to it, separated by commas; none for v2, `name=systemd` for a named one.
    pub controllers: &'a [u8],
    /// The cgroup, seen from the reader's cgroup namespace; `/` is the root.
    pub path: &'a [u8],
    /// The cgroup has been removed and the process is a zombie. Told for v2 only.
    pub deleted: bool,
}

impl<'a> Membership<'a> {
    /// Whether `controller` is bound to this hierarchy.
    pub fn has(&self, controller: &str) -> bool {
        self.controllers
            .split(|&byte| byte == b',')
            .any(|name| name == controller.as_bytes())
    }

    fn parse(line: &'a [u8]) -> Result<Self, ParseError> {
        let broken = || ParseError::new("ID:CONTROLLERS:PATH", line);
        let mut parts = line.splitn(3, |&byte| byte == b':');
        let hierarchy = parts.next().and_then(narrow).ok_or_else(broken)?;
        let controllers = parts.next().ok_or_else(broken)?;
        let path = parts
            .next()
            .filter(|path| path.starts_with(b"/"))
            .ok_or_else(broken)?;
        let kept = path.strip_suffix(b" (deleted)").filter(|_| hierarchy == 0);
        Ok(Self {
            hierarchy,
            controllers,
            path: kept.unwrap_or(path),
            deleted: kept.is_some(),
        })
    }
}

/// Parses `/proc/PID/cgroup`.
pub fn memberships(text: &[u8]) -> impl Iterator<Item = Result<Membership<'_>, ParseError>> {
    crate::text::lines(text).map(Membership::parse)
}

/// Reads `/proc/PID/cgroup` of one process after the other, without allocating.
#[derive(Debug)]
pub struct MembershipReader(Paths);

impl MembershipReader {
    /// A reader of the processes below `roots`.
    pub fn new(roots: &Roots) -> Self {
        Self(Paths::new(roots))
    }

    /// The text for [`memberships`].
    pub fn read<'s>(&mut self, pid: u32, scratch: &'s mut Scratch) -> Result<&'s [u8], Error> {
        scratch.read_all(self.0.of(pid, "cgroup"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn memberships_keep_colons_and_tell_deleted_cgroups() {
        let text = b"4:cpu,cpuacct:/a:b (deleted)\n1:name=systemd:/init.scope\n0::/machine/x (deleted)\n";
        let all = memberships(text).collect::<Result<Vec<_>, _>>().unwrap();
        let fields = all
            .iter()
            .map(|m| (m.hierarchy, m.controllers, m.path, m.deleted))
            .collect::<Vec<_>>();
        let expected: [(u32, &[u8], &[u8], bool); 3] = [
            (4, b"cpu,cpuacct", b"/a:b (deleted)", false),
            (1, b"name=systemd", b"/init.scope", false),
            (0, b"", b"/machine/x", true),
        ];
        assert_eq!(fields, expected);
        assert!(all[0].has("cpuacct") && all[0].has("cpu") && !all[0].has("cpus") && !all[2].has("cpu"));
        for bad in ["x::/", "1:cpu", "1:cpu:relative", ":"] {
            assert!(memberships(bad.as_bytes()).all(|line| line.is_err()), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_do_no_harm(text: Vec<u8>) {
            let _ = memberships(&text).count();
        }
    }
}
