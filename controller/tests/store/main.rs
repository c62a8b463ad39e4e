//! The stores from outside: one contract for both, and faults of the disk, the network and the processes.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail like tests"
)]

#[path = "../../../tests/tests/e2e/patience.rs"]
mod patience;
#[path = "../../../tests/tests/e2e/program.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod program;
#[path = "../../../tests/tests/e2e/skip.rs"]
#[macro_use]
mod skip;

mod basics;
mod concurrency;
mod contract;
mod damaged;
mod election;
mod etcd;
mod full_disk;
mod homes;
mod killed;
mod leases;
mod network;
mod proxy;
mod random;
mod recorded;
mod restarted;
mod secure;
mod transactions;
mod watches;
