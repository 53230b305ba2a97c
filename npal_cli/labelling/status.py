"""How a table's labelling stands, and whether to go on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from npal_cli.labelling.book import Book
from npal_cli.labelling.measuring import Measured, Measurement
from npal_cli.labelling.worth import Worth

GAUGE = 50
"""The labels more by which it is told whether to go on."""
WORTH = 0.01
"""A gain that is worth going on for, as a share of the score."""
ENOUGH = 20
"""Audited rows, fewer than which tell too little to stop."""
SETTLED = 0.98
"""The share of predictions that agree between rounds, from which on labels change little."""


@dataclass(frozen=True)
class Status:
    """What there is to know."""

    book: Book
    measurement: Measurement
    forecast: Sequence[Worth]
    """Of what more labels will bring; none where nothing can be told, or no row is left."""

    def as_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        book, measured = self.book, self.measurement.rounds
        against = self.measurement.against_random
        return {
            "data": book.table.name,
            "rows": len(book.table.ids),
            "labels": dict(sorted(Counter(book.labels.values()).items())),
            "audited": self.measurement.audited,
            "set_aside": len(book.set_aside),
            "pending": len(book.pending),
            "objective": self.measurement.objective.name,
            "rounds": [asdict(each) for each in measured],
            "against_random": asdict(against) if against is not None else None,
            "forecast": [each.as_json() for each in self.expected()],
            "advice": self.advice(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each round."""
        return [_row(number, each) for number, each in enumerate(self.measurement.rounds)]

    def sentences(self) -> list[str]:
        """What else there is to say, the advice last."""
        book = self.book
        counts = Counter(book.labels.values())
        said = [f"Labels: {', '.join(f'{name} {counts[name]}' for name in book.classes) or 'none'}."]
        if book.pending:
            said.append(f"Still without an answer: {rows_of(len(book.pending))} of the last batch.")
        return [*said, *self.findings(), self.advice()]

    def findings(self) -> list[str]:
        """What the score means, what random labels would have brought, and what more labels are forecast to bring."""
        said, against = [], self.measurement.against_random
        last = self.measurement.rounds[-1].score
        within = " That on all rows that came without a label and can be labelled is between low and high with 90 %"
        within = f"{within} probability, however often you look." if last is not None and last.low is not None else ""
        if self.measurement.audited:
            said.append(
                f"The score ({self.measurement.objective.name}) is that on {rows_of(self.measurement.audited)} drawn "
                f"at random, from which no model learns.{within}"
            )
        if against is not None:
            gain = against.difference
            few = f"{rows_of(self.measurement.audited)} to measure on are too few to tell them apart"
            told = few if gain.low is None else f"{gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
            said.append(
                f"With {against.labels} labels each, chosen rows score {against.chosen:.3f} and random ones "
                f"{against.random:.3f}: {told}."
            )
        if (gauge := self._gauge()) is not None:
            said.append(gauge.sentence())
        return said

    def advice(self) -> str:
        """Whether to go on, and why."""
        last = self.measurement.rounds[-1]
        if self.book.left == 0:
            return "Stop: every row has a label, or was set aside."
        if last.score is None:
            return self._without_score()
        return self._outlook(last, last.score.value)

    def _outlook(self, last: Measured, score: float) -> str:
        gauge = self._gauge()
        if gauge is None:
            return "Go on: what more labels bring cannot be told yet."
        if gauge.chosen.mean >= WORTH * max(abs(score), WORTH):
            return f"Go on: {gauge.labels} labels more are forecast to change the score by {gauge.chosen.mean:+.3f}."
        most = self.expected()[-1]
        little = f"{most.labels} labels more are forecast to change the score by {most.chosen.mean:+.3f} only"
        changed = f"the last round changed {1 - (last.agreement or 0.0):.0%} of the predictions"
        if self.measurement.audited < ENOUGH:
            few = f"only {rows_of(self.measurement.audited)} drawn at random"
            return f"Go on a while: {little}, but {few} tell how good the model is."
        if (last.agreement or 0.0) < SETTLED:
            return f"Go on a while: {little}, but {changed}."
        return f"Stop: {little}, and {changed}."

    def _without_score(self) -> str:
        if self.book.goal is not None and self.book.goal.audit == 0:
            return "Nothing is known of how good the model is: no row is drawn at random (--audit 0)."
        if self.measurement.audited:
            return "Go on: fewer than two classes have a label."
        return "Go on: no random row has a label yet, so nothing is known of how good the model is."

    def _gauge(self) -> Worth | None:
        expected = self.expected()
        return next((each for each in expected if each.labels >= GAUGE), expected[-1] if expected else None)

    def expected(self) -> list[Worth]:
        """The forecast, of which none passes the best possible score."""
        last = self.measurement.rounds[-1].score
        if last is None:
            return list(self.forecast)
        best = 0.0 if self.measurement.objective.name in ("cost", "log_loss", "brier") else 1.0
        return [each.within(max(best - last.value, 0.0)) for each in self.forecast]


def rows_of(count: int) -> str:
    """So many rows.

    >>> rows_of(1), rows_of(2)
    ('1 row', '2 rows')
    """
    return f"{count} row{'s' if count != 1 else ''}"


def _row(number: int, each: Measured) -> dict[str, Any]:
    score = each.score
    return {
        "round": number,
        "labels": each.labels,
        "score": score.value if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "predicted as before": f"{each.agreement:.1%}" if each.agreement is not None else None,
    }
