"""What is done about it: research, safeguarding, desk, audit."""
