"""The entities: tenants, users, their authentication methods, and the rules that need no HTTP."""
