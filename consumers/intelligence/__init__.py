"""Police intelligence: gradings beside each other, and sanitised products with two hands."""
