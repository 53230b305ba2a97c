"""The paper's image data, read from the files that their authors publish (section 3, supplement B.1)."""

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

from npal_cli.problems.dataset import Dataset, DatasetKind, Images, SourceFile
from npal_cli.untrusted import read_apart

DIGITS = tuple("0123456789")
FASHION = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

_IDX_UINT8 = 0x08
_CIFAR_ROW = 1 + 3 * 32 * 32
_LARGEST = 2**26
"""Bytes of a part: the images of MNIST's training part are 47,040,016."""


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
    with tarfile.open(archive, "r:gz") as members:
        for member in members:
            name = Path(member.name).name
            content = members.extractfile(member) if name in parts and member.isreg() else None
            if content is not None:
                found[name] = _cifar_rows(name, content.read(_LARGEST))
    for name in parts:
        if name not in found:
            raise ValueError(f"{name} is not in the archive")
    train = [found[name] for name in parts[:-1]]
    images, labels = (np.concatenate([getattr(part, each) for part in train]) for each in ("images", "labels"))
    return _joined("cifar10", Part(images, labels), found[parts[-1]], CIFAR10_CLASSES)


def read_idx(path: Path) -> UInt8[np.ndarray, "..."]:
    """The array of bytes in a gzipped IDX file: two zeros, a type, the number of axes, their sizes, the values.

    Raises:
        ValueError: if it is something else, or cut short.
    """
    with gzip.open(path) as file:
        content = file.read(_LARGEST)
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
    content = read_apart(_loadmat, path)  # scipy follows the lengths in a damaged file, wherever they lead
    images = np.ascontiguousarray(content["X"].transpose(3, 2, 0, 1))
    return Part(images, content["y"].ravel().astype(np.int64) % 10)


def _loadmat(path: Path) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    content = loadmat(path, variable_names=["X", "y"])
    return {name: content[name] for name in ("X", "y")}


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


MNIST = DatasetKind(
    "mnist",
    load_mnist,
    files=(
        SourceFile(
            "mnist/train-images-idx3-ubyte.gz",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz",
        ),
        SourceFile(
            "mnist/train-labels-idx1-ubyte.gz",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz",
        ),
        SourceFile(
            "mnist/t10k-images-idx3-ubyte.gz",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz",
        ),
        SourceFile(
            "mnist/t10k-labels-idx1-ubyte.gz",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz",
        ),
    ),
    images=True,
    standardise="overall",
)


FASHION_MNIST = DatasetKind(
    "fashion_mnist",
    load_fashion_mnist,
    files=(
        SourceFile(
            "fashion_mnist/train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz",
        ),
        SourceFile(
            "fashion_mnist/train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz",
        ),
        SourceFile(
            "fashion_mnist/t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz",
        ),
        SourceFile(
            "fashion_mnist/t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz",
        ),
    ),
    images=True,
    standardise="overall",
)


SVHN = DatasetKind(
    "svhn",
    load_svhn,
    files=(
        SourceFile(
            "svhn/train_32x32.mat",
            "md5:e26dedcc434d2e4c54c9b2d4a06d8373",
            "http://ufldl.stanford.edu/housenumbers/train_32x32.mat",
        ),
        SourceFile(
            "svhn/test_32x32.mat",
            "md5:eb5a983be6a315427106f1b164d9cef3",
            "http://ufldl.stanford.edu/housenumbers/test_32x32.mat",
        ),
    ),
    images=True,
    standardise="overall",
)


CIFAR10 = DatasetKind(
    "cifar10",
    load_cifar10,
    files=(
        SourceFile(
            "cifar-10-binary.tar.gz",
            "md5:c32a1d4ab5d03f1284b67883e8d87530",
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        ),
    ),
    images=True,
    standardise="overall",
)
