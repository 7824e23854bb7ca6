//! X-Road messages without IO.
