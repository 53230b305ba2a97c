"""Which row is shown next: those of the last round that have no answer yet, a row of its own for each tab."""

import time
from collections.abc import Callable, Sequence

from npal_cli.labelling.book import Book

GONE = 60.0
"""Seconds after which a tab that asks for nothing was closed, or is looked at no more."""


def queue_of(book: Book) -> list[str]:
    """The rows of the last round that wait for an answer; those that are measured on stand evenly among the others."""
    if not book.rounds:
        return []
    last, pending = book.rounds[-1], set(book.pending)
    return [name for name in interleaved(last.rows, last.audit) if name in pending]


def interleaved(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Both in their order, evenly mixed.

    >>> interleaved(["a", "b", "c", "d"], ["x", "y"])
    ['a', 'x', 'b', 'c', 'y', 'd']
    """
    placed = [((i + 0.5) / len(part), name) for part in (one, other) for i, name in enumerate(part)]
    return [name for _, name in sorted(placed, key=lambda each: each[0])]


class Tabs:
    """Which row each tab of the browser shows, and when it asked last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: dict[str, tuple[str, float]] = {}

    def next_row(self, tab: str, queue: Sequence[str], unanswered: set[str]) -> str | None:
        """The row that the tab shows, as long as it has no answer; else the next that no other tab shows.

        When only such are left, the tab shows one of them, too.
        """
        now = self._clock()
        self._shown = {name: held for name, held in self._shown.items() if name == tab or now - held[1] < GONE}
        shown = self._shown[tab][0] if tab in self._shown else None
        if shown is None or shown not in unanswered:
            elsewhere = {row for other, (row, _) in self._shown.items() if other != tab}
            free = [name for name in queue if name not in elsewhere] or queue
            shown = free[0] if free else None
        if shown is None:
            self._shown.pop(tab, None)
        else:
            self._shown[tab] = shown, now
        return shown

    def show(self, tab: str, name: str) -> None:
        """Show a row in a tab."""
        self._shown[tab] = name, self._clock()
