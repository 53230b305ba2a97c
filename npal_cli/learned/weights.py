"""Networks as they are kept: arrays in one ``.npz`` file, nothing pickled, and a card that says what they are."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from npal_cli.commit import replacing
from npal_cli.errors import UsageError
from npal_cli.learned.outlook import PARTS, Outlook
from npal_cli.untrusted import check_unpacked, one_line, unpacked_size

if TYPE_CHECKING:
    from npal_cli.learned.network import Ranker

OWN = "npal"
"""The name of the weights that come with the package."""
FORMAT = "npal.learned/1"

Card = Mapping[str, Any]


@dataclass(frozen=True)
class Learned:
    """Networks whose predictions are averaged, and their card."""

    networks: Sequence["Ranker"]
    card: Card
    outlook: Outlook | None = None
    """What forecasts gains; None where only states were learned from."""

    def save(self, path: Path) -> None:
        """Write them, as float16, whole or not at all."""
        arrays = {
            f"{i}/{name}": values.numpy().astype(np.float16 if not name.startswith("scaling") else np.float32)
            for i, network in enumerate(self.networks)
            for name, values in network.cpu().state_dict().items()
        }
        if self.outlook is not None:
            arrays |= {f"outlook/{name}": self.outlook.arrays[name] for name in PARTS}
        about = {"format": FORMAT, "shapes": [asdict(each.shape) for each in self.networks], "card": dict(self.card)}
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def weights_path(name: str) -> Path:
    """The file of weights of a name: ``npal`` for those of the package, else a path."""
    return Path(str(files("npal_cli.learned") / "weights.npz")) if name == OWN else Path(name)


def digest(name: str) -> str:
    """What changes when the weights do.

    Raises:
        UsageError: if there is no such file.
    """
    path = weights_path(name)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise UsageError(
            f"weights {name!r}: {error.strerror}; give {OWN!r}, or a file that npal pretrain wrote"
        ) from error


def read(name: str) -> Learned:
    """The networks of a file, which is read once as long as it does not change.

    Raises:
        UsageError: if there is no such file, or it holds something else.
    """
    return _read(name, digest(name))


@cache
def _read(name: str, _: str) -> Learned:
    import torch

    from npal_cli.learned.network import Ranker, Shape

    def other(reason: str) -> UsageError:
        return UsageError(f"weights {name!r}: not a file that npal pretrain wrote ({reason})")

    with one_line(other):
        check_unpacked(weights_path(name), unpacked_size(weights_path(name)))
        with np.load(weights_path(name), allow_pickle=False) as content:
            about = json.loads(str(content["about"]))
            if about["format"] != FORMAT:
                raise UsageError(f"weights {name!r}: format {about['format']!r}; expected {FORMAT!r}")
            networks = []
            for i, shape in enumerate(about["shapes"]):
                network = Ranker(Shape(**shape))
                start = f"{i}/"
                state = {key[len(start) :]: content[key] for key in content.files if key.startswith(start)}
                network.load_state_dict({key: torch.from_numpy(each).float() for key, each in state.items()})
                networks.append(network.eval())
            parts = {name: content[f"outlook/{name}"] for name in PARTS if f"outlook/{name}" in content}
    return Learned(networks, about["card"], Outlook(parts) if parts else None)
