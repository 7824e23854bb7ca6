//! Sockets to requests: accept loop, TLS with pins, limits per connection, drain.
