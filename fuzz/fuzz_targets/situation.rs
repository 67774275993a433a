#![no_main]
//! Files of situations, that people write by hand.

use mongo_rs::model::situation::Situation;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Err(refused) = text.parse::<Situation>() {
        assert!(!refused.to_string().is_empty());
    }
});
