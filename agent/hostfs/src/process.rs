//! One process, as the files below `/proc/PID` describe it: proc(5).

mod cmdline;
mod membership;
mod stat;

use std::path::PathBuf;

pub use cmdline::Cmdline;
pub use membership::Membership;
pub use membership::memberships;
pub use membership::read_memberships;
pub use stat::ProcStat;

use crate::Roots;
use crate::text::digits;

/// The path of one of a process's files.
fn path(roots: &Roots, pid: u32, name: &str) -> PathBuf {
    roots.proc.join(format!("{pid}/{name}"))
}

fn narrow(text: &[u8]) -> Option<u32> {
    digits(text).and_then(|value| u32::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scratch;

    #[test]
    fn this_very_process_is_read_back() {
        let roots = Roots::default();
        let pid = std::process::id();
        let Ok(text) = std::fs::read(path(&roots, pid, "stat")) else {
            eprintln!("skipped: no /proc");
            return;
        };
        let stat = ProcStat::parse(&text).unwrap();
        assert_eq!(stat.pid, pid);
        assert_eq!(stat.parent, std::os::unix::process::parent_id());
        assert!(!stat.kernel_thread && stat.resident_pages > 0 && stat.last_cpu.is_some());
        let args = Cmdline::read(&roots, pid).unwrap();
        let expected = std::env::args_os()
            .map(|arg| arg.as_encoded_bytes().to_vec())
            .collect::<Vec<_>>();
        assert_eq!(args.args().map(<[u8]>::to_vec).collect::<Vec<_>>(), expected);
        let mut scratch = Scratch::default();
        let text = read_memberships(&roots, pid, &mut scratch).unwrap();
        assert!(memberships(text).count() > 0 && memberships(text).all(|line| line.is_ok()));
    }
}
