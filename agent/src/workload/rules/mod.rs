//! What the operator says of workloads: rules that name, group, label or drop them.
//!
//! Pure: [`Facts`] of a workload in, another [`Identity`] out. The rules are asked in their order. The first that matches
//! decides, unless it says `continue`: then those below it are asked too, and see the workload as it has left it. So a rule's
//! effect can be told from the rules above it alone.
//!
//! Energy is not the rules' business: they only say to which workload an account belongs. Two accounts with the same identity
//! add up in the ledger.

mod act;
mod condition;
mod facts;
mod pattern;
mod rule;
mod template;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

pub use act::Act;
pub use condition::Condition;
pub use condition::Field;
pub use facts::Facts;
pub use facts::unit_of;
pub use pattern::Pattern;
pub use rule::Rule;
pub use template::Template;

use self::act::Draft;
use super::Identity;
use super::Kind;

/// There are no more rules than this: each may be asked about each new workload.
pub const MOST_RULES: usize = 200;

/// The operator's rules, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Rules in this order. Fails on more than [`MOST_RULES`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, String> {
        match rules.len() {
            0..=MOST_RULES => Ok(Self(rules)),
            count => Err(format!("{count} rules; there may be {MOST_RULES}")),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any asks for the executable or the user, which must be sought in `/proc`.
    pub fn want_process(&self) -> bool {
        self.0.iter().any(Rule::wants_process)
    }

    /// The rules in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.0.iter()
    }

    /// What the workload is called by the rules; nothing where none has a say. What belongs to the kernel or to no one is
    /// left alone.
    pub fn apply(&self, facts: &Facts<'_>) -> Option<Arc<Identity>> {
        if facts.identity.kind.is_permanent() && facts.identity.kind != Kind::System {
            return None;
        }
        let mut draft = Draft::of(facts.identity);
        for rule in &self.0 {
            let seen = Facts {
                identity: draft.identity(),
                ..*facts
            };
            let Some(found) = rule.matches(&seen) else {
                continue;
            };
            rule.act(&mut draft, &found);
            if !rule.continues() {
                break;
            }
        }
        draft.finish()
    }
}

impl fmt::Display for Rules {
    /// One line for each rule: what it means.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            writeln!(formatter, "workloads[{index}]: {rule}")?;
        }
        Ok(())
    }
}
