"""Has a mistake that only its author can put right."""

raise ZeroDivisionError("a bug")
