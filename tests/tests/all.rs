//! Everything that is tested from outside, in one binary, which links once.

mod e2e;
