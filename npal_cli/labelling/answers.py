"""Labels that come back, checked whole before any is taken."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from npal_cli.errors import DataError
from npal_cli.labelling.book import Book
from npal_cli.labelling.journal import Answered
from npal_cli.labelling.sheet import ID, LABEL

SKIP, UNSURE = "skip", "unsure"
"""What stands in place of a class: not to be asked again; and: nobody can tell."""


@dataclass(frozen=True)
class Answer:
    """What somebody said of a row."""

    name: str
    label: str
    by: str = ""
    aside: bool | None = None
    """Whether the label is one of these words, and no class; None if that is as the classes are."""


@dataclass(frozen=True)
class Permitted:
    """What is taken though it may be a slip."""

    new_classes: Collection[str] = ()
    changes: bool = False


def checked(answers: Iterable[Answer], book: Book, permitted: Permitted) -> list[Answered]:
    """The events of answers that are all in order: one for each annotator, in the order of their first answers.

    Raises:
        DataError: naming the first that is not, what is wrong with it, and how many there are.
    """
    answers = list(answers)
    if not answers:
        raise DataError(f"{book.table.name}: no label was given; fill in the column {LABEL}")
    wrong = [said for answer in answers for said in _wrong(answer, book, permitted)]
    twice = [pair for pair, count in Counter((a.name, a.by) for a in answers).items() if count > 1]
    wrong += [f"row {name!r} is labelled twice; label each row once" for name, _ in twice]
    if wrong:
        more = f" ({len(wrong)} such problems; nothing was taken)" if len(wrong) > 1 else " (nothing was taken)"
        raise DataError(f"{book.table.name}: {wrong[0]}{more}")
    group = 1 + max((each.group for each in book.answers), default=0)
    events = []
    for who in dict.fromkeys(answer.by for answer in answers):
        own = [answer for answer in answers if answer.by == who]
        skipped = [a.name for a in own if _is(SKIP, a, book)]
        unsure = [a.name for a in own if _is(UNSURE, a, book)]
        aside = {*skipped, *unsure}
        events.append(Answered({a.name: a.label for a in own if a.name not in aside}, skipped, unsure, who, group))
    return events


def not_asked(answers: Iterable[Answer], book: Book) -> list[str]:
    """The rows that were labelled and never asked for."""
    return list(dict.fromkeys(answer.name for answer in answers if answer.name not in book.asked))


def _wrong(answer: Answer, book: Book, permitted: Permitted) -> Iterable[str]:
    """What is wrong with an answer."""
    if answer.name not in book.table.position:
        first = book.table.ids[0]
        yield f"there is no row {answer.name!r} (the first is {first!r}); give the {ID} that the row was asked by"
        return
    votes = book.votes.get(answer.name, {})
    before = votes.get(answer.by) or (None if votes else book.table.labelled.get(answer.name))
    if _is(SKIP, answer, book) or _is(UNSURE, answer, book):
        if not votes and before is not None:
            yield f"row {answer.name!r} came with the label {before!r}; it can be changed, but not be {answer.label}"
        elif before is not None and not permitted.changes:
            yield f"row {answer.name!r} has the label {before!r}, and not {answer.label!r}; change it with --change"
        return
    known = {*book.classes, *permitted.new_classes}
    if len(book.classes) > 1 and answer.label not in known:  # else it is clear that there are others
        yield (
            f"row {answer.name!r}: there is no class {answer.label!r} yet; expected one of {', '.join(book.classes)}, "
            f"{SKIP} or {UNSURE}; a new one is added with --new-class {answer.label}"
        )
        return
    if before is not None and before != answer.label and not permitted.changes:
        yield f"row {answer.name!r} has the label {before!r}, not {answer.label!r}; change it with --change"


def _is(word: str, answer: Answer, book: Book) -> bool:
    """Whether an answer is such a word, and no class of that name."""
    aside = word not in book.classes if answer.aside is None else answer.aside
    return answer.label == word and aside
