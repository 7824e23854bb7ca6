//! Accepts and revises entities, keeps the views that reads are answered from.

pub mod import;
pub mod pat;
