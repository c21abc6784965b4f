"""Reconciliation: what customers' own audit logs say about our removals, held against our records."""
