"""Stores on disk: what is written is what is read, or one clear error."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import zarr

from npal_cli.arrays import Record, array, arrays_by_name, digests_of, merge_runs, run_columns, take_runs
from npal_cli.artifacts import Provenance, find, read, write
from npal_cli.commit import building_place
from npal_cli.errors import ArtifactError
from npal_cli.randomness import Run

MADE_FROM = Provenance({"a": 1}, {"1-1": {"prepared": "abc"}})


@dataclass(frozen=True)
class Sample(Record):
    FORMAT: ClassVar[str] = "npal.sample/1"

    values: np.ndarray = array("run", "point")
    shared: np.ndarray = array("row")
    weights: dict[str, np.ndarray] = arrays_by_name("run")


def sample(*runs: tuple[int, int]) -> Sample:
    keys = [Run(*run) for run in runs]
    values = np.array([[10.0 * d + s, np.nan] for d, s in keys])
    return Sample(**run_columns(keys), values=values, shared=np.array([True, False]), weights={"a.b": values[:, :1]})


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "sample.zarr"
    write(path, sample((1, 1), (1, 2)), MADE_FROM, tmp_path)
    return path


def contents(path: Path) -> dict[str, bytes]:
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


def test_reading_gives_back_what_was_written(store):
    record, provenance = read(store, Sample)
    np.testing.assert_array_equal(record.values, sample((1, 1), (1, 2)).values)
    assert record.weights["a.b"].tolist() == [[11], [12]]
    assert provenance == MADE_FROM
    assert record.runs == [Run(1, 1), Run(1, 2)]


def test_equal_records_give_equal_bytes_in_one_chunk_an_array(store, tmp_path):
    again = tmp_path / "elsewhere" / "sample.zarr"
    write(again, sample((1, 1), (1, 2)), MADE_FROM, tmp_path / "elsewhere")
    assert contents(again) == contents(store)
    chunks = [name for name in contents(store) if name.startswith("values/c/")]
    assert chunks == ["values/c/0/0"]


def test_arrays_name_their_axes(store):
    assert zarr.open_group(store, mode="r")["values"].metadata.dimension_names == ("run", "point")


def test_an_empty_array_survives(tmp_path):
    empty = Sample(**run_columns([Run(1, 1)]), values=np.empty((1, 0)), shared=np.empty(0), weights={})
    write(tmp_path / "e.zarr", empty, MADE_FROM, tmp_path)
    assert read(tmp_path / "e.zarr", Sample)[0].values.shape == (1, 0)


def test_merged_runs_are_sorted_and_can_be_taken_apart(store):
    merged = merge_runs([sample((2, 1)), sample((1, 2)), sample((1, 1))])
    assert merged.runs == [Run(1, 1), Run(1, 2), Run(2, 1)]
    assert digests_of(take_runs(merged, [Run(2, 1)])) == digests_of(sample((2, 1)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda p: shutil.rmtree(p / "values" / "c"),  # zarr alone would read zeros
        lambda p: (p / "values" / "c" / "0" / "0").write_bytes(b"nonsense"),
        lambda p: (p / "zarr.json").write_text("{"),
        lambda p: (p / "zarr.json").unlink(),
        lambda p: shutil.rmtree(p / "shared"),
    ],
)
def test_a_damaged_store_is_refused_in_one_line(store, damage):
    damage(store)
    with pytest.raises(ArtifactError, match=r"sample\.zarr: .*--force") as error:
        read(store, Sample)
    assert "\n" not in str(error.value)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]


def test_no_damage_to_any_file_goes_unseen_or_changes_anything(store):
    """Whatever is flipped, cut or lost: it is refused, or what is read is what was written."""
    for name, content in contents(store).items():
        file = store / name
        places = range(0, len(content), max(len(content) // 15, 1))
        for damaged in (None, *(flipped(content, at) for at in places), *(content[:at] for at in places)):
            file.unlink() if damaged is None else file.write_bytes(damaged)
            try:
                record, provenance = read(store, Sample)
            except ArtifactError:
                continue
            assert digests_of(record) == digests_of(sample((1, 1), (1, 2))), name
            assert provenance == MADE_FROM, name
        file.write_bytes(content)


def test_another_format_is_refused_by_name(store):
    attributes = zarr.open_group(store, mode="r+").attrs
    attributes["format"] = "npal.sample/0"
    with pytest.raises(ArtifactError, match=r"format 'npal.sample/0', expected 'npal.sample/1'"):
        read(store, Sample)


def test_a_write_that_fails_leaves_the_old_store(store, tmp_path, monkeypatch):
    before = contents(store)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(zarr.Group, "create_array", full)
    with pytest.raises(ArtifactError, match="No space left on device"):
        write(store, sample((9, 9)), MADE_FROM, tmp_path)
    assert contents(store) == before


def test_what_a_killed_write_left_behind_does_no_harm(store, tmp_path):
    leftover = building_place(store, tmp_path)
    leftover.mkdir(parents=True)
    (leftover / "junk").write_text("half")
    write(store, sample((3, 3)), MADE_FROM, tmp_path)
    assert read(store, Sample)[0].runs == [Run(3, 3)]
    assert not leftover.exists()


def test_nothing_is_found_where_nothing_is(tmp_path):
    assert find(tmp_path / "sample.zarr", Sample, tmp_path) is None
