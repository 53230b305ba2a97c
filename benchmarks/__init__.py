"""Measurements: ratios to named peers, taken in turns in one process, beside what the machine could do at best."""
