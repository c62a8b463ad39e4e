//! What can be asked on the command line.

use clap::Parser;

const TEACHING: &str = "\
How to read it
  Times are CPU time of the thread that works (CLOCK_THREAD_CPUTIME_ID), not time on the wall:
  others on the machine disturb it little. The agent, the bare loop and the rest take turns in
  every round, so what drifts, drifts for all. The bare loop reads what the agent reads in each
  tick, through descriptors of its own that stay open, and throws it away: nobody who reads as
  much can be faster. \"x bare\" is the ratio of the medians beside it.

Where it runs
  As root, on the machine itself: it starts sleeping processes, makes cgroups below
  wattle-bench.slice, and takes both away again. Where it may not, it reads a made-up host from
  ordinary files and says so; a tick has then no budget, since such files cost other work.

Examples
  cargo run --release -p wattle-tests --bin bench
  cargo run --release -p wattle-tests --bin bench -- --quick
  cargo run --release -p wattle-tests --bin bench -- --json > before.json";

/// Prints what a tick, a scrape and the memory of the agent cost, as ratios beside a bare loop on the same files.
///
/// Budgets are those of the design; one that is missed is marked, and never an error.
#[derive(Debug, Parser)]
#[command(name = "bench", after_help = TEACHING)]
pub(crate) struct Options {
    /// A short run, to see that all of it works; its figures are rough.
    #[arg(long)]
    quick: bool,
    /// Print JSON: seconds, bytes and ratios.
    #[arg(long)]
    pub(crate) json: bool,
    /// Idle processes.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) processes: u32,
    /// Cgroups that are workloads.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) cgroups: u32,
}

impl Options {
    /// How often everything takes its turn.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 20 } else { 400 }
    }

    /// Ticks of the real agent before its memory is looked at.
    pub(crate) fn resident_ticks(&self) -> u32 {
        if self.quick { 10 } else { 60 }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Options::command().debug_assert();
    }
}
