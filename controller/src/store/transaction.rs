//! What is asked of a store: all of it, or nothing.

/// The store's own clock: it rises with every commit, and is never used twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(pub u64);

/// A value under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key: path-like, `providers/<uuid>`.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
    /// The commit that wrote it.
    pub revision: Revision,
}

/// What must still hold for a transaction to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The key.
    pub key: String,
    /// The commit that wrote it last; `None`: there is no such key.
    pub revision: Option<Revision>,
}

/// One key's new value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The key.
    pub key: String,
    /// `None` removes it.
    pub value: Option<Vec<u8>>,
}

/// Changes that are made together, if everything expected still holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// What must hold.
    pub expect: Vec<Expectation>,
    /// What is written then. No key stands here twice.
    pub changes: Vec<Change>,
}

/// What became of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was made, whole, and is on the disk.
    Committed(Revision),
    /// Something expected does not hold: nothing was changed.
    Conflict,
}
