"""One file per group of endpoints; each handler takes the world and a request and returns a response."""
