"""Round after round, as somebody does it who has a table and an annotator waiting."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import npal_cli
from npal_cli.labelling.audit import draw
from npal_cli.labelling.choosing import AUDIT
from npal_cli.tables.encoder import encode
from tests.commands import json_of
from tests.labelling.conftest import LABELLED, ROWS, batch_of, journal


def events():
    return [json.loads(line) for line in journal().decode().splitlines()]


def test_labels_go_round_and_make_the_model_better(begun, annotate, leads):
    truth = leads.set_index("customer")["churned"]
    asked = []
    for _ in range(4):
        batch = batch_of(begun)
        asked += batch["id"].tolist()
        annotate(batch)
    assert len(set(asked)) == 40
    assert not set(asked) & set(leads["customer"][:LABELLED])
    assert [each["event"] for each in events()] == ["asked", "answered"] * 4
    begun("predict", "--data", "leads", "--output", "predicted.csv")
    predicted = pd.read_csv("predicted.csv", index_col="id")
    assert (predicted["predicted"] == truth).mean() > 0.8
    np.testing.assert_allclose(predicted.filter(like="probability").sum(axis=1), 1, atol=1e-5)


def test_a_sheet_says_what_a_row_is_and_why_it_was_chosen(begun):
    batch = batch_of(begun, 10)
    assert list(batch.columns) == [
        *("id", "label", "visits", "spent", "calls", "plan"),
        *("predicted", "probability", "score", "expected_error", "expected_gain", "novelty", "why"),
    ]
    assert batch["label"].isna().all()
    assert batch["why"].tolist() == ["chosen by blend"] * 8 + [AUDIT] * 2
    assert batch["score"][:8].is_monotonic_decreasing
    assert batch["probability"][:8].between(0.5, 1).all()
    assert batch[["predicted", "probability", "score"]][8:].isna().all(axis=None)
    assert batch["expected_error"][:8].between(0, 1).all()
    assert batch["expected_gain"][:8].notna().all()
    rows = json_of(begun("acquire", "--data", "leads", "--batch", 10, "--json"))["rows"]
    assert [row["id"] for row in rows] == batch["id"].tolist()


@pytest.mark.parametrize("strategy", ["blend", "margin", "random", "kcgrdy"])
def test_what_is_asked_is_among_what_query_finds_best(begun, leads, strategy):
    """And just that for a single row, and of strategies that do not rank rows."""
    batch = batch_of(begun, 5, "--audit", 0, "--refits", "numba", "--strategy", strategy)
    features = leads[["visits", "spent", "calls", "plan"]]
    labels = leads["churned"].where(leads.index < LABELLED)
    assert encode(features).shape == (ROWS, 5)
    ranks = strategy in ("blend", "margin")
    best = npal_cli.query(features, labels, 25 if ranks else 5, strategy=strategy, random_state=1)
    if ranks:
        assert set(batch["id"]) <= set(leads["customer"][best])
        batch = batch_of(begun, 1, "--audit", 0, "--refits", "numba", "--strategy", strategy)
        assert batch["id"].tolist() == leads["customer"][best[:1]].tolist()
    else:
        assert batch["id"].tolist() == leads["customer"][best].tolist()


def test_the_same_question_has_the_same_answer_until_labels_come(begun, annotate):
    first, written = batch_of(begun), journal()
    pd.testing.assert_frame_equal(batch_of(begun), first)
    assert journal() == written
    annotate(first)
    second = batch_of(begun)
    assert not set(second["id"]) & set(first["id"])
    begun("undo", "--data", "leads")
    begun("undo", "--data", "leads", code=1)
    batch_of(begun)
    assert batch_of(begun)["id"].tolist() == batch_of(begun)["id"].tolist()


def test_a_batch_is_the_one_of_the_journal_whatever_was_answered_and_taken_back_before(begun):
    begun("label", "--data", "leads", "C050=yes")
    batch = batch_of(begun)
    begun("undo", "--data", "leads")
    begun("label", "--data", "leads", "C060=no")
    again = batch_of(begun)
    assert [*events()[-1]["rows"], *events()[-1]["audit"]] == again["id"].tolist()
    assert set(again["id"][again["why"] == AUDIT]) >= set(batch["id"][batch["why"] == AUDIT])


def test_a_sheet_that_is_being_filled_in_is_never_emptied(begun):
    sheet = Path("data/next/leads/next_batch.csv")
    batch = batch_of(begun).assign(label="yes")
    batch.to_csv(sheet, index=False)
    assert (batch_of(begun)["label"] == "yes").all()  # the same question
    refused = begun("acquire", "--data", "leads", "--batch", 5, code=1).stderr
    assert "has the label 'yes', which was not given back" in refused
    begun("label", "--data", "leads", sheet)
    assert batch_of(begun, 5)["label"].isna().all()


def test_a_sheet_whose_rows_were_skipped_is_given_back_too(begun):
    sheet = Path("data/next/leads/next_batch.csv")
    batch_of(begun).assign(label="skip").to_csv(sheet, index=False)
    begun("label", "--data", "leads", sheet)
    assert batch_of(begun)["label"].isna().all()


def test_rows_that_will_be_kept_apart_teach_nothing_in_the_first_round_either(begun, leads):
    """Labelled before anything was asked, truly or falsely: the first batch is the same."""
    apart = [name for name in leads["customer"][LABELLED:] if draw(name, 1) < 0.2][:20]
    batches = []
    for label in ("yes", "no"):
        begun("label", "--data", "leads", *(f"{name}={label}" for name in apart))
        batches.append(batch_of(begun))
        Path("data/labels/leads.jsonl").unlink()
    pd.testing.assert_frame_equal(*batches)


def test_rows_that_are_kept_apart_teach_nothing_though_they_are_labelled_unasked(begun, leads):
    batch_of(begun)
    leads[["customer", "churned"]][LABELLED:].to_csv("answers.csv", index=False)
    begun("label", "--data", "leads", "answers.csv")
    last = json_of(begun("status", "--data", "leads", "--json"))["rounds"][-1]
    assert 150 < last["labels"] < 215


def test_the_share_that_is_measured_on_stays_however_often_other_sizes_are_asked_for(begun):
    for size in (10, 11, 10, 11, 10, 11):
        batch = batch_of(begun, size)
        assert (batch["why"] == AUDIT).sum() == 2


def test_rows_that_are_measured_on_teach_nothing(begun, annotate, leads):
    """Their labels, told falsely, change neither what is asked next nor what it is taken for."""
    batch = batch_of(begun)
    annotate(batch[batch["why"] != AUDIT])
    before, told = journal(), leads.set_index("customer")["churned"][batch["id"][batch["why"] == AUDIT]]
    begun("label", "--data", "leads", *(f"{name}={label}" for name, label in told.items()))
    honest = batch_of(begun)
    Path("data/labels/leads.jsonl").write_bytes(before)
    begun("label", "--data", "leads", *(f"{name}={'no' if label == 'yes' else 'yes'}" for name, label in told.items()))
    pd.testing.assert_frame_equal(batch_of(begun), honest)


def test_rows_that_are_kept_apart_are_never_chosen(begun, annotate):
    chosen, audited = set(), set()
    for _ in range(5):
        batch = batch_of(begun)
        chosen |= set(batch["id"][batch["why"] != AUDIT])
        audited |= set(batch["id"][batch["why"] == AUDIT])
        annotate(batch)
    assert (len(chosen), len(audited)) == (40, 10)
    begun("acquire", "--data", "leads", "--batch", 10, "--audit", 0.5, code=2)
    begun("acquire", "--data", "leads", "--batch", 10, "--seed", 2, code=2)


@pytest.mark.parametrize("known", [0, 1])
def test_it_begins_with_diverse_and_typical_rows(npal, leads, annotate, known):
    Path("params.yaml").unlink()
    told = (leads["churned"] == "yes") & (leads.index < 20 * known)
    leads.assign(churned=leads["churned"].where(told)).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    said = npal("acquire", "--data", "leads", "--batch", 10).stderr
    assert f"{['no', 'only one'][known]} class has a label yet: the batch is diverse and typical rows" in said
    batch = batch_of(npal, 10)
    assert batch["why"].tolist() == ["typical of many rows"] * 8 + [AUDIT] * 2
    spread = batch[["visits", "spent", "calls"]][:8].std()
    assert (spread > 0.4).all()
    npal("predict", "--data", "leads", code=1)
    annotate(batch)
    assert batch_of(npal, 10)["why"][0] == "chosen by blend"


def test_near_duplicates_do_not_fill_a_batch(npal, leads):
    Path("params.yaml").unlink()
    often = pd.concat([leads] * 4, ignore_index=True)
    often["visits"] += 1e-3 * np.random.default_rng(0).normal(size=len(often))
    often.assign(churned=often["churned"].where(often.index < LABELLED)).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--drop", "customer")
    batch = batch_of(npal, 10, "--strategy", "uncsamp", "--audit", 0)
    assert len(batch[["spent", "calls", "plan"]].drop_duplicates()) == 10


def test_what_counts_is_remembered(begun, annotate):
    before = begun("predict", "--data", "leads").stdout
    uneven = batch_of(begun, 10, "--class-weight", "yes=20", "--objective", "balanced_accuracy")
    assert begun("predict", "--data", "leads").stdout.count(",yes,") > before.count(",yes,") + 20
    pd.testing.assert_frame_equal(batch_of(begun), uneven)
    annotate(uneven)
    batch_of(begun)
    goal = events()[-1]["goal"]
    assert (goal["class_weight"], goal["objective"]) == ({"yes": 20.0}, "balanced_accuracy")


def test_the_f1_of_a_class_and_the_cost_of_errors_are_improved_and_measured(begun, annotate):
    annotate(batch_of(begun, 40, "--objective", "f1:yes", "--audit", 0.5))
    score = json_of(begun("status", "--data", "leads", "--json"))["rounds"][-1]["score"]["value"]
    Path("costs.csv").write_text("true,no,yes\nno,0,1\nyes,5,0\n")
    annotate(batch_of(begun, 10, "--cost-matrix", "costs.csv"))
    assert events()[-2]["goal"]["costs"] == {"no": {"no": 0, "yes": 1}, "yes": {"no": 5, "yes": 0}}
    cost = json_of(begun("status", "--data", "leads", "--json"))["rounds"][-1]["score"]["value"]
    assert 0 < score < 1
    assert -5 < cost < 0


@pytest.mark.parametrize("text", ["true,no\nno,0\nyes,1\n", "true,no,yes\nno,0,\nyes,1,0\n"])
def test_costs_are_a_number_for_each_pair_of_classes(begun, text):
    Path("costs.csv").write_text(text)
    assert (
        "--cost-matrix costs.csv: "
        in begun("acquire", "--data", "leads", "--batch", 5, "--cost-matrix", "costs.csv", code=1).stderr
    )
    assert journal() == b""


def test_other_rows_are_predicted_as_those_of_the_table(begun):
    own = begun("predict", "--data", "leads").stdout
    assert begun("predict", "--data", "leads", "leads.csv").stdout == own
    pd.read_csv("leads.csv").drop(columns="plan").to_csv("less.csv")
    assert "the rows lack column 'plan'" in begun("predict", "--data", "leads", "less.csv", code=1).stderr


@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_a_table_is_given_out_with_its_labels(begun, annotate, leads, name):
    annotate(batch_of(begun))
    begun("export", "--data", "leads", name)
    table = pd.read_csv(name) if name.endswith("csv") else pd.read_parquet(name)
    assert table["churned"].notna().sum() == LABELLED + 10
    known = table["churned"].notna()
    assert (table["churned"][known] == leads["churned"][known]).all()
    assert list(table.columns) == list(leads.columns)
    begun("export", "--data", "leads", "out.doc", code=2)


@pytest.mark.parametrize("command", [["export"], ["predict", "--output"]])
def test_no_file_is_replaced_unless_that_is_asked_for(begun, command):
    begun("label", "--data", "leads", "C100=yes")
    before = Path("leads.csv").read_bytes()
    refused = begun(*command, "leads.csv", "--data", "leads", code=2)
    assert "leads.csv: is there already; name another file, or replace it with --force" in refused.stderr
    assert Path("leads.csv").read_bytes() == before
    begun(*command, "leads.csv", "--data", "leads", "--force")
    assert Path("leads.csv").read_bytes() != before


@pytest.mark.parametrize(("name", "said"), [("leads.csv", "is none of npal's sheets"), ("b.xlsx", "end in .csv")])
def test_a_sheet_takes_the_place_of_sheets_alone(begun, name, said):
    before = Path("leads.csv").read_bytes()
    assert said in begun("acquire", "--data", "leads", "--batch", 5, "--output", name, code=2).stderr
    assert (Path("leads.csv").read_bytes(), journal()) == (before, b"")


def test_predictions_are_read_and_printed_as_tables_are(begun, leads):
    new = leads.drop(columns="churned").head(3).assign(customer=["=1+1", "b", "c"], plan=["gold", "pro", "pro"])
    new.to_csv("new.csv", index=False, sep="|", decimal=",", encoding="utf-16")
    done = begun("predict", "--data", "leads", "new.csv", "--separator", "|", "--decimal", ",", "--encoding", "utf-16")
    assert done.stdout.splitlines()[1].startswith("'=1+1,")
    assert "plan: 1 cells hold what no row of the table does" in done.stderr
    assert begun("predict", "--data", "leads", "new.csv", "--separator", ";", code=1)


def test_features_that_were_damaged_are_made_again(begun):
    first = batch_of(begun)
    for path in Path("data/encoded/leads.zarr").rglob("c/*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = begun("status", "--data", "leads")
    assert "made anew" in done.stderr
    assert batch_of(begun)["id"].tolist() == first["id"].tolist()


def test_rows_that_were_added_later_are_asked_for_and_none_may_go(begun, annotate, leads):
    annotate(batch_of(begun))
    kept = journal()
    more = pd.concat([leads, leads.assign(customer=[f"D{i:03d}" for i in range(ROWS)])])
    more.assign(churned=None).to_csv("leads.csv", index=False)
    begun("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    assert batch_of(begun, 40)["id"].str.startswith("D").any()
    leads.iloc[LABELLED + 5 :].to_csv("leads.csv", index=False)
    refused = begun("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer", code=1)
    assert "was asked for or labelled, and is not in this table" in refused.stderr
    assert journal().startswith(kept)


def test_labels_never_become_those_of_other_rows_or_of_another_column(npal, leads):
    Path("params.yaml").unlink()
    known = leads.assign(churned=leads["churned"].where(leads.index < LABELLED)).drop(columns="customer")
    known.to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned")
    npal("label", "--data", "leads", "41=yes")
    again = ("prepare", "--data", "leads.csv", "--target")
    known[::-1].to_csv("leads.csv", index=False)
    assert "row '41' was asked for or labelled" in npal(*again, "churned", code=1).stderr
    known.to_csv("leads.csv", index=False)
    assert "labels of 'churned' were given" in npal(*again, "plan", code=1).stderr


def test_own_columns_may_be_called_as_the_sheets_are(npal, leads):
    Path("params.yaml").unlink()
    table = leads.drop(columns="customer").rename(columns={"visits": "id", "spent": "id_", "calls": "why"})
    table.assign(churned=table["churned"].where(table.index < LABELLED)).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned")
    assert list(batch_of(npal).columns[:6]) == ["id", "label", "id__", "id_", "why_", "plan"]
    npal("export", "--data", "leads", "out.parquet")
    assert pd.read_parquet("out.parquet").columns[0] == "id__"


def test_the_last_rows_are_those_that_were_kept_apart_and_of_more_than_are_left_nothing_is_forecast(begun, annotate):
    while len(last := batch_of(begun, 60, "--strategy", "margin")) == 60:
        annotate(last)
    assert len(last) == (ROWS - LABELLED) % 60
    forecast = json_of(begun("status", "--data", "leads", "--json"))["forecast"]
    assert max(each["labels"] for each in forecast) <= len(last)
    annotate(last)
    assert json_of(begun("status", "--data", "leads", "--json"))["forecast"] == []
    assert "Stop: every row has a label" in begun("status", "--data", "leads").stdout


def test_every_row_is_asked_for_in_the_end(begun, annotate):
    while True:
        batch = batch_of(begun, 100)
        annotate(batch)
        if len(batch) < 100:
            break
    assert "no row is left to ask for" in begun("acquire", "--data", "leads", "--batch", 5, code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--data", "leeds", "--batch", 5], 2, "unknown table 'leeds' (did you mean 'leads'?)"),
        (["--data", "waveform", "--batch", 5], 2, "every row has its label"),
        (["--batch", 5], 2, "--data: name one"),
        (["--data", "leads", "--data", "more", "--batch", 5], 2, "--data: name one"),
        (["--data", "leads", "--batch", 5, "--strategy", "a", "--strategy", "b"], 2, "--strategy: name one"),
        (["--data", "leads", "--batch", 5, "--strategy", "blnd"], 2, "unknown strategy 'blnd'"),
        (["--data", "leads", "--batch", 5, "--strategy", "oracle"], 2, "needs labels that are not known here"),
        (["--data", "leads", "--batch", 5, "--classifier", "svn"], 2, "unknown classifier 'svn'"),
        (["--data", "leads", "--batch", 5, "--objective", "acuracy"], 2, "unknown objective 'acuracy'"),
        (["--data", "leads", "--batch", 5, "--objective", "f1:maybe"], 2, "unknown class 'maybe'"),
        (["--data", "leads", "--batch", 5, "--objective", "log_loss:yes"], 2, "only f1 is of a class"),
        (["--data", "leads", "--batch", 5, "--objective", "cost"], 2, "say what each error costs with --cost-matrix"),
        (["--data", "leads", "--batch", 5, "--cost-matrix", "nowhere.csv"], 1, "no such file"),
        (["--data", "leads", "--batch", 5, "--class-weight", "yes"], 2, "expected CLASS=WEIGHT"),
        (["--data", "leads", "--batch", 5, "--class-weight", "yes=-1"], 2, "with a positive number"),
        (["--data", "leads", "--batch", 5, "--class-weight", "maybe=2"], 2, "unknown class 'maybe'"),
        (["--data", "leads", "--batch", 5, "--audit", 2], 2, "expected a share from 0 to 1"),
        (["--data", "leads", "--batch", 0], 2, "Invalid value for '--batch'"),
        (["--data", "leads", "--audit", 0.1], 2, "are for the next --batch"),
        (["--data", "leads"], 1, "210 of 240 rows have no 'churned'"),
    ],
)
def test_a_batch_that_cannot_be_asked_for_leaves_no_trace(begun, arguments, code, said):
    assert said in begun("acquire", *arguments, code=code).stderr
    assert journal() == b""
    assert not Path("data/next").exists()
