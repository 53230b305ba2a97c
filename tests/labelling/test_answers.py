"""Labels that come back: what is taken, what is refused, and that nothing is taken by halves."""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from npal_cli.errors import ArtifactError
from npal_cli.labelling.journal import Answered, read, writing
from tests.commands import json_of
from tests.labelling.conftest import batch_of, journal

JOURNAL = Path("data/labels/leads.jsonl")


def labels(npal) -> dict[str, str]:
    npal("export", "--data", "leads", "labels.csv", "--force")
    table = pd.read_csv("labels.csv", index_col="customer")["churned"].dropna()
    return dict(table.items())


def test_words_a_table_and_standard_input_say_the_same(begun, monkeypatch):
    begun("label", "--data", "leads", "C040=yes", "C041=no")
    by_words = labels(begun)
    begun("undo", "--data", "leads")
    Path("answers.csv").write_text("customer;churned\nC040;yes\nC041;no\nC042;\n")
    begun("label", "--data", "leads", "answers.csv")
    assert labels(begun) == by_words
    begun("undo", "--data", "leads")
    pd.DataFrame({"id": ["C040", "C041"], "label": ["yes", "no"]}).to_parquet("answers.parquet")
    begun("label", "--data", "leads", "answers.parquet")
    assert labels(begun) == by_words
    begun("undo", "--data", "leads")
    monkeypatch.setattr(sys, "stdin", io.StringIO("id,label\nC040,yes\nC041,no\n"))
    begun("label", "--data", "leads", "C040=yes", "C041=no")
    assert labels(begun) == by_words


def test_the_sheet_itself_can_be_filled_in(begun):
    sheet = batch_of(begun)
    sheet.assign(label=["yes"] * 5 + [None] * 5).to_csv("data/next/leads/next_batch.csv", index=False)
    said = json_of(begun("label", "--data", "leads", "data/next/leads/next_batch.csv", "--json"))
    assert said == {
        "labelled": 5,
        "classes": {"yes": 5},
        "skipped": 0,
        "unsure": 0,
        "pending": 5,
        "not_asked": [],
    }


def test_rows_that_are_skipped_or_unsure_are_not_asked_again(begun):
    batch = batch_of(begun, 10, "--audit", 0)
    first, second = batch["id"][:2]
    begun("label", "--data", "leads", f"{first}=skip", f"{second}=unsure")
    assert not {first, second} & set(batch_of(begun, 10)["id"])
    begun("label", "--data", "leads", f"{first}=yes")  # somebody knows after all
    assert labels(begun)[first] == "yes"


def test_a_label_is_withdrawn_by_a_change_and_one_of_the_file_is_not(begun, leads):
    begun("label", "--data", "leads", "C050=yes")
    assert "has the label 'yes', and not 'skip'" in begun("label", "--data", "leads", "C050=skip", code=1).stderr
    begun("label", "--data", "leads", "C050=skip", "--change")
    assert "C050" not in labels(begun)
    assert "came with the label" in begun("label", "--data", "leads", "C000=skip", "--change", code=1).stderr


def test_the_files_label_is_changed_by_nobody_unless_he_says_so(begun, leads):
    other = "no" if leads["churned"][0] == "yes" else "yes"
    begun("label", "--data", "leads", f"C000={other}", "--by", "anna", code=1)


def test_what_was_given_at_once_is_taken_back_at_once(begun):
    before = labels(begun)
    Path("answers.csv").write_text("id,label,annotator\nC050,yes,anna\nC051,no,bob\nC052,no,carl\n")
    begun("label", "--data", "leads", "answers.csv")
    assert json_of(begun("undo", "--data", "leads", "--json")) == {"undone": ["C050", "C051", "C052"]}
    assert labels(begun) == before


def test_names_and_classes_that_look_like_numbers_or_truths_keep_their_letters(begun, leads):
    table = leads.assign(customer=[f"{i:04d}" for i in range(len(leads))], churned=leads["churned"] == "yes")
    table["churned"] = table["churned"].map({True: "true", False: "false"}).where(table.index < 30)
    table.to_csv("numbers.csv", index=False)
    begun("prepare", "--data", "numbers.csv", "--target", "churned", "--id", "customer")
    Path("answers.csv").write_text("id,label\n0040,true\n0041,false\n")
    begun("label", "--data", "numbers", "answers.csv")
    begun("label", "--data", "numbers", "0042=true")


def test_the_majority_counts(begun):
    for who, label in [("anna", "no"), ("bob", "yes"), ("eve", "yes")]:
        begun("label", "--data", "leads", "C050=" + label, "--by", who)
    assert labels(begun)["C050"] == "yes"
    Path("answers.csv").write_text("id,label,annotator\nC051,no,anna\nC051,no,bob\nC051,yes,eve\n")
    begun("label", "--data", "leads", "answers.csv")
    assert labels(begun)["C051"] == "no"


def test_what_was_not_asked_for_is_taken_and_said(begun):
    batch_of(begun)
    assert "1 of them were not asked for (C000)" in begun("label", "--data", "leads", "C000=no", "--change").stderr


def test_a_new_class_is_added_when_it_is_said_to_be_one(begun):
    begun("label", "--data", "leads", "C050=perhaps", "--new-class", "perhaps")
    begun("label", "--data", "leads", "C051=perhaps")
    assert "probability of perhaps" in begun("predict", "--data", "leads").stdout


@pytest.mark.parametrize(
    ("answers", "code", "said"),
    [
        (["C999=yes"], 1, "there is no row 'C999' (the first is 'C000')"),
        (["C050=maybe"], 1, "there is no class 'maybe' yet; expected one of no, yes, skip or unsure"),
        (["C050=yes", "C050=no"], 1, "row 'C050' is labelled twice"),
        (["C050=yes", "C999=yes"], 1, "(nothing was taken)"),
        (["C050=yes", "C999=yes", "C998=no"], 1, "(2 such problems; nothing was taken)"),
        (["C000=perhaps"], 1, "there is no class 'perhaps'"),
        (["C050"], 2, "expected ID=CLASS"),
        (["=yes"], 2, "expected ID=CLASS"),
        (["C050="], 2, "expected ID=CLASS"),
        (["nowhere.csv"], 1, "no such file"),
        ([("id,label\nC050,\n")], 1, "no label was given"),
        ([("id,label\n,yes\n")], 1, "row 1 has the label 'yes' and no id"),
        ([("name,label\nC050,yes\n")], 1, "no column of the rows' names; expected one called 'id' or 'customer'"),
        ([("id,class\nC050,yes\n")], 1, "no column of their labels; expected one called 'label' or 'churned'"),
        ([("id\nC050\n")], 1, "1 columns; expected rows and features"),
        ([("id,label\nC050,yes\nC051,yes,no\n")], 1, "not a readable table"),
    ],
)
def test_answers_that_are_not_in_order_change_nothing(begun, answers, code, said):
    batch_of(begun)
    before = journal()
    if "\n" in answers[0]:
        Path("answers.csv").write_text(answers[0])
        answers = ["answers.csv"]
    result = begun("label", "--data", "leads", *answers, code=code)
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert journal() == before


def test_a_label_that_differs_from_the_one_before_is_refused_unless_it_is_a_change(begun, leads):
    known = leads["churned"][0]
    other = "no" if known == "yes" else "yes"
    assert (
        f"row 'C000' has the label '{known}', not '{other}'"
        in begun("label", "--data", "leads", f"C000={other}", code=1).stderr
    )
    begun("label", "--data", "leads", f"C000={other}", "--change")
    assert labels(begun)["C000"] == other


def test_a_line_that_a_kill_cut_short_is_no_event(begun):
    begun("label", "--data", "leads", "C050=yes")
    whole = JOURNAL.read_bytes()
    for cut in (1, 20, len(whole) - 1):
        JOURNAL.write_bytes(whole + whole[:cut])
        assert len(read(JOURNAL)) == 1
        begun("label", "--data", "leads", "C051=no")
        assert [each.labels for each in read(JOURNAL)] == [{"C050": "yes"}, {"C051": "no"}]
        JOURNAL.write_bytes(whole)


def test_a_journal_that_is_not_npals_is_refused_and_left_as_it_is(begun):
    begun("label", "--data", "leads", "C050=yes")
    with JOURNAL.open("a") as file:
        file.write(json.dumps({"event": "guessed"}) + "\n")
    before = journal()
    assert "line 2 is none of npal's" in begun("label", "--data", "leads", "C051=yes", code=1).stderr
    assert journal() == before


def test_two_who_label_at_once_lose_nothing(tmp_path):
    path = tmp_path / "leads.jsonl"

    def write(name: int) -> None:
        with writing(path) as append:
            append(Answered({str(name): "yes" * 2000}))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert {name for each in read(path) for name in each.labels} == {str(name) for name in range(40)}


def test_a_disk_that_is_full_loses_nothing(tmp_path, monkeypatch):
    path = tmp_path / "leads.jsonl"
    with writing(path) as append:
        append(Answered({"1": "yes"}))
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("npal_cli.labelling.journal.os.fsync", full)
    with pytest.raises(ArtifactError, match="No space left on device"), writing(path) as append:
        append(Answered({"2": "no"}))
    assert path.read_bytes() == before


def test_a_file_with_an_equals_sign_in_its_name_is_a_file(begun):
    Path("a=b.csv").write_text("id,label\nC050,yes\n")
    begun("label", "--data", "leads", "a=b.csv")
    assert '"C050": "yes"' in journal().decode()
