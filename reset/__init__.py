"""The reset of one user: the plan that is approved, and the removal of what it lists."""
