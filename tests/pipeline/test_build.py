"""Artifacts as a user meets them: built, up to date, refused, redone, extended."""

from pathlib import Path
from urllib.parse import quote

import pytest
import zarr

from npal_cli.artifacts import read
from npal_cli.records import AcquiredRecord, OracleRecord
from tests.commands import contents

DATA = Path("data")
ACQUIRED = DATA / "acquired" / "waveform" / "imbalanced_weighted" / "logistic"


def test_what_is_up_to_date_is_left_alone(npal):
    npal("acquire", "--strategy", "random")
    before = {path: path.stat().st_mtime_ns for path in DATA.rglob("*")}
    assert "up to date" in npal("acquire", "--strategy", "random").stderr
    assert {path: path.stat().st_mtime_ns for path in DATA.rglob("*")} == before


def test_force_makes_the_same_bytes_again(npal):
    npal("oracle")
    before = contents(DATA)
    result = npal("oracle", "--force")
    assert next(line for line in result.stderr.splitlines() if "making" in line).split()[2].startswith("data/oracle")
    assert contents(DATA) == before


def test_no_build_refuses_and_names_the_command_that_works(npal):
    refused = npal("oracle", "--no-build", "--seed", 2, code=1)
    command = refused.stderr.split("make it with: ")[1].split()
    assert command[:2] == ["npal", "prepare"]
    assert not DATA.exists()
    npal(*command[1:])
    assert "npal simulate" in npal("oracle", "--no-build", "--seed", 2, code=1).stderr
    npal("simulate", "--no-build", "--seed", 2)
    npal("oracle", "--no-build", "--seed", 2)


def test_other_parameters_redo_what_depends_on_them(npal):
    npal("oracle")
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("problems: 5", "problems: 6"))
    lines = [line for line in npal("oracle").stderr.splitlines() if "making" in line]
    assert [line.split()[2].split("/")[1] for line in lines] == ["simulated", "oracle"]
    assert read(DATA / "oracle/waveform/imbalanced_weighted/logistic.zarr", OracleRecord)[0].improvements.shape[1] == 6


def test_runs_are_added_to_what_is_there(npal):
    npal("oracle", "--seed", 2)
    assert "making data/oracle/waveform/imbalanced_weighted/logistic.zarr: 1 run" in npal("oracle").stderr
    added = contents(DATA)
    npal("oracle", "--root", "other")
    assert contents(Path("other")) == added


def test_a_range_of_seeds_is_added_to_what_is_there(npal):
    npal("acquire", "--strategy", "random", "--data-seed", 2)
    said = npal("acquire", "--strategy", "random", "--data-seed", "1..3", "--data-seed", 7).stderr
    assert "making data/acquired/waveform/imbalanced_weighted/logistic/random.zarr: 6 runs" in said
    record = read(ACQUIRED / "random.zarr", AcquiredRecord)[0]
    assert sorted(set(record.data_seed)) == [1, 2, 3, 7]


def test_a_command_that_is_named_names_seeds_as_ranges(npal):
    said = npal("oracle", "--data-seed", "1..3", "--no-build", code=1).stderr
    assert "npal prepare" in said
    assert "--data-seed 1..3 --seed 1..2" in said


def test_a_kill_while_a_store_is_replaced_loses_no_run(npal):
    npal("simulate")
    store = DATA / "simulated" / "waveform" / "imbalanced_weighted.zarr"
    before = contents(store)
    aside = DATA / ".work" / "aside"  # where a kill between the two renames leaves it
    store.rename(aside / quote(str(store.relative_to(DATA)), safe=""))
    npal("simulate", "--seed", 2)
    assert contents(store) == before


def test_an_artifact_describes_itself(npal):
    npal("oracle", "--seed", 1)
    attributes = zarr.open_group(DATA / "oracle/waveform/imbalanced_weighted/logistic.zarr", mode="r").attrs.asdict()
    assert attributes["format"] == "npal.oracle/2"
    assert attributes["parameters"] == {
        "classifier": "logistic",
        "options": {"C": 1.0},
        "objective": {"name": "accuracy", "costs": None, "classes": None},
    }
    assert set(attributes["inputs"]) == {"1-1"}
    assert set(attributes["inputs"]["1-1"]) == {"prepared", "simulated"}
    assert set(attributes["packages"]) == {"npal", "numpy", "scikit-learn", "torch", "zarr"}


@pytest.mark.parametrize("damage", ["corrupt", "older"])
def test_a_damaged_or_older_artifact_is_refused_until_forced(npal, damage):
    npal("simulate")
    store = DATA / "simulated" / "waveform" / "imbalanced_weighted.zarr"
    good = contents(DATA)
    if damage == "corrupt":
        (store / "annotated" / "c" / "0" / "0" / "0").write_bytes(b"?")
    else:
        zarr.open_group(store, mode="r+").attrs["format"] = "npal.simulated/0"
    before = contents(DATA)
    for command in ("simulate", "oracle"):
        error = npal(command, code=1).stderr.splitlines()[-1]
        assert "imbalanced_weighted.zarr" in error
        assert "--force" in error
        assert contents(DATA) == before
    npal("simulate", "--force")
    assert contents(DATA) == good


def test_nothing_is_left_in_the_work_folder(npal):
    npal("acquire", "--compare")
    left = [path for path in (DATA / ".work").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == []
