//! The machine that all of it runs on.

use nix::sys::resource::Resource::RLIMIT_NOFILE;
use nix::sys::resource::getrlimit;
use nix::sys::resource::setrlimit;
use wattle_hostfs::Roots;
use wattle_hostfs::topology;

/// Processor, cores, kernel and kind of build, in one line.
pub(crate) fn line() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = topology::read(&Roots::default()).unwrap_or_default().model_name;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) {
        "built WITHOUT optimisation, figures mean nothing"
    } else {
        "release build"
    };
    format!("{processor}, {cpus} CPUs, Linux {}, {build}", kernel.trim())
}

/// The agent and the bare loop each keep thousands of files open.
pub(crate) fn raise_file_limit() {
    if let Ok((_, hard)) = getrlimit(RLIMIT_NOFILE) {
        // What stays lower shows in the figures: files are then opened each time.
        let _ = setrlimit(RLIMIT_NOFILE, hard, hard);
    }
}
