//! A Kubernetes scheduler extender: `filter` and `prioritize` over the same placement.
//!
//! Kubernetes itself counts the room on its nodes; here they are told apart by what it does not know: watts, carbon, delay, distance,
//! standing, the power that is free. See docs/kubernetes.md, and
//! <https://pkg.go.dev/k8s.io/kube-scheduler/extender/v1> for what goes over the wire.

mod judge;
mod pod;
mod quantity;
#[cfg(test)]
mod tests;
mod wire;

use thiserror::Error;

use self::judge::Judged;
use self::wire::Args;
use crate::inventory::Ledger;
use crate::placement::Policies;
use crate::schedule::KnownHosts;

/// The policy if neither the path nor the pod names one.
const POLICY: &str = "balanced";

/// A request that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ExtenderError {
    /// There is nothing there.
    #[error(
        "there is nothing at /extender{0}; there are POST /extender/filter and /extender/prioritize, also below /extender/POLICY"
    )]
    NoPath(String),
    /// It takes another method.
    #[error("this takes POST, not {0}")]
    Method(String),
    /// It is not what Kubernetes sends.
    #[error("the body is not what a scheduler sends: {0}")]
    Body(String),
    /// The pod asks for what cannot be meant.
    #[error("{0}")]
    Pod(String),
}

impl ExtenderError {
    /// The status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::NoPath(_) => 404,
            Self::Method(_) => 405,
            Self::Body(_) | Self::Pod(_) => 400,
        }
    }
}

/// Answers a request: `path` is what stands behind `/extender`. The answer is JSON.
pub fn answer(
    method: &str,
    path: &str,
    body: &[u8],
    (ledger, known, policies): (&Ledger, &KnownHosts, &Policies),
) -> Result<Vec<u8>, ExtenderError> {
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let (policy, verb) = match parts[..] {
        [verb] => (POLICY, verb),
        [policy, verb] => (policy, verb),
        _ => return Err(ExtenderError::NoPath(path.to_owned())),
    };
    if !["filter", "prioritize"].contains(&verb) {
        return Err(ExtenderError::NoPath(path.to_owned()));
    }
    if method != "POST" {
        return Err(ExtenderError::Method(method.to_owned()));
    }
    let args: Args = serde_json::from_slice(body).map_err(|error| ExtenderError::Body(error.to_string()))?;
    let judged = judge::judge(&args, policy, ledger, known, policies);
    let written = match (verb, judged) {
        ("filter", Ok(judged)) => serde_json::to_vec(&wire::filtered(args, &judged)),
        // The scheduler shows the reason with the pod.
        ("filter", Err(problem)) => {
            let judged = judge::refuse_all(&args, &problem);
            serde_json::to_vec(&wire::filtered(args, &judged))
        }
        (_, Ok(judged)) => serde_json::to_vec(&wire::priorities(&judged)),
        (_, Err(problem)) => return Err(ExtenderError::Pod(problem)),
    };
    // Strings, whole numbers and what came as JSON.
    Ok(written.unwrap_or_default())
}
