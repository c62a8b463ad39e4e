//! The statistics of one direction, of two clocks and of a mesh, against what is known to be true.

#[cfg(test)]
mod clocks;
mod fates;
#[cfg(test)]
mod links;
mod meshes;
mod naive;
