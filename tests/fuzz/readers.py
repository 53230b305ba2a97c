"""Everything that reads a file: a whole file to begin from, and how it is read."""

import gzip
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from npal_cli import artifacts
from npal_cli.labelling import exchange, journal
from npal_cli.labelling.goal import costs_of
from npal_cli.learned import weights
from npal_cli.params import read_params
from npal_cli.pipeline.progress import Progress
from npal_cli.problems.collections import keel
from npal_cli.problems.dataset import DatasetKind
from npal_cli.problems.datasets import REGISTRY, loaded
from npal_cli.randomness import Run
from npal_cli.records import OracleRecord
from npal_cli.tables import formats, intake, kept, shelf
from npal_cli.tables.formats import Reading

ROWS = 24


@dataclass(frozen=True)
class Reader:
    """One of them."""

    name: str
    file: str
    """What a file of it is called; of a folder, the file in it that is damaged follows after the slash."""
    make: Callable[[Path], None]
    """Writes a whole one to a path."""
    read: Callable[[Path], Any]
    """Raises an ``NpalError`` where it is damaged."""
    words: Sequence[bytes] = ()
    """Of its format."""


def table() -> pd.DataFrame:
    draws = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": draws.integers(18, 90, ROWS),
            "sum": np.round(draws.normal(100, 20, ROWS), 2),
            "town": draws.choice(["Łódź", "Bonn", "Rome"], ROWS),
            "since": pd.date_range("2021-01-01", periods=ROWS, freq="9D").strftime("%Y-%m-%d"),
            "churned": draws.choice(["yes", "no"], ROWS),
        }
    )


def _arrays(path: Path) -> None:
    np.savez(path, X=table()[["age", "sum"]].to_numpy(), y=np.arange(ROWS) % 2)


def _compressed(path: Path) -> None:
    np.savez_compressed(path, X=table()[["age", "sum"]].to_numpy(), y=np.arange(ROWS) % 2)


def _zarr(path: Path) -> None:
    group = zarr.open_group(path, mode="w")
    group.create_array("X", data=table()[["age", "sum"]].to_numpy())
    group.create_array("y", data=np.arange(ROWS) % 2)


def _take(path: Path) -> None:
    taken = intake.Intake("churned", "mine")
    intake.take(path, taken, path.parent / "raw", ())
    kept.find("mine", path.parent / "raw").encode()


def _keep(path: Path) -> None:
    table().to_csv(path.parent / "mine.csv", index=False)
    intake.take(path.parent / "mine.csv", intake.Intake("churned", path.name), path.parent, ())


def _find(path: Path) -> None:
    kept.find(path.name, path.parent).encode()
    shelf.digest(path.name, path.parent)


def _of(kind: DatasetKind, *others: str) -> Callable[[Path], Any]:
    """Reads a data set from its files, the first of which is damaged."""

    def read(path: Path) -> None:
        loaded(kind, [path, *(path.parent / name for name in others)])

    return read


def _idx(path: Path) -> None:
    parts = {"images": np.zeros((10, 8, 8), np.uint8), "labels": np.arange(10, dtype=np.uint8)}
    for name, values in parts.items():
        head = bytes((0, 0, 8, values.ndim)) + np.array(values.shape, ">u4").tobytes()
        (path.parent / name).write_bytes(gzip.compress(head + values.tobytes()))
    shutil.copyfile(path.parent / "images", path)


def _cifar(path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for i, name in enumerate([*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            content = b"".join(bytes([label % 10]) + bytes(3072) for label in (2 * i, 2 * i + 1))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def _mat(path: Path) -> None:
    from scipy.io import savemat

    images = np.zeros((4, 4, 3, 10), np.uint8)
    for name in (path, path.parent / "test.mat"):
        savemat(str(name), {"X": images, "y": np.arange(1, 11)[:, None]}, appendmat=False, do_compression=name != path)


def _oracle(path: Path) -> None:
    record = OracleRecord(np.array([1]), np.array([1]), np.ones((1, 3, 4)), np.zeros((1, 3)))
    artifacts.write(path, record, artifacts.Provenance({"C": 1.0}, {"1_1": {"a": "b"}}), path.parent)


def _progress(path: Path) -> None:
    from npal_cli.experiments.acquisition import nothing_acquired

    Progress(path, [Run(1, 1)], nothing_acquired(1, 1)).save(nothing_acquired(1, 1))


def _read_progress(path: Path) -> None:
    from npal_cli.experiments.acquisition import nothing_acquired

    Progress(path, [Run(1, 1)], nothing_acquired(1, 1))


def _journal(path: Path) -> None:
    answered = journal.Answered({"1": "yes", "2": "no"}, ["3"], by="Eva")
    with journal.writing(path) as append:
        append(answered, journal.Undone())


def _tasks(path: Path) -> None:
    result = [{"type": "choices", "value": {"choices": ["yes"]}}]
    path.write_text(json.dumps([{"data": {"id": "1"}, "annotations": [{"completed_by": 3, "result": result}]}]))


def _lines(path: Path) -> None:
    path.write_text(json.dumps({"text": "a", "meta": {"id": "1"}, "answer": "accept", "accept": ["yes"]}) + "\n")


def _read_lines(path: Path) -> None:
    if exchange.is_prodigys(path):
        exchange.of_prodigy(path)


def _weights(path: Path) -> None:
    shutil.copyfile(weights.weights_path("npal"), path)


def _text(content: str) -> Callable[[Path], None]:
    return lambda path: Path(path).write_text(content, encoding="utf-8") and None


PARAMS = """prepare: {annotated: 40, reward: 0}
classifiers:
  logistic: {C: 2.0}
acquire:
  strategies: &names
    logistic: [random, np]
report: {figures: []}
"""
YAML = (
    b"&a [*a]",
    b"*names",
    b"<<: *names",
    b"!!python/object:os.system ",
    b"? [",
    b"|\n",
    b"2001-01-01",
    b"!!binary ",
)
MUSHROOMS = "\n".join("p,x,s,n,t,p,f,c,n,k,e,e,s,s,w,w,p,w,o,p,k,s,u" for _ in range(8124)) + "\n"
ADULT = "-1 3:1 11:1 14:1\n+1 5:1 7:1 119:1\n" * 802 + "-1 3:1\n"
WAVEFORM = (
    "\t".join([*(f"x{i}" for i in range(21)), "target"]) + "\n" + ("1.5\t" * 21 + "1\n" + "2.5\t" * 21 + "0\n") * 2500
)
KEEL = """@relation a
@attribute Age real [18, 90]
@attribute Town {Bonn, Rome}
@attribute Class {yes, no}
@inputs Age, Town
@outputs Class
@data
20.5, Bonn, yes
31, Rome, no
40, Bonn, no
"""

READERS: tuple[Reader, ...] = (
    Reader("csv", "t.csv", lambda path: table().to_csv(path, index=False), _take),
    Reader("csv.gz", "t.csv.gz", lambda path: table().to_csv(path, index=False), formats.read),
    Reader("csv.xz", "t.csv.xz", lambda path: table().to_csv(path, index=False), formats.read),
    Reader(
        "answers", "t.csv", lambda p: table().to_csv(p, index=False), lambda p: formats.read(p, Reading(as_text=True))
    ),
    Reader("parquet", "t.parquet", lambda path: table().to_parquet(path), _take),
    Reader("xlsx", "t.xlsx", lambda path: table().to_excel(path, index=False), formats.read),
    Reader("jsonl", "t.jsonl", lambda path: table().to_json(path, orient="records", lines=True) and None, _take),
    Reader("npz", "t.npz", _arrays, formats.read),
    Reader("npz, compressed", "t.npz", _compressed, formats.read),
    Reader("npy", "t.npy", lambda path: np.save(path, np.ones((ROWS, 3))), formats.read),
    Reader("zarr, metadata", "t.zarr/zarr.json", _zarr, formats.read),
    Reader("zarr, chunk", "t.zarr/X/c/0/0", _zarr, formats.read),
    Reader("zarr, array", "t.zarr/X/zarr.json", _zarr, formats.read),
    Reader("params", "params.yaml", _text(PARAMS), read_params, YAML),
    Reader("card", "mine/table.json", _keep, _find),
    Reader("rows", "mine/rows.parquet", _keep, _find),
    Reader("costs", "c.csv", _text("true,yes,no\nyes,0,1\nno,5,0\n"), costs_of),
    Reader("journal", "j.jsonl", _journal, journal.read),
    Reader("label studio", "t.json", _tasks, exchange.of_label_studio),
    Reader("prodigy", "t.jsonl", _lines, _read_lines),
    Reader("weights", "w.npz", _weights, lambda path: weights.read(str(path))),
    Reader("artifact, metadata", "a.zarr/zarr.json", _oracle, lambda path: artifacts.read(path, OracleRecord)),
    Reader("artifact, array", "a.zarr/improvements/zarr.json", _oracle, lambda p: artifacts.read(p, OracleRecord)),
    Reader("artifact, chunk", "a.zarr/improvements/c/0/0/0", _oracle, lambda p: artifacts.read(p, OracleRecord)),
    Reader("checkpoint", "p.npz", _progress, _read_progress),
    Reader("mushrooms", "m.data", _text(MUSHROOMS), _of(REGISTRY["mushrooms"])),
    Reader("adult", "a1a", _text(ADULT), _of(REGISTRY["adult"])),
    Reader("waveform_uci", "w.tsv", _text(WAVEFORM), _of(REGISTRY["waveform_uci"])),
    Reader("idx", "train.gz", _idx, _of(REGISTRY["mnist"], "labels", "images", "labels")),
    Reader("cifar10", "c.tar.gz", _cifar, _of(REGISTRY["cifar10"])),
    Reader("svhn", "train.mat", _mat, _of(REGISTRY["svhn"], "test.mat")),
    Reader("keel", "a.dat", _text(KEEL), _of(DatasetKind("keel_a", keel.of_file))),
)
