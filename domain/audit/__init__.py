"""The audit chain and the evidence pack made from it."""
