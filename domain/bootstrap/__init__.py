"""The way back in: a Temporary Access Pass for a user whose methods were reset."""
