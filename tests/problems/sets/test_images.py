"""The image data sets, from the files that are published: whole, partial and damaged ones."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from npal_cli.errors import DataError
from npal_cli.problems.datasets import REGISTRY, give_source, load_dataset
from npal_cli.problems.sets.images import read_idx
from npal_cli.problems.sources import Sources


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_mnist_and_fashion_mnist_are_read_whole(name, sources):
    data = load_dataset(name, sources)
    assert data.features.shape == (70_000, 1, 28, 28)
    assert data.features.dtype == np.uint8
    assert data.test_part == 10_000
    counts = np.bincount(data.labels[:60_000])
    assert counts.tolist() == (
        [6000] * 10 if name == "fashion_mnist" else [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    )


def test_mnists_first_digit_is_a_five_as_everybody_knows_it(sources):
    data = load_dataset("mnist", sources)
    assert data.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert data.features[0, 0].mean() == pytest.approx(35.1, abs=0.1)
    assert data.features[0, 0, :4].max() == 0  # a white border


def cifar_rows(count: int, seed: int = 0) -> bytes:
    draws = np.random.default_rng(seed)
    labels = np.arange(count, dtype=np.uint8)[:, None] % 10
    return np.hstack([labels, draws.integers(256, size=(count, 3072), dtype=np.uint8)]).tobytes()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as file:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return path


def cifar(train: bytes, test: bytes) -> dict[str, bytes]:
    parts = np.array_split(np.frombuffer(train, np.uint8).reshape(-1, 3073), 5)
    names = [f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)]
    members = dict(zip(names, (part.tobytes() for part in parts), strict=True))
    return {**members, "cifar-10-batches-bin/test_batch.bin": test, "cifar-10-batches-bin/readme.html": b"hello"}


def test_cifar10s_rows_are_read_as_they_are_published(tmp_path, real_data):
    rows = {
        part: gzip.decompress((real_data / "cifar10" / f"{part}.bin.gz").read_bytes())
        for part in ("data_batch_1_first5000", "test_batch_first2000")
    }
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("cifar10", archive(tmp_path / "given.tar.gz", cifar(*rows.values())), sources, verify=False)
    data = load_dataset("cifar10", sources)
    assert data.features.shape == (7000, 3, 32, 32)
    assert data.test_part == 2000
    first = np.frombuffer(rows["data_batch_1_first5000"], np.uint8, count=3073)
    assert data.classes[data.labels[0]] == data.classes[first[0]] == "frog"
    np.testing.assert_array_equal(data.features[0].ravel(), first[1:])
    assert data.features[0, :, 0, 0].tolist() == [59, 62, 63]  # red, green and blue of its upper left pixel


def test_an_archive_that_would_write_elsewhere_writes_nothing(tmp_path):
    members = {f"../../outside/{Path(name).name}": content for name, content in cifar(*[cifar_rows(50)] * 2).items()}
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("cifar10", archive(tmp_path / "given.tar.gz", members), sources, verify=False)
    assert load_dataset("cifar10", sources).features.shape == (100, 3, 32, 32)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["given.tar.gz", "raw"]
    assert not (tmp_path.parent / "outside").exists()


def test_a_link_in_an_archive_is_not_followed(tmp_path):
    (tmp_path / "secret").write_bytes(cifar_rows(50))
    path = archive(tmp_path / "given.tar.gz", cifar(*[cifar_rows(50)] * 2))
    with tarfile.open(path, "w:gz") as file:
        link = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret")
        file.addfile(link)
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("cifar10", path, sources, verify=False)
    with pytest.raises(DataError, match=r"data_batch_1\.bin is not in the archive"):
        load_dataset("cifar10", sources)


def test_svhns_digits_are_read_as_they_are_published(tmp_path, real_data):
    content = loadmat(real_data / "svhn" / "train_32x32_first1083.mat")
    for part, rows in (("train", slice(0, 800)), ("test", slice(800, 1083))):
        savemat(tmp_path / f"{part}_32x32.mat", {"X": content["X"][..., rows], "y": content["y"][rows]})
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("svhn", tmp_path, sources, verify=False)
    data = load_dataset("svhn", sources)
    assert data.features.shape == (1083, 3, 32, 32)
    assert data.test_part == 283
    assert data.labels[:5].tolist() == [1, 9, 2, 3, 2]  # 19, 23, 25: house numbers digit by digit
    assert (data.labels == 0).sum() == (content["y"] == 10).sum() > 0
    np.testing.assert_array_equal(data.features[7, 2], content["X"][:, :, 2, 7])


def idx(values: np.ndarray, kind: int = 8) -> bytes:
    axes = b"".join(int(size).to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, kind, values.ndim]) + axes + values.tobytes()


def test_an_idx_file_is_its_array(tmp_path):
    values = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "values.gz").write_bytes(gzip.compress(idx(values)))
    np.testing.assert_array_equal(read_idx(tmp_path / "values.gz"), values)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not an IDX file"),
        (b"\x1f\x8b", "not an IDX file"),
        (idx(np.zeros(3, np.uint8), kind=13), "not an IDX file of bytes"),
        (idx(np.zeros((2, 2, 2), np.uint8))[:-1], "7 values, expected 2 x 2 x 2"),
    ],
)
def test_a_damaged_idx_file_is_one_line(content, reason, tmp_path):
    (tmp_path / "given").mkdir()
    for file in REGISTRY["mnist"].files:
        (tmp_path / "given" / Path(file.name).name).write_bytes(gzip.compress(content))
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("mnist", tmp_path / "given", sources, verify=False)
    with pytest.raises(DataError, match=reason) as error:
        load_dataset("mnist", sources)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["svhn", "cifar10"])
@pytest.mark.parametrize(
    "content", [b"", b"MATLAB 5.0 MAT-file, half", b"\x1f\x8b\x08 half", gzip.compress(b"x" * 512, mtime=0)]
)
def test_a_damaged_file_is_one_line(name, content, tmp_path):
    (tmp_path / "given").mkdir()
    for file in REGISTRY[name].files:
        (tmp_path / "given" / Path(file.name).name).write_bytes(content)
    sources = Sources(tmp_path / "raw", progress=False)
    give_source(name, tmp_path / "given", sources, verify=False)
    with pytest.raises(DataError, match="give the published file with --source") as error:
        load_dataset(name, sources)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        (cifar(cifar_rows(50), cifar_rows(20)[:-1]), "61,459 bytes, expected a multiple of 3,073"),
        (cifar(cifar_rows(50), cifar_rows(5)) | {"cifar-10-batches-bin/data_batch_2.bin": b""}, "has 0 bytes"),
        (cifar(cifar_rows(5), cifar_rows(5)), r"labels \[0, 1, 2, 3, 4\], expected 0 to 9"),
    ],
)
def test_an_archive_of_something_else_is_refused(members, reason, tmp_path):
    sources = Sources(tmp_path / "raw", progress=False)
    give_source("cifar10", archive(tmp_path / "given.tar.gz", members), sources, verify=False)
    with pytest.raises(DataError, match=reason):
        load_dataset("cifar10", sources)


def test_files_that_are_pinned_by_md5_are_verified_by_it(tmp_path):
    sources = Sources(tmp_path / "raw", progress=False)
    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(b"other")
    with pytest.raises(DataError, match=r"MD5 [0-9a-f]{16}\.\.\., expected c32a1d4ab5d03f12"):
        give_source("cifar10", tmp_path / "cifar-10-binary.tar.gz", sources, verify=True)
    assert sources.digest(*REGISTRY["cifar10"].files) == "md5:c32a1d4ab5d03f1284b67883e8d87530"


def test_a_data_set_of_several_files_is_given_as_a_folder(tmp_path, real_data):
    sources = Sources(tmp_path / "raw", progress=False)
    with pytest.raises(DataError, match="mnist is read from 4 files; give a folder with train-images-idx3-ubyte"):
        give_source("mnist", real_data / "mnist" / "train-images-idx3-ubyte.gz", sources, verify=True)
    give_source("mnist", real_data / "mnist", sources, verify=True)
    assert len(list((tmp_path / "raw" / "mnist").iterdir())) == 4
