//! stub
use super::sense::Senses;
use crate::sample::AccountSample;
use wattle_hostfs::{Roots, Scratch, topology::Topology};
#[derive(Debug)]
pub(super) struct WorkloadSource;
impl WorkloadSource {
    pub(super) fn new(_: &Roots, _: &Topology, _: usize) -> Self {
        Self
    }
    pub(super) fn read(&mut self, _: &mut Senses<'_>, _: &mut Scratch, _: u64) -> Vec<AccountSample> {
        vec![]
    }
    pub(super) fn uptime_ticks(&mut self, _: &mut Scratch) -> Option<u64> {
        None
    }
}
