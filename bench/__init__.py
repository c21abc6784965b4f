"""How fast and how costly the service is, next to a plain script and to the floor. `make bench`, results in README.md."""
