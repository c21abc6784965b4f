"""The bodies that the API returns."""
