#![no_main]
//! Files of documents that a server rolled back.

use mongo_rs::mongo::rolled_back::RolledBack;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut found = RolledBack::default();
    found.read(bytes);
    // The smallest document has five bytes.
    assert!(found.documents * 5 <= bytes.len());
});
