"""The functions host: triggers and their invocation through the Python worker library."""
