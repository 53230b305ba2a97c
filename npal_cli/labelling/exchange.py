"""Labels to and from other tools: tasks of Label Studio (JSON), and of Prodigy (lines of JSON, the recipe ``choice``).

Both hold the rows that were asked for or labelled: their columns, the classes to choose from, and the labels given.
What comes back is read as answers: a task that was skipped or rejected is ``skip``.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from npal_cli.errors import DataError
from npal_cli.labelling.answers import SKIP, Answer
from npal_cli.labelling.book import Book
from npal_cli.labelling.sheet import ID, LABEL
from npal_cli.untrusted import one_line

Task = dict[str, Any]


def label_studio(book: Book) -> str:
    """Tasks of Label Studio, with an annotation of each annotator; the labelling configuration calls it ``label``."""
    tasks: list[Task] = []
    for name in rows_of(book):
        annotations: list[Task] = []
        for by, label in book.votes.get(name, {}).items():
            who: Task = {"completed_by": {"email": by}} if by else {}
            annotations.append({"result": [_choice(label)], **who})
        data: Task = {ID: name, **_columns(book, name)}
        tasks.append({"data": data, "annotations": annotations})
    return json.dumps(tasks, indent=1, ensure_ascii=False, default=str) + "\n"


def prodigy(book: Book) -> str:
    """Tasks of Prodigy: the columns as text, the classes as options."""
    options = [{"id": name, "text": name} for name in book.classes]
    lines = []
    for name in rows_of(book):
        columns = _columns(book, name)
        text = "\n".join(f"{column}: {value}" for column, value in columns.items())
        task: Task = {"text": text, "options": options, "meta": {ID: name}}
        votes = book.votes.get(name, {})
        for by, label in votes.items():
            lines.append({**task, "answer": "accept", "accept": [label], **({"_annotator_id": by} if by else {})})
        if not votes:
            lines.append(task)
    return "".join(json.dumps(line, ensure_ascii=False, default=str) + "\n" for line in lines)


def of_label_studio(path: Path) -> list[Answer]:
    """The answers in what Label Studio exports (JSON).

    Raises:
        DataError: if it is no such file.
    """
    tasks = _parsed(path, json.loads)
    if not isinstance(tasks, list):
        raise DataError(f"{path}: not a list of Label Studio's tasks; export its JSON")
    return _named([answer for task in tasks for answer in _read(path, task, _of_task)])


def of_prodigy(path: Path) -> list[Answer]:
    """The answers in what Prodigy's ``db-out`` writes.

    Raises:
        DataError: if it is no such file.
    """
    lines = _parsed(path, lambda text: [json.loads(line) for line in text.split("\n") if line.strip()])
    return _named([answer for task in lines for answer in _read(path, task, _of_line)])


def _named(answers: list[Answer]) -> list[Answer]:
    """Answers whose annotators have their names, unless it is one all over whose name is but a number of the tool's."""
    who = {answer.by for answer in answers}
    alone = len(who) == 1 and all(by.isdigit() for by in who)
    return [replace(answer, by="") for answer in answers] if alone else answers


def is_prodigys(path: Path) -> bool:
    """Whether lines of JSON are Prodigy's tasks, and not the rows of a table."""
    lines = _parsed(path, lambda text: [json.loads(line) for line in text.split("\n")[:1]])
    return bool(lines) and isinstance(lines[0], dict) and "meta" in lines[0]


def _of_task(task: Task) -> Iterator[Answer]:
    for annotation in task.get("annotations", ()):
        who = annotation.get("completed_by", "")
        by = str(who.get("email", "") if isinstance(who, dict) else who)
        choices = [each["value"]["choices"] for each in annotation["result"] if each.get("type") == "choices"]
        if annotation.get("was_cancelled"):
            yield Answer(str(task["data"][ID]), SKIP, by)
        elif choices:
            yield Answer(str(task["data"][ID]), str(choices[0][0]), by)


def _of_line(task: Task) -> Iterator[Answer]:
    name, by = str(task["meta"][ID]), str(task.get("_annotator_id") or "")
    if task.get("answer") == "accept" and task.get("accept"):
        yield Answer(name, str(task["accept"][0]), by)
    elif "answer" in task:
        yield Answer(name, SKIP, by)


def _choice(label: str) -> Task:
    return {"from_name": LABEL, "to_name": "row", "type": "choices", "value": {"choices": [label]}}


def rows_of(book: Book) -> list[str]:
    """The rows that were asked for or labelled."""
    asked = [name for each in book.rounds for name in (*each.rows, *each.audit)]
    return list(dict.fromkeys([*asked, *book.votes]))


def _columns(book: Book, name: str) -> dict[str, Any]:
    row = book.table.rows.iloc[book.table.position[name]]
    own = row.drop(labels=[each for each in (book.table.target, book.table.id) if each is not None])
    return {str(column): value for column, value in own.dropna().to_dict().items() if column != ID}


def _parsed(path: Path, parse: Callable[[str], Any]) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 ({error})") from error
    with one_line(lambda reason: DataError(f"{path}: not readable as JSON ({reason})")):
        return parse(text)


def _read(path: Path, task: Any, of: Callable[[Task], Iterator[Answer]]) -> list[Answer]:
    def other(reason: str) -> DataError:
        return DataError(f"{path}: a task that npal did not write ({reason}); export the rows with npal export")

    with one_line(other):
        return list(of(task))
