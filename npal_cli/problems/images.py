"""The paper's image data, read from the files that their authors publish (section 3, supplement B.1)."""

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from npal_cli.problems.dataset import Dataset, Images

DIGITS = tuple("0123456789")
FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_IDX_UINT8 = 0x08
_CIFAR_ROW = 1 + 3 * 32 * 32


@dataclass(frozen=True)
class Part:
    """The training part or the test part of a data set."""

    images: Images
    labels: Int[np.ndarray, " row"]


def load_mnist(train: Path, train_labels: Path, test: Path, test_labels: Path) -> Dataset:
    """MNIST (LeCun et al., 1998): 60,000 and 10,000 grey digits of 28 x 28 pixels."""
    return _joined("mnist", _read_part(train, train_labels), _read_part(test, test_labels), DIGITS)


def load_fashion_mnist(train: Path, train_labels: Path, test: Path, test_labels: Path) -> Dataset:
    """FashionMNIST (Xiao et al., 2017): 60,000 and 10,000 grey pieces of clothing of 28 x 28 pixels."""
    return _joined("fashion_mnist", _read_part(train, train_labels), _read_part(test, test_labels), FASHION)


def load_svhn(train: Path, test: Path) -> Dataset:
    """SVHN, cropped digits (Netzer et al., 2011): 73,257 and 26,032 in colour, of 32 x 32 pixels."""
    return _joined("svhn", _read_svhn(train), _read_svhn(test), DIGITS)


def load_cifar10(archive: Path) -> Dataset:
    """CIFAR-10 (Krizhevsky, 2009), the binary version: 50,000 and 10,000 pictures in colour, of 32 x 32 pixels.

    The archive's members are read in memory, only those that are expected: nothing is unpacked.
    """
    parts = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
    found: dict[str, Part] = {}
    try:
        with tarfile.open(archive, "r:gz") as members:
            for member in members:
                name = Path(member.name).name
                content = members.extractfile(member) if name in parts and member.isreg() else None
                if content is not None:
                    found[name] = _cifar_rows(name, content.read())
    except tarfile.TarError as error:
        raise ValueError(str(error)) from error
    for name in parts:
        if name not in found:
            raise ValueError(f"{name} is not in the archive")
    train = [found[name] for name in parts[:-1]]
    images, labels = (np.concatenate([getattr(part, each) for part in train]) for each in ("images", "labels"))
    return _joined("cifar10", Part(images, labels), found[parts[-1]], CIFAR10)


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """The array of bytes in a gzipped IDX file: two zeros, a type, the number of axes, their sizes, the values.

    Raises:
        ValueError: if it is something else, or cut short.
    """
    with gzip.open(path) as file:
        content = file.read()
    if len(content) < 4 or content[:3] != bytes((0, 0, _IDX_UINT8)):
        raise ValueError(f"not an IDX file of bytes (it begins with {content[:4].hex(' ')})")
    axes = content[3]
    shape = np.frombuffer(content, dtype=">u4", count=axes, offset=4).astype(np.int64)
    values = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * axes)
    if values.size != shape.prod():
        raise ValueError(f"{values.size} values, expected {' x '.join(map(str, shape))}")
    return values.reshape(shape)


def _read_part(images: Path, labels: Path) -> Part:
    return Part(read_idx(images)[:, None], read_idx(labels).astype(np.int64))


def _read_svhn(path: Path) -> Part:
    """Matlab holds the rows on the last axis and digit 0 as 10."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        content = loadmat(path, variable_names=["X", "y"])
    except (MatReadError, IndexError, TypeError, NotImplementedError) as error:  # what scipy raises on damaged files
        raise ValueError(str(error)) from error
    images = np.ascontiguousarray(content["X"].transpose(3, 2, 0, 1))
    return Part(images, content["y"].ravel().astype(np.int64) % 10)


def _cifar_rows(name: str, content: bytes) -> Part:
    if not content or len(content) % _CIFAR_ROW:
        raise ValueError(f"{name} has {len(content):,} bytes, expected a multiple of {_CIFAR_ROW:,}")
    rows = np.frombuffer(content, dtype=np.uint8).reshape(-1, _CIFAR_ROW)
    return Part(rows[:, 1:].reshape(-1, 3, 32, 32), rows[:, 0].astype(np.int64))


def _joined(name: str, train: Part, test: Part, classes: tuple[str, ...]) -> Dataset:
    for part in (train, test):
        if len(part.images) != len(part.labels):
            raise ValueError(f"{len(part.images)} images and {len(part.labels)} labels")
    images, labels = np.concatenate([train.images, test.images]), np.concatenate([train.labels, test.labels])
    if set(np.unique(labels)) != set(range(len(classes))):
        raise ValueError(f"labels {sorted(set(labels.tolist()))}, expected 0 to {len(classes) - 1}")
    return Dataset(name, images, labels, classes, test_part=len(test.labels))
