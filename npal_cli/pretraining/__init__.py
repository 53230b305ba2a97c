"""Learning a strategy once, from problems without end, for data that it never sees."""
