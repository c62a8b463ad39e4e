//! The Session-Reflector.

mod admission;
mod answer;
mod desk;
mod machine;
mod observation;
mod policy;
mod rate;
mod refusal;
mod rounds;
mod session;
mod table;

pub use machine::Answer;
pub use machine::Reflection;
pub use machine::Reflector;
pub use machine::Token;
pub use observation::Observation;
pub use policy::Access;
pub use policy::Limits;
pub use policy::Policy;
pub use rate::Rate;
pub use refusal::ReflectorCounts;
pub use refusal::Refusal;
