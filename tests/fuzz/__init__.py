"""Damaged inputs for everything that reads a file: each is read, or refused in one line, whatever it is.

``python -m tests.fuzz --inputs 10000`` tries so many on each reader, from fixed seeds, and counts what happened.
"""
