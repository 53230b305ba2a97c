"""Faults: commands that are killed, disks that are full, files that are damaged; ``python -m tests.faults``."""
