//! Outside-in tests: the built binaries, the lab, real servers.

// `cfg(test)` is what lets clippy allow `unwrap` in helpers too.
#[cfg(test)]
mod mongods;
#[cfg(test)]
mod write_test;
