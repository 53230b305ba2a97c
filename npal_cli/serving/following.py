"""The next round, asked for in the background while the last one is labelled, and what labels brought so far."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from npal_cli.errors import NpalError
from npal_cli.labelling.book import Book
from npal_cli.labelling.page.curve import curve
from npal_cli.labelling.rounds import Labelling

log = logging.getLogger("npal")

DUE = 0.5
"""The share of a round whose answers are enough to ask for the next."""


@dataclass(frozen=True)
class Known:
    """What the last round's model is worth."""

    advice: str = ""
    findings: Sequence[str] = ()
    curve: str = ""
    """The learning curve as SVG; empty as long as there is no score."""


class Following:
    """Asks for rounds, one at a time, in a thread of its own.

    A thread that a kill ends in the midst loses nothing but the rows that it was about to choose.
    """

    def __init__(
        self, labelling: Labelling, size: int, strategy: str | None = None, changes: Mapping[str, Any] | None = None
    ) -> None:
        """Rounds of ``size`` rows; ``strategy`` and ``changes`` to the goal are what differs from the round before."""
        self._labelling, self._size, self._strategy, self._changes = labelling, size, strategy, changes or {}
        self._lock = Lock()
        self._asked_at: int | None = None
        self.working = False
        self.note = ""
        """What is to be known of how the last round was chosen, or why none was."""
        self.known: Known | None = None

    def follow(self, book: Book) -> None:
        """Ask for the next round, if so much of the last was answered; at the start, see how it stands."""
        with self._lock:
            due = _is_due(book) and self._asked_at != len(book.answers)
            if self.working or not (due or self.known is None):
                return
            self.working = True
            if due:
                self._asked_at = len(book.answers)
        Thread(target=self._work, args=([self._ask] if due else []) + [self._measure], daemon=True).start()

    def _work(self, *steps: Callable[[], None]) -> None:
        try:
            for step in steps:
                step()
        except NpalError as error:
            self.note = str(error)
        except Exception as error:  # the page says so; a thread that died in silence would leave it waiting
            log.exception("the next round")
            self.note = f"the next round: {error!r}"
        finally:
            self.known = self.known or Known()
            self.working = False

    def _ask(self) -> None:
        self._labelling.check_current()
        self.note = self._labelling.begin_round(self._size, self._strategy, self._changes)

    def _measure(self) -> None:
        status = self._labelling.status()
        self.known = Known(status.advice(), status.findings(), curve(status))


def _is_due(book: Book) -> bool:
    if not book.rounds:
        return True
    asked = len(book.rounds[-1].rows) + len(book.rounds[-1].audit)
    return asked - len(book.pending) >= DUE * asked
