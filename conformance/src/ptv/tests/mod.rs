//! Cases of ptv-in-api §9, by id.
