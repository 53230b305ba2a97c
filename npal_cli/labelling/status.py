"""How a table's labelling stands, and whether to go on."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from npal_cli.labelling.book import Book
from npal_cli.labelling.measuring import Measured, Measurement, forecast

MORE = (20, 50, 100)
"""Labels more that a forecast is made for."""
WORTH = 0.01
"""A gain in score that is worth going on for."""
SETTLED = 0.98
"""The share of predictions that agree between rounds, from which on labels change little."""


@dataclass(frozen=True)
class Status:
    """What there is to know."""

    book: Book
    measurement: Measurement

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
            "forecast": {str(count): gain for count, gain in (forecast(measured, MORE) or {}).items()} or None,
            "advice": self.advice(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each round."""
        return [_row(number, each) for number, each in enumerate(self.measurement.rounds)]

    def sentences(self) -> list[str]:
        """What else there is to say, the advice last."""
        book, against = self.book, self.measurement.against_random
        counts = Counter(book.labels.values())
        said = [f"Labels: {', '.join(f'{name} {counts[name]}' for name in book.classes) or 'none'}."]
        if book.pending:
            said.append(f"{len(book.pending)} rows of the last batch have no answer yet.")
        if self.measurement.audited:
            said.append(
                f"The score ({self.measurement.objective.name}) is that on {self.measurement.audited} rows drawn at "
                "random, from which no model learns. That on all rows is between low and high with 90 % probability, "
                "whenever you look."
            )
        if against is not None:
            gain = against.difference
            said.append(
                f"With {against.labels} labels each, chosen rows score {against.chosen:.3f} and random ones "
                f"{against.random:.3f}: {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]."
            )
        return [*said, self.advice()]

    def advice(self) -> str:
        """Whether to go on, and why."""
        measured = self.measurement.rounds
        last = measured[-1]
        if last.score is None:
            if not self.measurement.audited:
                return "Go on: no random row has a label yet, so nothing is known of how good the model is."
            return "Go on: fewer than two classes have a label."
        gains = forecast(measured, MORE)
        if gains is None:
            return "Go on: there are too few rounds to tell what more labels bring."
        expected = ", ".join(f"{gain:+.3f} of {count} more labels" for count, gain in gains.items())
        changed = 1 - (last.agreement or 0.0)
        if gains[MORE[1]] >= WORTH:
            return f"Go on: the score is expected to change by {expected}."
        if changed > 1 - SETTLED:
            return f"Go on a while: the last round changed {changed:.0%} of the predictions; expected are {expected}."
        return f"Stop: the last round changed {changed:.0%} of the predictions, and expected are but {expected}."


def _row(number: int, each: Measured) -> dict[str, Any]:
    score = each.score
    return {
        "round": number,
        "labels": each.labels,
        "score": score.value if score else None,
        "low": score.low if score else None,
        "high": score.high if score else None,
        "as before": f"{each.agreement:.1%}" if each.agreement is not None else None,
    }
