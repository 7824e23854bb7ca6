//! The configuration file: parsed, checked, with file and line in every complaint.
