"""``npal verify``: what is damaged is named, with the command that makes it anew."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tests.commands import json_of, npal

__all__ = ["npal"]

ONE = ("--data", "waveform", "--setting", "imbalanced_weighted", "--seed", 1)


@pytest.fixture
def made(npal):
    """Something of each stage, for one run."""
    npal("train-np", *ONE)
    npal("acquire", *ONE, "--strategy", "random", "--strategy", "margin")
    npal("train-np", *ONE, "--step", 2, "--strategy", "random")
    npal("report")
    return npal


def stores() -> list[Path]:
    return sorted(Path("data").glob("[!.]*/**/*.zarr"))


def damage(store: Path) -> None:
    largest = max((path for path in store.rglob("c/*") if path.is_file()), key=lambda path: path.stat().st_size)
    content = largest.read_bytes()
    largest.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def test_what_is_whole_is_said_to_be(made):
    found = json_of(made("verify", "--json"))
    assert [each["artifact"] for each in found if each["damage"] is not None] == []
    stages = {Path(each["artifact"]).parts[1] for each in found}
    assert stages == {"prepared", "simulated", "oracle", "np", "acquired", "report"}
    assert made("verify").stdout == f"All {len(found)} are whole.\n"


def test_each_damage_is_named_and_mended_by_the_command_that_is_named(made):
    for store in (each for each in stores() if each.parts[1] != "report"):
        damage(store)
        found = json_of(made("verify", store, "--json", code=3))
        assert [each["artifact"] for each in found] == [str(store)]
        again = shlex.split(found[0]["again"])
        assert again[0] == "npal"
        made(*again[1:])
        made("verify", store)


def test_only_what_is_there_is_looked_at(made):
    damage(next(each for each in stores() if each.parts[1] == "acquired"))
    made("verify", "data/oracle")
    said = made("verify", code=3)
    assert "npal acquire --data waveform" in said.stdout
    assert re.search(r"1 of \d+ are damaged", said.stderr)
    assert "nothing that npal keeps is there" in made("verify", "params.yaml", code=2).stderr


def test_a_page_that_was_changed_is_damaged(made):
    page = Path("data/report/index.html")
    page.write_text(page.read_text() + " ")
    assert f"{page}: gone or changed" in made("verify", "data/report", code=3).stdout
    made("report", "--force")
    made("verify")


def test_tables_and_answers_are_looked_at_too(npal):
    Path("params.yaml").unlink()
    pd.DataFrame({"x": [i / 7 % 3 for i in range(40)], "y": [0, 1] * 10 + [None] * 20}).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "y")
    npal("acquire", "--data", "leads", "--batch", 4)
    assert len(json_of(npal("verify", "--json"))) == 3
    journal = Path("data/labels/leads.jsonl")
    journal.write_text("{}\n")
    rows = Path("data/raw/leads/rows.parquet")
    rows.write_bytes(rows.read_bytes()[:-5])
    said = npal("verify", code=3).stdout
    assert "leads.jsonl: line 1 is none of npal's" in said
    assert "put a copy of it back" in said
    assert "npal prepare --data FILE --name leads" in said


def test_a_report_over_damage_is_made_and_has_an_exit_code_of_its_own(made):
    damage(Path("data/acquired/waveform/imbalanced_weighted/logistic/margin.zarr"))
    for _ in range(2):
        assert "data/report lacks 1 damaged artifacts" in made("report", code=3).stderr
    made("verify", "data/report")
