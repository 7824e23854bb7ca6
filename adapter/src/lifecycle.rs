//! Start, drain and stop of the whole process.
