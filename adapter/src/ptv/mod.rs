//! Keeps PTV equal to the catalogue: client, map, plan, apply.
