"""What callers pass, what f returns, and what a call leaves as it was."""
