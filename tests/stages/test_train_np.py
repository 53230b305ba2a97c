"""The stage that trains networks."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from npal_cli.arrays import digests_of, run_digest
from npal_cli.artifacts import read, write
from npal_cli.neural_process.learner import Learner
from npal_cli.records import NetworkRecord, OracleRecord
from npal_cli.strategies.neural_process import NeuralProcess
from tests.commands import contents


def test_fits_beside_the_training_have_one_thread_whatever_the_machine(npal, monkeypatch):
    """Sums of many threads are rounded otherwise: the loop's networks are to be the stage's, byte by byte."""
    threads = []
    train = Learner.train

    def spy(*arguments):
        threads.extend(library["num_threads"] for library in threadpool_info())
        return train(*arguments)

    monkeypatch.setattr(Learner, "train", spy)
    with threadpool_limits(limits=2):
        npal("train-np", "--seed", 1)
    assert set(threads) == {1}


def store(stage: str) -> Path:
    return Path("data") / stage / "waveform" / "imbalanced_weighted" / "logistic.zarr"


def spoil(path: Path) -> None:
    """Other scores, as another version may have found them, said to be made from the same."""
    record, provenance = read(path, OracleRecord)
    write(path, replace(record, improvements=record.improvements + 0.25), provenance, Path("data"))


def test_a_network_names_all_that_it_was_trained_on(npal):
    npal("train-np")
    inputs = read(store("np"), NetworkRecord)[1].inputs
    scored, made_from = read(store("oracle"), OracleRecord)
    assert list(inputs) == ["1-1", "1-2"]
    for run in scored.runs:
        assert inputs[str(run)] == {**made_from.inputs[str(run)], "oracle": run_digest(scored, run, digests_of(scored))}


def test_what_is_trained_already_is_not_trained_again(npal):
    npal("train-np")
    before = contents(Path("data"))
    said = npal("train-np").stderr
    assert "up to date" in said
    assert "making" not in said
    npal("train-np", "--no-build")
    assert contents(Path("data")) == before


def test_other_scores_train_other_networks(npal):
    npal("train-np")
    trained = read(store("np"), NetworkRecord)[0]
    spoil(store("oracle"))
    said = npal("train-np").stderr
    assert f"making {store('np')}: 2 runs" in said
    assert f"making {store('oracle')}" not in said
    assert (read(store("np"), NetworkRecord)[0].loss != trained.loss).any()


def test_networks_without_the_scores_behind_them_are_not_taken_for_up_to_date(npal):
    npal("train-np")
    before = contents(Path("data"))
    shutil.rmtree(store("oracle"))
    assert "npal oracle" in npal("train-np", "--no-build", code=1).stderr
    npal("train-np")
    assert contents(Path("data")) == before  # the same scores, so the same networks are kept


@pytest.mark.parametrize("change", [spoil, shutil.rmtree])
def test_a_network_made_by_hand_serves_only_beside_its_scores(npal, monkeypatch, change):
    npal("acquire", "--strategy", "np", "--seed", 1, "--steps", 1)
    npal("train-np", "--step", 2, "--seed", 1)
    trained = []
    train = NeuralProcess._train

    def spy(self, problems, step, batch_size):
        trained.extend(step for _ in problems)
        return train(self, problems, step, batch_size)

    monkeypatch.setattr(NeuralProcess, "_train", spy)
    change(Path("data/oracle/waveform/imbalanced_weighted/logistic/np_step02.zarr"))
    said = npal("acquire", "--strategy", "np", "--seed", 1, "--steps", 2).stderr
    assert trained == [2]
    assert "making data/oracle" not in said
