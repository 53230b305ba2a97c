"""The network: candidates in any order, classes in any order and number, neighbours in any order."""

import numpy as np
import pytest
import torch

from npal_cli.errors import UsageError
from npal_cli.learned.inputs import Inputs
from npal_cli.learned.network import Batch, Ranker, Shape
from npal_cli.learned.ranking import rank
from npal_cli.learned.weights import OWN, Learned, digest, read, weights_path

SHAPE = Shape(candidates=5, classes=14, neighbours=6, state=4, width=16)


def _network(seed: int = 0, shape: Shape = SHAPE) -> Ranker:
    torch.manual_seed(seed)
    return Ranker(shape).eval()


def _inputs(candidates: int = 7, classes: int = 3, neighbours: int = 12, seed: int = 0) -> Inputs:
    draws = np.random.default_rng(seed)
    near = draws.normal(size=(candidates, neighbours, 6))
    near[..., 0] = np.arange(neighbours) < neighbours - 2  # two are missing
    parts = draws.normal(size=(candidates, 5)), draws.normal(size=(candidates, classes, 14)), near, draws.normal(size=4)
    return Inputs(*(each.astype(np.float32) for each in parts))


@pytest.mark.parametrize(
    "shape", [SHAPE, Shape(5, 14, 6, 4, 16, attends=False), Shape(5, 14, 6, 4, 16, compares=False)]
)
def test_candidates_classes_and_neighbours_have_no_order(shape):
    given, network, order = _inputs(), _network(shape=shape), np.random.default_rng(1).permutation
    candidates, classes, neighbours = order(7), order(3), order(12)
    moved = Inputs(
        given.candidates[candidates],
        given.classes[candidates][:, classes],
        given.neighbours[candidates][:, neighbours],
        given.state,
    )
    np.testing.assert_allclose(rank([network], moved), rank([network], given)[candidates], atol=1e-5)


def test_what_a_missing_neighbour_holds_is_not_looked_at():
    given = _inputs()
    changed = Inputs(given.candidates, given.classes, given.neighbours.copy(), given.state)
    changed.neighbours[:, 10:, 1:] = 9
    np.testing.assert_allclose(rank([_network()], changed), rank([_network()], given), atol=1e-6)


def test_candidates_that_only_fill_up_are_not_looked_at():
    given, network = _inputs(), _network()
    parts = [torch.from_numpy(each)[None] for each in vars(given).values()]
    short = [each[:, :4] for each in parts[:3]]
    alone = network(Batch(*short, parts[3], torch.ones((1, 4), dtype=torch.bool)))[0]
    filled = network(Batch(*parts, torch.arange(7)[None] < 4))[0]
    torch.testing.assert_close(filled[:, :4], alone)


def test_networks_are_read_as_they_were_written(tmp_path):
    networks, path = [_network(1), _network(2)], tmp_path / "weights.npz"
    Learned(networks, {"states": 3}).save(path)
    found = read(str(path))
    assert found.card == {"states": 3}
    np.testing.assert_allclose(rank(found.networks, _inputs()), rank(networks, _inputs()), atol=5e-3)
    assert len(digest(str(path))) == 16


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not much more", None])
def test_a_file_that_holds_something_else_is_one_clear_line(tmp_path, content):
    path = tmp_path / "other.npz"
    if content is None:
        np.savez(path, about=np.array("[]"))
    else:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=r"weights '.*other.npz': not a file that npal pretrain wrote"):
        read(str(path))


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path):
    with pytest.raises(UsageError, match="No such file or directory; give 'npal', or a file"):
        digest(str(tmp_path / "none.npz"))


def test_the_networks_of_the_package_are_small_and_say_where_they_come_from():
    found = read(OWN)
    assert weights_path(OWN).stat().st_size < 1e6
    assert {"states", "of known tables", "one label ahead, thousandths over Blend", "made_from"} <= set(found.card)
    shape = found.networks[0].shape
    assert (shape.candidates, shape.classes, shape.neighbours, shape.state) == (45, 14, 6, 25)
