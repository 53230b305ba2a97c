"""What the text of an option says, or why it says nothing."""

from enum import StrEnum

import typer

from npal_cli.parts import Part, parse_part
from npal_cli.seeds import parse_seeds


class Device(StrEnum):
    """Where torch works: it trains networks, and makes refits with ``--refits torch``."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Workers(StrEnum):
    """Who does the work: processes of this machine, or the workers of a Dask cluster."""

    local = "local"
    dask = "dask"


class Refits(StrEnum):
    """Which implementation of refits runs."""

    numba = "numba"
    sequential = "sequential"
    torch = "torch"
    auto = "auto"


class Variant(StrEnum):
    """Whose version of a strategy runs."""

    method = "method"
    reference = "reference"


MOST_SEEDS = 10_000
"""That one range may name: more is a slip of the finger."""


def seeds(text: str) -> range:
    """The seeds that an option names; refuses what an artifact cannot hold."""
    try:
        found = parse_seeds(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: expected a whole number, or a range such as 1..50") from error
    if found.start < 0 or found.stop > 2**63:
        raise typer.BadParameter(f"{text!r}: expected seeds from 0 to 2**63 - 1")
    if found.stop - found.start > MOST_SEEDS:
        raise typer.BadParameter(f"{text!r}: expected at most {MOST_SEEDS:,} seeds")
    return found


def part(text: str) -> Part:
    """The part that an option names."""
    try:
        return parse_part(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r}: expected the part and how many there are, such as 3/40") from error
