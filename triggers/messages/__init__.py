"""The handler of the message queue."""
