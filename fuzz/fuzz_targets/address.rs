#![no_main]
//! Addresses and names: what is read is written so that it is read as the same again.

use mongo_rs::model::address::HostPort;
use mongo_rs::model::connection_url::{ConnectionUrl, Seed};
use mongo_rs::model::unit::UnitName;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// Errors must be written, too: they quote what was typed.
fn again<T>(text: &str, write: impl Fn(&T) -> String)
where
    T: FromStr<Err: Display> + Debug + PartialEq,
{
    match text.parse::<T>() {
        Ok(value) => {
            let written = write(&value);
            let again = written.parse::<T>().ok();
            assert_eq!(again.as_ref(), Some(&value), "{text:?} is written as {written:?}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    again::<ConnectionUrl>(text, ConnectionUrl::canonical);
    again::<Seed>(text, ToString::to_string);
    again::<HostPort>(text, ToString::to_string);
    again::<UnitName>(text, ToString::to_string);
});
