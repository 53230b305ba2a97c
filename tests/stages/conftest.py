"""The command line on a small problem."""

from tests.commands import npal

__all__ = ["npal"]
