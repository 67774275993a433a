//! The edge to `mongod`.
