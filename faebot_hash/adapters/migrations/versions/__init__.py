"""One file a step. They are frozen: a later schema adds a step, because stores of every age are about."""
