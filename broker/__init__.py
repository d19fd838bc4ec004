"""What is decided (core, pure) and how it is recorded (shell)."""
