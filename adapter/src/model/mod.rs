//! The words of the domain as values: PAT entities, letters, parties, evidence. No IO, no wire format.

pub mod evidence;
