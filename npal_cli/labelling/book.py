"""What is known of each row of a table, from its file and from the journal."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Int

from npal_cli.labelling import journal
from npal_cli.labelling.audit import reserve
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.journal import Answered, Asked
from npal_cli.pipeline.places import journal_path
from npal_cli.tables.kept import KeptTable
from npal_cli.tables.target import codes_of, ordered


@dataclass(frozen=True)
class Book:
    """The labels of a table's rows, and what was asked."""

    table: KeptTable
    rounds: Sequence[Asked] = ()
    answers: Sequence[Answered] = ()
    """Without those that were taken back."""
    answered_before: Sequence[int] = ()
    """How many answers had come when each round was asked for."""
    changed: bool = True
    """Whether any answer came, or was taken back, since the last round was asked for."""

    @classmethod
    def of(cls, table: KeptTable, root: Path) -> "Book":
        """What the journal of a table says."""
        rounds: list[Asked] = []
        answers: list[Answered] = []
        before: list[int] = []
        changed = True
        for event in journal.read(journal_path(root, table.name)):
            if isinstance(event, Asked):
                before.append(len(answers))
                rounds.append(event)
            elif isinstance(event, Answered):
                answers.append(event)
            elif answers:
                answers = [each for each in answers if each.group != answers[-1].group]
            changed = not isinstance(event, Asked)
        return cls(table, rounds, answers, before, changed)

    @property
    def goal(self) -> Goal | None:
        """What was asked for last; None before the first round."""
        return self.rounds[-1].goal if self.rounds else None

    @cached_property
    def votes(self) -> dict[str, dict[str, str]]:
        """What each annotator said last, of each row that anybody labelled."""
        found: dict[str, dict[str, str]] = {}
        for answer in self.answers:
            for name, label in answer.labels.items():
                found.setdefault(name, {})[answer.by] = label
            for name in (*answer.skipped, *answer.unsure):
                found.get(name, {}).pop(answer.by, None)
        return {name: votes for name, votes in found.items() if votes}

    @cached_property
    def labels(self) -> dict[str, str]:
        """The class of each row that has one: what most said, the first to say so where that is even."""
        given = {name: Counter(votes.values()).most_common(1)[0][0] for name, votes in self.votes.items()}
        return {**self.table.labelled, **given}

    @cached_property
    def audited(self) -> set[str]:
        """The rows that were asked for at random, to measure on: no model is trained on them."""
        return {name for asked in self.rounds for name in asked.audit}

    @cached_property
    def asked(self) -> set[str]:
        """The rows that were asked for in any round."""
        return {name for each in self.rounds for name in (*each.rows, *each.audit)}

    @cached_property
    def set_aside(self) -> set[str]:
        """Rows that are not asked for again, though they have no label: skipped, or nobody was sure."""
        aside = {name for answer in self.answers for name in (*answer.skipped, *answer.unsure)}
        return aside - self.labels.keys()

    @property
    def left(self) -> int:
        """How many rows have no label yet and were not set aside."""
        return len(self.table.ids) - len(self.labels) - len(self.set_aside)

    @cached_property
    def unanswered(self) -> set[str]:
        """What was asked for in any round and has not come back."""
        return self.asked - self.labels.keys() - self.set_aside

    @cached_property
    def pending(self) -> list[str]:
        """What was asked for in the last round and has not come back."""
        if not self.rounds:
            return []
        last = self.rounds[-1]
        return [name for name in (*last.rows, *last.audit) if name in self.unanswered]

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """All classes that any label names."""
        return ordered(self.labels.values())

    def reserved(self, goal: Goal) -> list[str]:
        """The rows that strategies may not choose, in the order in which they are audited."""
        return reserve((name for name in self.table.ids if name not in self.table.labelled), goal.audit, goal.seed)

    def kept_apart(self, goal: Goal | None) -> set[str]:
        """The rows that teach nothing, whoever labelled them: those that were measured on, or may be."""
        return self.audited | set(self.reserved(goal) if goal is not None else ())

    def training_codes(self, goal: Goal | None, classes: Sequence[str] | None = None) -> Int[np.ndarray, " row"]:
        """The class of each row that models are trained on, as its position in ``classes``; -1 for all others.

        ``goal`` says which rows are kept apart. None for :attr:`classes`; others may be those of a later moment.
        """
        apart = self.kept_apart(goal)
        names = [None if name in apart else self.labels.get(name) for name in self.table.ids]
        return codes_of(names, self.classes if classes is None else classes)

    def all_codes(self) -> Int[np.ndarray, " row"]:
        """The class of each row that has one; -1 for all others."""
        return codes_of([self.labels.get(name) for name in self.table.ids], self.classes)
