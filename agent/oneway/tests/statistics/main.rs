//! The statistics of one direction, of two clocks and of a mesh, against what is known to be true.

mod fates;
mod naive;
