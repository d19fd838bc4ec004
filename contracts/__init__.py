"""What may be said, found and proved. Pure; imports nothing of ours."""
