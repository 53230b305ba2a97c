"""Tasks of other tools, there and back."""

import json
from pathlib import Path

import pandas as pd
import pytest

from npal_cli.labelling.exchange import of_label_studio
from tests.labelling.conftest import batch_of, journal


def studio(answer) -> str:
    """What Label Studio exports of the tasks that it was given: each with what ``answer`` says of its row."""
    tasks = json.loads(Path("tasks.json").read_text())
    for number, task in enumerate(tasks, start=1):
        label = answer(task["data"]["id"])
        choice = {"from_name": "label", "to_name": "row", "type": "choices", "value": {"choices": [label]}}
        annotation = {"completed_by": {"email": "anna"}, "result": [choice], "was_cancelled": False}
        if label is None:
            annotation |= {"result": [], "was_cancelled": True}
        task |= {"id": number, "annotations": [annotation]}
    return json.dumps(tasks)


def prodigy(answer) -> str:
    lines = [json.loads(line) for line in Path("tasks.jsonl").read_text().splitlines()]
    for task in lines:
        label = answer(task["meta"]["id"])
        task |= {"answer": "ignore" if label is None else "accept", "accept": [label], "_annotator_id": "anna"}
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.mark.parametrize(("name", "annotated"), [("tasks.json", studio), ("tasks.jsonl", prodigy)])
def test_a_batch_goes_to_another_tool_and_comes_back_labelled(begun, leads, name, annotated):
    batch = batch_of(begun)["id"].tolist()
    begun("export", "--data", "leads", name)
    truth = leads.set_index("customer")["churned"]
    Path(f"back_{name}").write_text(annotated(lambda row: None if row == batch[0] else truth[row]))
    begun("label", "--data", "leads", f"back_{name}")
    event = json.loads(journal().splitlines()[-1])
    assert event["labels"] == truth[batch[1:]].to_dict()
    assert (event["skipped"], event["by"]) == ([batch[0]], "anna")
    begun(
        "export", "--data", "leads", name, "--force"
    )  # what is given out again holds the answers, and changes nothing
    begun("label", "--data", "leads", name)
    begun("export", "--data", "leads", "labels.csv")
    assert pd.read_csv("labels.csv")["churned"].notna().sum() == 30 + 9


def test_a_task_shows_the_rows_own_columns_and_the_classes(begun):
    first = batch_of(begun).iloc[0]
    begun("export", "--data", "leads", "tasks.json")
    begun("export", "--data", "leads", "tasks.jsonl")
    data = json.loads(Path("tasks.json").read_text())[0]["data"]
    assert data == {
        "id": first["id"],
        "visits": first["visits"],
        "spent": first["spent"],
        "calls": first["calls"],
        "plan": first["plan"],
    }
    task = json.loads(Path("tasks.jsonl").read_text().splitlines()[0])
    assert task["text"].splitlines()[0] == f"visits: {first['visits']}"
    assert [option["id"] for option in task["options"]] == ["no", "yes"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.json", "nothing", "not readable as JSON"),
        ("a.json", "{}", "not a list of Label Studio's tasks"),
        ("a.json", '[{"annotations": [{"result": []}, {"was_cancelled": true}]}]', "a task that npal did not write"),
        (
            "a.json",
            '[{"data": {"id": "C999"}, "annotations": [{"result": [], "was_cancelled": true}]}]',
            "no row 'C999'",
        ),
        ("a.jsonl", '{"meta": {}, "answer": "ignore"}', "a task that npal did not write"),
        ("a.jsonl", "{", "not readable as JSON"),
        ("nowhere.json", None, "No such file"),
    ],
)
def test_tasks_that_are_not_in_order_change_nothing(begun, name, text, said):
    if text is not None:
        Path(name).write_text(text)
    assert said in begun("label", "--data", "leads", name, code=1).stderr
    assert journal() == b""


@pytest.mark.parametrize(
    ("who", "by"), [([1, 1], ["", ""]), ([1, 2], ["1", "2"]), ([{"email": "a@b"}] * 2, ["a@b"] * 2)]
)
def test_an_annotator_who_is_alone_and_has_but_a_number_is_nobody_in_particular(tmp_path, who, by):
    said = [{"type": "choices", "value": {"choices": ["yes"]}}]
    tasks = [{"data": {"id": "C1"}, "annotations": [{"completed_by": each, "result": said} for each in who]}]
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps(tasks))
    assert [answer.by for answer in of_label_studio(path)] == by
