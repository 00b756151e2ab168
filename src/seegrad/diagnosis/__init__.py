"""Whether there is a derivative here, and whether autograd has it."""
