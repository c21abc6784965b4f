"""The handlers of timers."""
