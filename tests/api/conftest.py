"""The command line, which the Python API chooses the same rows as."""

from tests.commands import npal

__all__ = ["npal"]
