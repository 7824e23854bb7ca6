//! The languages that PTV speaks. v11 is what the worker writes and reads today (`client`, `map`, `seen::v11`); v12 reads
//! here into the same neutral form (`seen`), so that whoever compares does not know which was spoken.

pub mod v12;
