//! Contract types and client.
