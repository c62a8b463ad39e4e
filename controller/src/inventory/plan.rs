//! What the ledger answers when it is asked for a change: a transaction, or why not.

use thiserror::Error;

use crate::store::Transaction;

/// A change that may be made, if the store still is what the ledger knows.
#[derive(Clone, Debug)]
pub struct Plan<T> {
    /// What the store is asked for.
    pub transaction: Transaction,
    /// What is true once it is made.
    pub answer: T,
}

/// Why a change cannot be made. Some of the sentences are read by programs: Nova's and Zun's report clients look for `Inventory
/// for … on resource provider … in use`, `Conflicting resource provider name:` and `consumer generation conflict`, and
/// older ones of Neutron for `resource provider generation conflict`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such provider.
    #[error("there is no resource provider {0}")]
    NoProvider(String),
    /// There is no such resource class.
    #[error("there is no resource class {0}; make it first with PUT /resource_classes/{0}")]
    NoClass(String),
    /// There are no such traits.
    #[error("there is no trait {0}; make it first with PUT /traits/{0}")]
    NoTrait(String),
    /// The provider has no inventory of the class.
    #[error("resource provider {provider} has no inventory of {class}")]
    NoInventory {
        /// The provider.
        provider: String,
        /// The class.
        class: String,
    },
    /// The inventory is there already.
    #[error("resource provider {provider} has an inventory of {class} already")]
    InventoryExists {
        /// The provider.
        provider: String,
        /// The class.
        class: String,
    },
    /// Somebody uses the inventory that would go.
    #[error("Inventory for {class} on resource provider {provider} in use: release its allocations first")]
    InventoryInUse {
        /// The provider.
        provider: String,
        /// The class.
        class: String,
    },
    /// The provider was changed since the caller looked.
    #[error(
        "resource provider generation conflict: {provider} is at generation {known}, read it again and repeat"
    )]
    ProviderChanged {
        /// The provider.
        provider: String,
        /// Its generation.
        known: u64,
    },
    /// The consumer was changed since the caller looked.
    #[error(
        "consumer generation conflict: expected {known}, got {given}; read its allocations again and repeat"
    )]
    ConsumerChanged {
        /// Its generation, or `null` for a new consumer.
        known: String,
        /// What the caller thought.
        given: String,
    },
    /// Another provider has this name or UUID.
    #[error("Conflicting resource provider {0}: another one has it already")]
    ProviderExists(String),
    /// A provider has allocations.
    #[error("resource provider {0} has allocations: release them first")]
    ProviderInUse(String),
    /// The caller wants a provider to be a part of another.
    #[error("{0}")]
    BadParent(String),
    /// The class or trait is there already.
    #[error("{0} is there already")]
    WordExists(String),
    /// A standard class or trait can neither go nor change.
    #[error("{0} is a standard name: it can neither be changed nor deleted")]
    StandardWord(String),
    /// Somebody uses the class or trait.
    #[error("{0} is in use by a resource provider")]
    WordInUse(String),
    /// There is not enough left.
    #[error(
        "resource provider {provider} has no room for {amount} of {class}: {used} of {capacity} are in use"
    )]
    NoRoom {
        /// The provider.
        provider: String,
        /// The class.
        class: String,
        /// What is wanted.
        amount: u64,
        /// What others have.
        used: u64,
        /// All there is.
        capacity: i64,
    },
    /// The inventory's rules forbid this amount.
    #[error(
        "resource provider {provider} does not give {amount} of {class} to one consumer: min_unit is {min}, max_unit {max}, step_size {step}"
    )]
    NotAllowed {
        /// The provider.
        provider: String,
        /// The class.
        class: String,
        /// What is wanted.
        amount: u64,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
        /// Its step.
        step: u32,
    },
    /// The group is there already, and is another.
    #[error(
        "group {name} is there already in project {project}, as {known}: ask for it like that, or under another name"
    )]
    GroupDiffers {
        /// Its name.
        name: String,
        /// Whose it is.
        project: String,
        /// What it is: `apart, as a rule`.
        known: String,
    },
    /// The group is as large as it may be.
    #[error("group {name} has {most} machines, and more are not kept")]
    GroupFull {
        /// Its name.
        name: String,
        /// How many there may be.
        most: usize,
    },
    /// There is nothing to release.
    #[error("consumer {0} has no allocations")]
    NoAllocations(String),
    /// The trait would change what the search for candidates means, in a way that is not made here.
    #[error(
        "{0} is not supported here: providers that share their inventory through an aggregate are not made yet"
    )]
    Sharing(String),
}
