"""``npal acquire``: what it goes on from, and what its artifacts are of."""

from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import read
from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.pipeline import build
from npal_cli.pipeline.prepared import problems_of
from npal_cli.records import AcquiredRecord, NetworkRecord, PreparedRecord
from npal_cli.strategies.neural_process import NeuralProcess
from tests.commands import contents

DATA = Path("data")
ACQUIRED = DATA / "acquired" / "waveform" / "imbalanced_weighted" / "logistic"


def test_a_strategys_choices_do_not_depend_on_what_it_is_compared_with(npal):
    npal("acquire", "--strategy", "uncsamp", "--strategy", "random")
    npal("acquire", "--strategy", "random", "--root", "other")
    alone = contents(Path("other") / ACQUIRED.relative_to(DATA) / "random.zarr")
    assert contents(ACQUIRED / "random.zarr") == alone


@pytest.mark.parametrize("train_np", ["{epochs: 2}", "{epochs: 2, warm_epochs: 1}"])
def test_more_steps_go_on_from_fewer_and_fewer_leave_them(npal, train_np):
    params = Path("params.yaml")
    params.write_text(params.read_text().replace("{epochs: 2}", train_np))
    npal("acquire", "--strategy", "np", "--steps", 1)
    npal("acquire", "--strategy", "np", "--steps", 3)
    npal("acquire", "--strategy", "np", "--steps", 3, "--root", "other")
    assert contents(ACQUIRED) == contents(Path("other") / ACQUIRED.relative_to(DATA))
    before = contents(ACQUIRED)
    assert "up to date" in npal("acquire", "--strategy", "np", "--steps", 2).stderr
    assert contents(ACQUIRED) == before


def test_more_steps_for_one_run_keep_the_others(npal):
    npal("acquire", "--strategy", "random", "--steps", 1)
    npal("acquire", "--strategy", "random", "--steps", 2, "--seed", 1)
    assert read(ACQUIRED / "random.zarr", AcquiredRecord)[0].chosen.shape == (2, 2, 1)


@pytest.mark.parametrize("meanwhile", [("--seed", 1, "--steps", 3), ("--seed", 3, "--steps", 1)])
@pytest.mark.parametrize("asked", [("--seed", 4, "--steps", 1), ("--seed", 2, "--steps", 2)])
def test_a_command_loses_no_run_of_one_that_was_faster(npal, monkeypatch, asked, meanwhile):
    npal("acquire", "--strategy", "random", "--seed", 1, "--seed", 2, "--steps", 1)
    waited, locked = [], build.locked

    def slowly_locked(work):
        if not waited and work.name.startswith("acquired"):
            waited.append(work)
            npal("acquire", "--strategy", "random", *meanwhile)
        return locked(work)

    monkeypatch.setattr(build, "locked", slowly_locked)
    npal("acquire", "--strategy", "random", *asked)
    record = read(ACQUIRED / "random.zarr", AcquiredRecord)[0]
    assert waited
    assert [run.seed for run in record.runs] == sorted({1, 2, asked[1], meanwhile[1]})
    assert record.chosen.shape[1] == max(asked[3], meanwhile[3])


@pytest.mark.parametrize("train_np", ["{epochs: 3}", "{epochs: 3, warm_epochs: 4}"])
def test_the_loop_driven_by_hand_equals_the_loop(npal, monkeypatch, train_np):
    params = Path("params.yaml")
    params.write_text(params.read_text().replace("{epochs: 2}", train_np))
    npal("acquire", "--strategy", "np", "--root", "loop")
    npal("acquire", "--strategy", "np", "--steps", 1)
    for stage in ("simulate", "oracle", "train-np"):
        npal(stage, "--step", 2, "--no-build")
    by_hand = DATA / "np" / "waveform" / "imbalanced_weighted" / "logistic" / "np_step02.zarr"
    record = read(by_hand, NetworkRecord)[0]

    def train(_self, problems, _step, _batch_size):
        assert problems == [], "a network that was trained by hand was trained again"
        return []

    monkeypatch.setattr(NeuralProcess, "_train", train)
    npal("acquire", "--strategy", "np", "--steps", 2)
    acquired = read(ACQUIRED / "np.zarr", AcquiredRecord)[0]
    np.testing.assert_array_equal(acquired.loss[:, 1], record.loss)
    assert contents(ACQUIRED) == contents(Path("loop") / ACQUIRED.relative_to(DATA))


def test_a_step_that_was_not_reached_is_refused(npal):
    assert "acquire first with: npal acquire" in npal("simulate", "--step", 2, code=1).stderr
    npal("acquire", "--strategy", "np", "--steps", 1)
    assert "holds 1 steps, so 1 to 2 can be asked for" in npal("simulate", "--step", 3, code=2).stderr
    assert "lacks run 1-7" in npal("simulate", "--step", 2, "--seed", 7, code=1).stderr
    params = Path("params.yaml").read_text()
    Path("params.yaml").write_text(params.replace("annotated: 40", "annotated: 50"))
    assert "acquired from other prepared problems" in npal("simulate", "--step", 2, code=1).stderr


def test_the_reference_variant_has_an_artifact_of_its_own(npal):
    npal("acquire", "--strategy", "haluni", "--strategy", "random", "--variant", "reference")
    assert sorted(path.name for path in ACQUIRED.iterdir()) == ["haluni_reference.zarr", "random.zarr"]


def test_training_on_the_reward_set_is_a_control_with_an_artifact_of_its_own(npal):
    """The same points are chosen at random, and the classifier knows forty more labels from the start."""
    npal("acquire", "--strategy", "random")
    npal("acquire", "--strategy", "random", "--train-on-reward")
    plain, control = (
        read(ACQUIRED / f"{name}.zarr", AcquiredRecord)[0] for name in ("random", "random_train_on_reward")
    )
    np.testing.assert_array_equal(plain.chosen, control.chosen)
    prepared = read(DATA / "prepared/waveform/imbalanced_weighted.zarr", PreparedRecord)[0]
    problem = problems_of(prepared)[0]
    rows = np.concatenate([problem.annotated, problem.reward])
    model = make_classifier("logistic", ClassifierOptions())
    fitted = model.fit(problem.features[rows], problem.labels[rows], problem.training_weights)
    np.testing.assert_array_equal(control.test_predictions[0, 0], fitted.predict(problem.features[problem.test]))


@pytest.mark.parametrize("name", ["np", "np_plus"])
def test_networks_can_learn_from_folds_where_all_labels_train_the_classifier(npal, name):
    """Each is trained on problems of its own: those that the stages simulate still have the reward set."""
    npal("acquire", "--strategy", name, "--train-on-reward", "--steps", 1)
    assert not (DATA / "np").exists()
    assert read(ACQUIRED / f"{name}_train_on_reward.zarr", AcquiredRecord)[0].checked.shape[2] == 0


def test_np_plus_and_lal_are_done_again_when_their_options_change(npal):
    names = [part for name in ("np_plus", "lal", "qbc") for part in ("--strategy", name)]
    npal("acquire", *names, "--seed", 1, "--steps", 1)
    path = Path("params.yaml")
    path.write_text(path.read_text() + "strategies: {lal: {trees: 10}, np_plus: {train: {epochs: 3}}}\n")
    said = npal("acquire", *names, "--seed", 1, "--steps", 1).stderr.splitlines()
    made = [line.split()[2].split("/")[-1] for line in said if "making" in line]
    assert made == ["np_plus.zarr:", "lal.zarr:"]


def test_predictions_are_checked_where_there_are_any(npal):
    """Points that a network cannot predict, for no refit of theirs was tried, are not drawn."""
    params = Path("params.yaml").read_text().replace("{epochs: 2}", "{epochs: 2, inputs: [improvements]}")
    Path("params.yaml").write_text(params + "guided: {candidates: 5}\nteacher: {models: [extra_trees], trees: 3}\n")
    npal("acquire", "--strategy", "np", "--steps", 1)
    record = read(ACQUIRED / "np.zarr", AcquiredRecord)[0]
    assert np.isfinite(record.predicted).all()
    assert len(np.unique(record.checked[0])) < 25  # ties of the fifth are tried too
