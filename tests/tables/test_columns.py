"""What columns are taken for, and what is said of them."""

import numpy as np
import pandas as pd
import pytest

from npal_cli.errors import UsageError
from npal_cli.tables.columns import MANY_CATEGORIES, Column, as_text, columns_of, declare

DRAWS = np.random.default_rng(0)
ROWS = 100
LABELS = pd.Series(["yes", "no"] * 15 + [None] * 70)
"""Of thirty rows."""


def kinds(labels=None, declared=None, **columns) -> dict[str, str]:
    return {each.name: each.kind for each in described(labels, declared, **columns)}


def described(labels=None, declared=None, **columns) -> list[Column]:
    number = DRAWS.normal(size=len(next(iter(columns.values()))))
    table = pd.DataFrame({**columns, "x": number})
    return columns_of(table, "the table", declared, labels)[:-1]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (DRAWS.normal(size=ROWS), "number"),
        ([str(i) for i in range(90)] + ["unknown"] * 10, "number"),
        ([str(i) for i in range(3)] * 33 + ["unknown"], "category"),  # codes, of which one is unknown
        (DRAWS.choice(["red", "blue", None], ROWS), "category"),
        ([True, False] * 50, "category"),
        (["NA", "EU"] * 50, "category"),
        (pd.Categorical([str(i) for i in range(5)] * 20), "category"),
        (pd.date_range("2020-01-01", periods=ROWS), "date"),
        (pd.date_range("2020-01-01", periods=ROWS).strftime("%d.%m.%Y"), "date"),
        (pd.date_range("2020-01-01", periods=ROWS, freq="h").strftime("%Y-%m-%d %H:%M"), "date"),
        (["2020-13-45", "2020-01-01"] * 50, "category"),
        ([f"street {i % 50}" for i in range(ROWS)], "text"),
        ([f"it was {i} o clock" for i in range(ROWS)], "text"),  # another in each row, but no name of it
        ([f"C{i}" for i in range(ROWS)], "drop"),
        ([f"{i},{i}" for i in range(ROWS)], "text"),
        ([f"{1234 * i:,}" for i in range(ROWS)], "number"),
        ([f"{1234.5 * i:,.2f}" for i in range(ROWS)], "number"),
        (list(range(17, 17 + ROWS)), "drop"),
        ([3] * ROWS, "drop"),
        (["same"] * ROWS, "drop"),
        ([None] * ROWS, "drop"),
    ],
)
def test_a_column_is_what_its_values_are(values, kind):
    assert kinds(column=values) == {"column": kind}


def test_whole_numbers_that_differ_are_numbers_unless_they_are_called_an_id():
    values = DRAWS.permutation(10_000)[:ROWS]
    assert kinds(customer_id=values, income=values[::-1]) == {"customer_id": "drop", "income": "number"}


def test_it_is_said_why_a_column_is_left_out_and_what_is_missing():
    notes = {
        each.name: each.note
        for each in described(
            size=["?"] * 3 + [f"{i}.5" for i in range(97)],
            same=["x"] * ROWS,
            name=[f"C{i}" for i in range(ROWS)],
            colour=[None, "red", "blue", "red"] * 25,
            hue=[None, "red", "blue", "red"] * 25,
        )
    }
    assert notes == {
        "size": "3 cells that are no numbers ('?') are taken as missing",
        "same": "the same in every row",
        "name": "names the rows",
        "colour": "25 missing",
        "hue": "repeats 'colour'",
    }


def test_a_column_that_gives_the_label_away_is_left_out():
    told = ["left", "stayed"] * 15
    found = described(
        LABELS,
        reason=[*told, *DRAWS.choice(["left", "stayed"], 70)],
        closed=["2020"] * 15 + ["2021"] * 15 + [None] * 70,
        honest=DRAWS.choice(["a", "b"], ROWS),
    )
    assert [(each.name, each.kind) for each in found] == [
        ("reason", "drop"),
        ("closed", "drop"),
        ("honest", "category"),
    ]
    assert found[0].note == "says another word for each label, so it gives it away"
    assert found[1].note == "filled in just where there is a label, so it may give it away"


def test_few_labels_accuse_no_column():
    few = LABELS.where(LABELS.index < 10)
    assert kinds(few, reason=["left", "stayed"] * 50) == {"reason": "category"}


def test_what_its_author_says_a_column_is_it_is():
    declared = declare(["zip=category", "name=text"], ["size"])
    columns = {"zip": DRAWS.integers(5, size=ROWS), "name": [f"C{i}" for i in range(ROWS)], "size": range(ROWS)}
    assert kinds(None, declared, **columns) == {"zip": "category", "name": "text", "size": "drop"}


@pytest.mark.parametrize(
    ("types", "drop", "said"),
    [
        (["zip=colour"], [], "expected COLUMN=KIND"),
        (["zip"], [], "expected COLUMN=KIND"),
        (["zip=text"], ["zip"], "declared text before"),
    ],
)
def test_a_declaration_that_says_nothing_is_refused(types, drop, said):
    with pytest.raises(UsageError, match=said):
        declare(types, drop)


def test_whole_numbers_are_the_same_text_with_and_without_an_empty_cell():
    assert as_text(pd.Series([1010, 20])).tolist() == ["1010", "20"]
    assert as_text(pd.Series([1010, None, 20])).tolist() == ["1010", "", "20"]
    assert as_text(pd.Series([1.5, None])).tolist() == ["1.5", ""]


def test_many_categories_are_text():
    assert kinds(a=[f"v {i % MANY_CATEGORIES}" for i in range(ROWS)]) == {"a": "category"}
    assert kinds(a=[f"v {i % (MANY_CATEGORIES + 1)}" for i in range(ROWS)]) == {"a": "text"}
