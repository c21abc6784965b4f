"""Tenants and users to start with: the demo's, and any number of generated ones."""
