//! Capabilities, thread by thread: capabilities(7).
//!
//! Only the tick looks at what belongs to others, so only its thread keeps the right to: nothing that speaks with the
//! network has it. Started without any, the agent does what it can.

use rustix::thread::CapabilitySet;
use rustix::thread::CapabilitySets;
use rustix::thread::capabilities;
use rustix::thread::set_capabilities;

/// Files of others: energy counters (`energy_uj` is root's alone) and the notes of container engines and libvirt; with
/// `CAP_SYS_PTRACE`, which only a drop-in of the unit gives, what the kernel shows of others' processes to nobody else.
const SIGHT: CapabilitySet = CapabilitySet::DAC_READ_SEARCH.union(CapabilitySet::SYS_PTRACE);

/// What a thread is for, as far as it needs a right of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Reads the host.
    Tick,
    /// Sends echoes where the kernel lets only `CAP_NET_RAW` do so.
    Echoes,
    /// Everything else.
    Other,
}

impl Task {
    const fn needs(self) -> CapabilitySet {
        match self {
            Self::Tick => SIGHT,
            Self::Echoes => CapabilitySet::NET_RAW,
            Self::Other => CapabilitySet::empty(),
        }
    }

    /// What this thread loses: ports below 1024 are open when threads begin. Whatever else it has, as root, is not this
    /// program's business.
    fn spares(self) -> CapabilitySet {
        (SIGHT | CapabilitySet::NET_RAW | CapabilitySet::NET_BIND_SERVICE) - self.needs()
    }
}

/// From here on the calling thread, and those that it starts, have only what the task needs, for ever.
pub fn keep_only(task: Task) {
    change(|sets| CapabilitySets {
        effective: (sets.effective | sets.permitted & task.needs()) - task.spares(),
        permitted: sets.permitted - task.spares(),
        inheritable: sets.inheritable - task.spares(),
    });
}

/// Does without sight what follows, until [`seeing`]: what can be read at the start can be read at a reload then.
pub fn close_eyes() {
    change(|sets| CapabilitySets {
        effective: sets.effective - SIGHT,
        ..sets
    });
}

/// Does something that looks at the host, on the way to the thread that ticks.
pub fn seeing<T>(look: impl FnOnce() -> T) -> T {
    change(|sets| CapabilitySets {
        effective: sets.effective | sets.permitted & SIGHT,
        ..sets
    });
    let seen = look();
    close_eyes();
    seen
}

/// A sandbox may forbid the call: the thread then has more than it needs, as before.
fn change(to: impl Fn(CapabilitySets) -> CapabilitySets) {
    let changed = capabilities(None).and_then(|sets| {
        let wanted = to(sets);
        if wanted == sets {
            return Ok(());
        }
        set_capabilities(None, wanted)
    });
    if let Err(error) = changed {
        tracing::warn!(%error, "capabilities stay as they are");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_task_keeps_what_only_another_needs() {
        assert_eq!(Task::Tick.spares() & SIGHT, CapabilitySet::empty());
        for task in [Task::Echoes, Task::Other] {
            assert_eq!(task.spares() & SIGHT, SIGHT, "{task:?}");
        }
        assert!(!Task::Echoes.spares().intersects(CapabilitySet::NET_RAW));
    }

    #[test]
    fn what_a_thread_gives_up_is_gone_for_it_and_for_those_that_it_starts() {
        let effective = || capabilities(None).unwrap().effective;
        let rest = |sets| sets - SIGHT - CapabilitySet::NET_BIND_SERVICE - CapabilitySet::NET_RAW;
        let before = effective();
        let check = move || {
            close_eyes();
            assert!(!effective().intersects(SIGHT));
            seeing(|| assert_eq!(effective(), before));
            assert!(!effective().intersects(SIGHT));
            keep_only(Task::Other);
            seeing(|| assert_eq!(effective(), rest(before), "there is nothing to get back"));
            let child = std::thread::spawn(move || assert_eq!(effective(), rest(before)));
            child.join().unwrap();
        };
        std::thread::spawn(check).join().unwrap();
        assert_eq!(effective(), before, "the others keep theirs");
    }
}
