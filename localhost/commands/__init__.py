"""The commands of `python -m localhost`."""
