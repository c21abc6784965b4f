"""Deliveries from outside: their signatures and their mapping to a request."""
