//! Outside-in tests: the built binaries, the lab, real servers.

#[cfg(test)]
mod machines;
#[cfg(test)]
mod mongods;
#[cfg(test)]
mod write_test;
