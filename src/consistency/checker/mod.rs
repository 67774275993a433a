//! What a history and a final read prove. Pure: no clock, no I/O.

pub mod list;
pub mod ranges;
