//! One process, as the files below `/proc/PID` describe it: proc(5).

mod cmdline;
mod membership;
mod paths;
mod stat;

pub use cmdline::Cmdline;
pub use membership::Membership;
pub use membership::MembershipReader;
pub use membership::memberships;
pub(crate) use paths::Paths;
pub use stat::ProcStat;
pub use stat::ProcStatReader;

use crate::text::digits;

fn narrow(text: &[u8]) -> Option<u32> {
    digits(text).and_then(|value| u32::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Roots;
    use crate::Scratch;

    #[test]
    fn this_very_process_is_read_back() {
        let roots = Roots::default();
        let pid = std::process::id();
        let Ok(text) = std::fs::read(Paths::new(&roots).of(pid, "stat")) else {
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
        let mut reader = MembershipReader::new(&roots);
        let text = reader.read(pid, &mut scratch).unwrap();
        assert!(memberships(text).count() > 0 && memberships(text).all(|line| line.is_ok()));
    }
}
