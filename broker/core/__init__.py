"""What is decided: pure functions of the log. No I/O, clock or randomness."""
