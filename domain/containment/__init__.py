"""Containment of accounts that may be in the hands of somebody else: what is done to them, what came of it, what undoes it."""
