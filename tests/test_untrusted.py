"""Files that are damaged, or made to hurt: each is read or refused in one line, and none fills the memory."""

import lzma
import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import zarr

from npal_cli import untrusted
from npal_cli.errors import DataError, UsageError
from npal_cli.params import read_params
from npal_cli.tables import formats
from npal_cli.untrusted import check_unpacked, read_apart
from tests.fuzz.readers import READERS
from tests.fuzz.trying import GOOD, try_here

FEW = {"xlsx": 2, "svhn": 2}
"""Inputs of readers that start a process for each."""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_inputs_are_read_or_refused_in_one_line(reader, tmp_path):
    """The first of those that ``python -m tests.fuzz`` tries."""
    tried = try_here(reader, range(FEW.get(reader.name, 12)), tmp_path)
    assert set(tried.counts) <= GOOD, tried.wrong


def _ones(path: Path) -> None:
    with lzma.open(path, "wb") as file:
        file.write(b"x,y\n" + b"1,1\n" * 2**20)


BOMBS = {
    "t.csv.xz": _ones,
    "t.parquet": lambda path: pd.DataFrame({"x": np.zeros(2**20), "y": 1}).to_parquet(path),
    "t.npz": lambda path: np.savez_compressed(path, X=np.zeros((2**18, 4))),
    "t.zarr": lambda path: zarr.open_group(path, mode="w").create_array("X", shape=(2**18, 4), dtype="f8"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_unpacks_to_far_more_than_its_size_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.setattr(untrusted, "MOST", 2**21)
    BOMBS[name](tmp_path / name)
    with pytest.raises(DataError, match=rf"{name}: [\d,]+ bytes that unpack to [\d,]+ or more; give it unpacked"):
        formats.read(tmp_path / name)


def test_a_large_file_may_unpack_to_many_times_its_size():
    check_unpacked(Path("large.csv.gz"), 100 * 2**30, packed=2**30)
    with pytest.raises(DataError, match=r"small.csv.gz: 1,024 bytes"):
        check_unpacked(Path("small.csv.gz"), 100 * 2**30, packed=1024)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 10)}]\n" for a, b in zip("abcdef", "bcdefg", strict=True)),
        "a: &a [*a]",
        "[" * 100_000,
        "a: " + "x" * 2**20,
    ],
    ids=["aliases that grow", "an alias of itself", "nested", "long"],
)
def test_a_parameter_file_that_grows_is_refused(text, tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UsageError) as error:
        read_params(path)
    assert "\n" not in str(error.value)


def crash(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def parse(path: Path) -> int:
    return int(path.read_text())


def fill(_: Path) -> int:
    return len(bytearray(2 * untrusted.MEMORY))


def test_a_reader_apart_returns_raises_or_takes_down_its_own_process_only(tmp_path):
    path = tmp_path / "number"
    path.write_text("7")
    assert read_apart(parse, path) == 7
    path.write_text("seven")
    with pytest.raises(ValueError, match="invalid literal"):
        read_apart(parse, path)
    with pytest.raises(ValueError, match="it took down the process that read it"):
        read_apart(crash, path)
    with pytest.raises(MemoryError):
        read_apart(fill, path)


def test_a_cell_far_out_in_a_sheet_is_one_line(tmp_path):
    sheet = pd.DataFrame({"x": [1], "y": [2]})
    with pd.ExcelWriter(tmp_path / "t.xlsx") as file:
        sheet.to_excel(file, index=False)
        sheet.to_excel(file, index=False, startrow=1_048_570, startcol=16_380)
    with pytest.raises(DataError, match="not a readable table"):
        formats.read(tmp_path / "t.xlsx")
