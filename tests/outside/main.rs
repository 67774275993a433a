//! Outside-in tests: the built binaries, the lab, real servers.

#[cfg(test)]
mod charm;
#[cfg(test)]
mod machines;
#[cfg(test)]
mod mongods;
#[cfg(test)]
mod small_sets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod write_test;
