"""A reset request from its parsing to its settlement."""
