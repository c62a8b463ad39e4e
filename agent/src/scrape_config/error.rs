//! What is wrong with what was asked for.

/// A mistake on the command line, with the text that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScrapeConfigError {
    /// Not what a target looks like.
    #[error("target {0:?}: not HOST[:PORT][,LABEL=VALUE...]; an IPv6 address with a port is [ADDRESS]:PORT")]
    Target(String),
    /// A label that Prometheus does not take.
    #[error("label {0:?}: a name is letters, digits and _, begins with no digit and not with __")]
    Label(String),
    /// A label that would push one of the agent's aside.
    #[error(
        "label {0:?}: the agent has a label of that name, which Prometheus would rename to exported_{0}; choose another"
    )]
    Taken(String),
    /// A label twice on one target.
    #[error("label {0:?}: given twice for one target")]
    Twice(String),
    /// Neither targets nor where to find them.
    #[error("no target: name hosts, or give --file-sd or --dns")]
    Nobody,
    /// A list of targets that has none.
    #[error("--form file-sd: name the hosts that are to stand in the file")]
    EmptyList,
    /// A pattern that Prometheus refuses.
    #[error("--file-sd {0:?}: the name of a .json, .yml or .yaml file, with a * in its last part at most")]
    File(String),
    /// A timeout longer than the interval.
    #[error("--scrape-timeout {0:?}: longer than --scrape-interval {1:?}")]
    Timeout(String, String),
    /// Not how Prometheus writes a time.
    #[error("{0} {1:?}: a number and ms, s, m or h, more than 0")]
    Time(&'static str, String),
}
