"""How a gradient is taken."""
