"""What one can ask of the register and do to it. Functions flush; doors commit."""
