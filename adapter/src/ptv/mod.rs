//! Keeps PTV equal to the catalogue: client, map, plan, apply.
//!
//! Only this folder knows PTV's wire format. `map` and `rules` are pure; the worker is handed its world.

pub mod map;
pub mod profile;
pub mod projection;
pub mod reference;
pub mod rules;
pub mod source_id;
