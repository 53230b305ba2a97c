"""The image study on small made-up images: what is trained, shared, gone on with, and refused."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import read
from npal_cli.classifiers.resnet18.training import Trainer
from npal_cli.problems.datasets import REGISTRY
from npal_cli.records import AcquiredRecord, PreparedRecord
from tests.commands import contents, json_of
from tests.problems.sets.test_images import idx

SMALL = """
classifiers: {resnet18: {epochs: 2, decay_after: 1, batch_size: 16, width: 2}}
images:
  {data: [mnist], data_seed: [1, 2], prepare: {annotated: 40, imbalance: 5}, steps: 2, batch_size: 10, subsample: 60}
strategies: {vaal: {epochs: 1, width: 2, latent: 4}, gcn: {epochs: 3}}
"""
ON_IMAGES = ["--data", "mnist", "--classifier", "resnet18", "--setting", "imbalanced"]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Files like MNIST's, of 600 and 300 images of 8 x 8 pixels."""
    draws = np.random.default_rng(0)
    folder = tmp_path / "given"
    folder.mkdir()
    for part, count in (("train", 600), ("t10k", 300)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = draws.integers(100, size=(count, 8, 8), dtype=np.uint8)
        images[np.arange(count), labels % 8, labels // 2] += 150
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images), mtime=0))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels), mtime=0))
    assert {path.name for path in folder.iterdir()} == {Path(file.name).name for file in REGISTRY["mnist"].files}
    return folder


@pytest.fixture
def small(npal, given, tmp_path):
    """``npal`` with MNIST's files given and the parameters of a small image study."""
    (tmp_path / "params.yaml").write_text(SMALL)
    npal("prepare", *ON_IMAGES, "--source", given, "--allow-unverified", "--quiet")
    return npal


@pytest.fixture
def trainings(monkeypatch) -> list[int]:
    """The number of images of every training from now on."""
    done: list[int] = []
    train = Trainer.train

    def spy(self, model, images, *rest):
        done.append(len(images))
        train(self, model, images, *rest)

    monkeypatch.setattr(Trainer, "train", spy)
    return done


def acquire(npal, *strategies, more=()):
    named = [part for name in strategies for part in ("--strategy", name)]
    return npal("acquire", *ON_IMAGES, *named, "--workers", 1, "--quiet", "--json", *more)


def test_images_are_prepared_as_they_are_with_the_test_part_apart(small):
    record = read(Path("data/prepared/mnist/imbalanced/resnet18.zarr"), PreparedRecord)[0]
    assert record.features.shape == (900, 1, 8, 8)
    assert record.features.dtype == np.uint8
    assert record.test_part.tolist() == [False] * 600 + [True] * 300
    assert record.annotated.shape == (2, 40)
    assert record.test.shape == record.held_out.shape == (2, 180)
    assert record.test.min() >= 600


def test_the_same_images_are_vectors_for_an_svm(small):
    (Path.cwd() / "params.yaml").write_text("prepare: {test: 50, reward: 30, annotated: 30}\nacquire: {steps: 1}")
    only = ["--data", "mnist", "--classifier", "svm", "--setting", "balanced", "--data-seed", 1, "--seed", 1, "--quiet"]
    row = json_of(small("acquire", *only, "--strategy", "oracle", "--strategy", "fscore", "--json"))[0]
    assert row["runs"] == row["steps"] == 1
    assert read(Path("data/prepared/mnist/balanced.zarr"), PreparedRecord)[0].held_out.shape == (1, 250)


def test_every_strategy_of_the_image_study_runs_and_is_reported(small):
    rows = json_of(acquire(small, more=["--compare"]))
    assert [row["strategy"] for row in rows] == [
        *("entropy", "margin", "lstconf", "kcgrdy", "lloss", "vaal", "uncgcn", "coregcn", "haluni", "halgau", "cbal"),
        "random",
    ]
    assert all(row["runs"] == row["steps"] == 2 for row in rows)
    for row in rows:
        record = read(Path(row["artifact"]), AcquiredRecord)[0]
        assert all(len(np.unique(chosen)) == 20 for chosen in record.chosen)
        np.testing.assert_array_equal(record.held_out_score, record.test_score)
    small("report", "--quiet")
    assert "Nothing of the study that <code>params.yaml</code> names" not in Path("data/report/index.html").read_text()
    assert (
        "npal acquire --data mnist --setting balanced --classifier resnet18"
        in Path("data/report/index.html").read_text()
    )
    assert (
        "npal acquire --data waveform --setting balanced --classifier svm --compare\n"
        not in Path("data/report/index.html").read_text()
    )
    assert Path("data/report/figures/png/figure_08_mnist_resnet18.png").exists()
    assert Path("data/report/tables/table_07_mnist_resnet18_accuracy.tex").exists()


def test_the_first_network_of_a_run_is_trained_once_for_all_strategies(small, trainings):
    acquire(small, "margin")
    assert sorted(trainings) == [40, 40, 50, 50, 60, 60]
    trainings.clear()
    acquire(small, "entropy")
    assert sorted(trainings) == [50, 50, 60, 60]


def test_learning_loss_is_evaluated_with_the_network_it_is_trained_with(small, trainings):
    """Were it another, that would be trained too."""
    acquire(small, "lloss")
    assert sorted(trainings) == [40, 40, 50, 50, 60, 60]


def test_what_was_trained_stays_only_as_long_as_it_is_of_use(small):
    acquire(small, "margin", "random")
    fits = [path.parent.name for path in Path("data/.work").rglob("*.npz")]
    assert fits == ["mnist_imbalanced_resnet18"] * 2  # the first of each run


def test_a_study_that_is_killed_goes_on_with_what_it_has(small, trainings, monkeypatch):
    counted = Trainer.train

    def killed(self, *arguments):
        if len(trainings) == 5:
            raise KeyboardInterrupt
        counted(self, *arguments)

    monkeypatch.setattr(Trainer, "train", killed)
    small("acquire", *ON_IMAGES, "--strategy", "margin", "--workers", 1, "--quiet", code=130)
    assert trainings == [40, 50, 60, 40, 50]
    trainings.clear()
    monkeypatch.setattr(Trainer, "train", counted)
    acquire(small, "margin")
    assert trainings == [60]
    once = contents(Path("data/acquired"))
    shutil.rmtree("data/acquired")
    acquire(small, "margin")
    assert contents(Path("data/acquired")) == once


def test_going_on_with_more_steps_equals_having_taken_them_at_once(small, trainings):
    acquire(small, "margin", more=["--steps", 1])
    trainings.clear()
    acquire(small, "margin")
    assert sorted(trainings) == [50, 50, 60, 60]  # nothing before the last step that was there
    gone_on = contents(Path("data/acquired"))
    shutil.rmtree("data/acquired")
    acquire(small, "margin")
    assert contents(Path("data/acquired")) == gone_on


def test_more_workers_give_the_same_bytes(small):
    strategies = ["lloss", "coregcn", "vaal"]
    acquire(small, *strategies)
    alone = contents(Path("data/acquired"))
    shutil.rmtree("data/acquired")
    shutil.rmtree("data/.work")
    named = [part for name in strategies for part in ("--strategy", name)]
    small("acquire", *ON_IMAGES, *named, "--workers", 2, "--quiet")
    assert contents(Path("data/acquired")) == alone


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["acquire", "--strategy", "oracle"], "needs refits, which classifier 'resnet18' does not have; use"),
        (["acquire", "--strategy", "uncsamp"], "is defined for 2 classes and the data has 10"),
        (["oracle"], "'resnet18': a fit takes too long to try every candidate; use logistic or svm"),
        (["train-np"], "'resnet18': a fit takes too long to try every candidate; use logistic or svm"),
        (["acquire", "--classifier", "svm", "--strategy", "vaal"], "needs images, which classifier 'svm' does not"),
        (["acquire", "--data", "waveform"], "classifier 'resnet18' takes images; use --data mnist, fashion_mnist"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_one_line(small, arguments, error):
    command, *more = arguments
    before = contents(Path("data"))
    result = small(command, *ON_IMAGES, *more, "--quiet", code=2)
    assert error in result.stderr
    assert result.stderr.count("\n") == 1
    assert contents(Path("data")) == before


def test_a_batch_larger_than_the_subsample_is_refused(small, tmp_path):
    (tmp_path / "params.yaml").write_text(SMALL.replace("subsample: 60", "subsample: 9"))
    result = small("acquire", *ON_IMAGES, "--strategy", "random", "--strategy", "coregcn", "--quiet", code=2)
    assert "strategy 'coregcn' chooses from 9 pool points" in result.stderr
    assert "10 are to be acquired at each step; set images.subsample" in result.stderr


def test_force_trains_all_anew(small, trainings):
    acquire(small, "margin")
    before = contents(Path("data/acquired"))
    trainings.clear()
    acquire(small, "margin", more=["--force"])
    assert sorted(trainings) == [40, 40, 50, 50, 60, 60]
    assert contents(Path("data/acquired")) == before


def test_sets_for_both_kinds_of_classifier_are_prepared_at_once(small):
    (Path.cwd() / "params.yaml").write_text(SMALL + "prepare: {test: 60, reward: 40, annotated: 40}")
    rows = json_of(small("prepare", "--classifier", "svm", "--classifier", "resnet18", "--quiet", "--json"))
    assert {row["data"] for row in rows} == {"waveform", "mnist"}


def test_a_test_set_that_lacks_a_class_is_refused(small):
    (Path.cwd() / "params.yaml").write_text(SMALL.replace("{annotated: 40,", "{annotated: 40, test: 12,"))
    result = small("prepare", *ON_IMAGES, "--quiet", code=1)
    assert "is among 12 test points; ask for more in params.yaml (prepare.test)" in result.stderr


def test_without_a_reward_set_nothing_scores_or_trains_on_it(npal, tmp_path):
    (tmp_path / "params.yaml").write_text("prepare: {reward: 0, test: 60, annotated: 40}")
    result = npal("acquire", "--setting", "balanced", "--strategy", "reward_oracle", "--quiet", code=2)
    assert "strategy 'reward_oracle' scores on the reward set, and there is none (prepare.reward is 0" in result.stderr
    result = npal("acquire", "--setting", "balanced", "--strategy", "random", "--train-on-reward", "--quiet", code=2)
    assert "'random_train_on_reward' trains on the reward set, and there is none" in result.stderr
    npal("acquire", "--setting", "balanced", "--strategy", "random", "--quiet", "--data-seed", 1, "--seed", 1)
