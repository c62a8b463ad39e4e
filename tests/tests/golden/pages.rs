//! The pages that the agent prints of itself and that stand in the repository for reading.

use wattle_agent::config;
use wattle_agent::exposition;

use super::assert_golden;

#[test]
fn the_committed_reference_of_metrics_is_the_one_that_is_printed() {
    assert_golden("docs/metrics.md", &exposition::reference());
}

#[test]
fn the_committed_sample_configuration_is_the_one_that_is_printed() {
    assert_golden("docs/agent.yaml", &config::commented());
}
