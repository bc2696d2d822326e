"""The world: each module is the only door to one library, and the only place where it can fail."""
