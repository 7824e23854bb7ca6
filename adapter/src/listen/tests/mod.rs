//! Real connections over loopback.
