#![no_main]
//! Histories in EDN.

mod all;

use mongo_rs::consistency::file::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| all::read(bytes, &[Format::Edn]));
