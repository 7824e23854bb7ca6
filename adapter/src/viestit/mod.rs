//! Suomi.fi Viestit: orders, the client of its REST API, events.
