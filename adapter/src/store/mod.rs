//! SQLite or PostgreSQL behind one Store; `commit` is the only writer.
