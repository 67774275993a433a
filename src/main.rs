//! The charm and command-line tool.
fn main() {}
