"""The policy file: read, checked as a whole, and its values."""
