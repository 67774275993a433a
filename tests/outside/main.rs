//! Outside-in tests: the built binaries, the lab, real servers.

mod machines;
