"""What was spent, what is held, and what things will cost and take."""
