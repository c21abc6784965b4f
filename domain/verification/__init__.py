"""Caller verification: proof that a request really comes from its user."""
