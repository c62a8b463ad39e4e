//! Where the next machine should run: pure functions from a [`Fleet`], a [`Policy`] and a [`Request`] to [`Decision`]s.
//!
//! Filters refuse hosts, each with the rule and its figures; what is left is measured in every [`Term`], each normalised once, and
//! weighed by the policy. What is not known is never best: a limit that cannot be checked refuses the host, and a term that is not
//! known counts as less than any that is. Hosts may come in any order; between equals the request's seed decides.

mod batch;
mod decide;
mod decision;
mod distance;
mod energy;
mod filter;
mod fleet;
mod job;
mod measure;
mod policy;
mod request;
mod rule;
mod score;
mod term;
#[cfg(test)]
mod tests;
mod view;

pub use crate::inventory::Affinity;
pub use batch::Answer;
pub use batch::Solver;
pub use batch::decide;
pub use decision::Candidate;
pub use decision::Contribution;
pub use decision::Decision;
pub use decision::Refused;
pub use fleet::Fleet;
pub use fleet::Host;
pub use fleet::PowerBound;
pub use fleet::Standing;
pub use job::RequestFault;
pub use policy::Curve;
pub use policy::EmptyHosts;
pub use policy::Policies;
pub use policy::Policy;
pub use policy::PolicyError;
pub use policy::read_policies;
pub use request::Group;
pub use request::Limits;
pub use request::Machine;
pub use request::Near;
pub use request::Present;
pub use request::Request;
pub use request::Target;
pub use rule::Rule;
pub use term::Lack;
pub use term::Raw;
pub use term::TERMS;
pub use term::Term;
