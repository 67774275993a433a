//! The pipeline that turns what is observed into what is done.
