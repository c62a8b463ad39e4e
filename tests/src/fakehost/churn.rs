//! Processes and containers that come and go.

use super::kind::Kind;
use super::load::Load;
use super::spec::WorkloadSpec;
use super::world::World;

/// So many short-lived containers run at a time.
const CONTAINERS: usize = 4;
const SECOND_US: u64 = 1_000_000;

impl World {
    /// Does what a step of this length brings.
    pub(super) fn churn(&mut self, step_us: u64) {
        let churn = self.spec.churn;
        for (owed, per_second) in self
            .owed
            .iter_mut()
            .zip([churn.processes_per_second, churn.cgroups_per_second])
        {
            *owed += u64::from(per_second) * step_us;
        }
        let [processes, containers] = self.owed.map(|owed| owed / SECOND_US);
        self.owed = self.owed.map(|owed| owed % SECOND_US);
        for _ in 0..processes {
            self.replace_process();
        }
        for _ in 0..containers {
            self.replace_container();
        }
    }

    /// A process ends and its workload starts another; the first of each stays, as a service's own does.
    fn replace_process(&mut self) {
        let can = |world: &Self, index: usize| world.workloads[index].processes.len() > 1;
        let candidates: Vec<usize> = (0..self.workloads.len())
            .filter(|&index| can(self, index))
            .collect();
        if candidates.is_empty() {
            return;
        }
        let index = *self.random.pick(&candidates);
        let at = 1 + self.random.index(self.workloads[index].processes.len() - 1);
        self.exit(index, at);
        self.spawn(index, None);
    }

    fn replace_container(&mut self) {
        let running: Vec<String> = self
            .workloads
            .iter()
            .filter(|workload| !workload.ended && workload.spec.name.starts_with("job-"))
            .map(|workload| workload.spec.name.clone())
            .collect();
        if let Some(oldest) = running.first().filter(|_| running.len() >= CONTAINERS) {
            self.end(oldest);
        }
        let name = format!("job-{}", self.workloads.len());
        self.start(WorkloadSpec::new(Kind::Docker, &name, Load::Constant(40)).memory(16 << 20));
    }
}
