"""What `python -m localhost demo` shows: one module per story."""
