"""``npal pretrain``: weights are made once, from lessons that are kept, and np_pretrained ranks by them."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import read
from npal_cli.learned.weights import read as read_weights
from npal_cli.pretraining import blocks
from npal_cli.pretraining.lessons import Lessons
from npal_cli.pretraining.states import POLICY_NAMES
from tests.commands import contents, json_of

OPTIONS = "problems: 4, steps: 2, several: 0, rounds: 1, networks: 1, learn: {width: 8, epochs: 2, batch: 4}"
ROUND = Path("data/pretrained/lessons/round1")


@pytest.fixture
def pretrain(npal, monkeypatch):
    """Runs the command with small blocks and networks."""
    monkeypatch.setattr(blocks, "PROBLEMS", 2)

    def run(*arguments, options=OPTIONS, code=0):
        text = Path("params.yaml").read_text().split("pretrain:")[0]
        Path("params.yaml").write_text(f"{text}pretrain: {{{options}}}\n")
        return npal("pretrain", "--workers", 1, *arguments, code=code)

    return run


def lessons(block: int, number: int = 1) -> Lessons:
    return read(Path(f"data/pretrained/lessons/round{number}/{block:05d}.zarr"), Lessons)[0]


def test_weights_are_made_and_np_pretrained_ranks_by_them(npal, pretrain):
    made = json_of(pretrain("--json", "--output", "mine.npz"))[0]
    assert made["artifact"] == "mine.npz"
    assert made["states"] == len(lessons(0))  # the other block is asked about
    card = read_weights("mine.npz").card
    assert card["made_from"]["problems"] == 4
    assert sum(row["states"] for row in card["one label ahead, thousandths over Blend"]) == len(lessons(1))
    npal("acquire", "--strategy", "np_pretrained", "--seed", 1)
    with Path("params.yaml").open("a") as file:
        file.write("strategies: {np_pretrained: {weights: mine.npz}}\n")
    said = npal("acquire", "--strategy", "np_pretrained", "--seed", 1).output
    assert "parameters changed" in said


def test_what_is_there_is_kept_and_what_is_missing_or_damaged_is_made_the_same_again(pretrain):
    pretrain()
    before = contents(Path("data"))
    assert "up to date: data/pretrained/round1.npz" in pretrain().output
    shutil.rmtree(ROUND / "00000.zarr")
    damaged = ROUND / "00001.zarr" / "worth" / "c" / "0" / "0"
    damaged.write_bytes(damaged.read_bytes()[:-9])
    weights = Path("data/pretrained/round1.npz")
    weights.write_bytes(weights.read_bytes()[:-99])
    Path("data/pretrained/weights.npz").unlink()
    pretrain()
    assert contents(Path("data")) == before


def test_more_problems_keep_the_blocks_that_were_whole(pretrain):
    pretrain()
    old = (ROUND / "00001.zarr").stat().st_mtime_ns
    pretrain(options=OPTIONS.replace("problems: 4", "problems: 5"))
    assert (ROUND / "00001.zarr").stat().st_mtime_ns == old
    assert lessons(2).problem.max() == 0


def test_in_the_second_round_some_states_are_met_by_the_network_of_the_first(pretrain):
    pretrain(options=OPTIONS.replace("rounds: 1", "rounds: 2").replace("problems: 4", "problems: 10"))
    met = [set(np.concatenate([lessons(i, number).policy for i in range(5)])) for number in (1, 2)]
    own = POLICY_NAMES.index("own")
    assert own not in met[0]
    assert own in met[1]
    assert (
        read_weights("data/pretrained/round2.npz").card["states"]
        > read_weights("data/pretrained/round1.npz").card["states"]
    )


def test_a_table_and_a_task_model_of_ones_own(pretrain):
    more = ("--data", "waveform", "--classifier", "sklearn.naive_bayes:GaussianNB")
    pretrain(*more, options=OPTIONS.replace("problems: 4, steps: 2", "problems: 2, steps: 1, seed: 3"))
    found = lessons(0)
    assert found.known.any()
    assert not found.svm.any()
    drawn_from = json.loads(json.dumps(read_weights("data/pretrained/round1.npz").card["made_from"]))["rounds"][0]
    assert drawn_from["classifiers"] == ["sklearn.naive_bayes:GaussianNB"]
    assert list(drawn_from["tables"]) == ["waveform"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            "classifiers: [resnet18]",
            "classifier 'resnet18' cannot be refitted with every candidate; use one of logistic",
        ),
        ("classifiers: [logistik]", "unknown classifier 'logistik'"),
        ("tables: [wavefrom]", "unknown data set 'wavefrom'"),
        ("problems: 0", "pretrain.problems: input should be greater than or equal to 1 (found 0)"),
        ("learn: {width: 2}", "pretrain.learn.width"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(pretrain, options, said):
    assert said in pretrain(options=options, code=2).stderr
    assert not Path("data/pretrained").exists()
