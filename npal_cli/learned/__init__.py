"""A strategy that is learned once, from problems without end: what it is told of a state, and what it makes of that."""
