"""What comes by a message queue."""
