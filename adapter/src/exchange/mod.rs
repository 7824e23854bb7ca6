//! The X-Road door: admit, decode, serve, encode, commit, send. Knows SOAP and REST, nothing of the domain.
