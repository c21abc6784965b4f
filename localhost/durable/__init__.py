"""The durable engine: the durable task protocol over an in-memory or SQLite state."""
