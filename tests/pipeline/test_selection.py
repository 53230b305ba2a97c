"""Which strategies are run: named, compared or neither; and what is refused before any is."""

from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import read
from npal_cli.records import AcquiredRecord
from tests.commands import json_of

DATA = Path("data")


def test_where_no_strategy_is_named_the_one_of_params_yaml_acquires(npal):
    assert [row["strategy"] for row in json_of(npal("acquire", "--seed", 1, "--json"))] == ["blend"]
    with Path("params.yaml").open("a") as file:
        file.write("guided: {candidates: 5, batches: fantasised}\nteacher: {models: [extra_trees], trees: 3}\n")
        file.write("objective: {name: f1}\n")
    rows = json_of(npal("acquire", "--seed", 1, "--classifier", "svm", "--strategy", "eer", "--json"))
    assert rows[0]["strategy"] == "eer"


def test_what_cannot_be_run_is_left_out_of_a_comparison(npal):
    """Strategies for two classes where there are three, and those that want a reward set where there is none."""
    draws = np.random.default_rng(0)
    rows = [f"{x[0]},{x[1]},{'abc'[label]}" for label in range(3) for x in draws.normal(size=(90, 2)) + label]
    Path("mine.csv").write_text("\n".join(["x,y,class", *rows]) + "\n")
    params = Path("params.yaml").read_text()
    compared = "[random, lal, reward_oracle, qbc, random_train_on_reward]"
    Path("params.yaml").write_text(params.replace("[random, fscore]", compared))
    only = ("--data", "mine", "--setting", "balanced", "--classifier", "svm", "--compare", "--steps", 1)
    prepare = ("prepare", "--data", "mine.csv", "--target", "class", "--setting", "balanced")
    npal(*prepare)
    assert "mine, svm: leaving out lal" in npal("acquire", *only).stderr
    made = DATA / "acquired/mine/balanced/svm"
    assert sorted(path.stem for path in made.iterdir()) == ["qbc", "random", "random_train_on_reward", "reward_oracle"]
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("reward: 40", "reward: 0"))
    npal(*prepare, "--root", "other")
    said = npal("acquire", *only, "--root", "other").stderr
    assert "leaving out lal, reward_oracle, random_train_on_reward" in said
    made = Path("other/acquired/mine/balanced/svm")
    assert sorted(path.stem for path in made.iterdir()) == ["qbc", "random"]
    said = npal("acquire", *only[:-3], "--strategy", "lal", code=2).stderr
    assert "defined for 2 classes and the data has 3; use one of" in said
    assert "entropy" not in said


def test_what_no_reward_set_can_say_is_refused_before_anything_is_made(npal):
    params = Path("params.yaml").read_text().replace("reward: 40", "reward: 0")
    Path("params.yaml").write_text(params.replace("{epochs: 2}", "{epochs: 2, context_labels: leave_one_out}"))
    for command in (("train-np",), ("acquire", "--strategy", "random", "--strategy", "np")):
        assert "context_labels leave_one_out" in npal(*command, code=2).stderr
    assert not (DATA / "simulated").exists()
    assert not (DATA / "acquired").exists()


def test_what_the_spent_reward_set_cannot_say_is_refused_before_anything_is_made(npal):
    params = Path("params.yaml").read_text()
    Path("params.yaml").write_text(params.replace("{epochs: 2}", "{epochs: 2, context_labels: leave_one_out}"))
    said = npal("acquire", "--strategy", "random", "--strategy", "np", "--train-on-reward", code=2).stderr
    assert "context_labels leave_one_out" in said
    assert not (DATA / "acquired").exists()


@pytest.mark.parametrize(("strategy", "tried"), [("eer", 10), ("blend", 9), ("np_plus", 10), ("np_pretrained", 10)])
def test_a_batch_of_points_that_were_not_tried_is_refused(npal, strategy, tried):
    with Path("params.yaml").open("a") as file:
        file.write("guided: {candidates: 10}\n")
    more = f"{{steps: 2, batch_size: {tried + 1},"
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("{steps: 2,", more))
    said = npal("acquire", "--strategy", "random", "--strategy", strategy, code=2).stderr
    assert f"strategy {strategy!r} chooses from {tried} pool points and {tried + 1} are to be acquired" in said
    assert not (DATA / "acquired").exists()


def test_costs_of_other_classes_are_refused_before_anything_is_made(npal):
    with Path("params.yaml").open("a") as file:
        file.write("objective: {name: cost, costs: [[0, 1, 2], [1, 0, 1], [1, 1, 0]]}\n")
    said = npal("acquire", "--strategy", "random", "--strategy", "blend", code=1).stderr
    assert "of an objective in params.yaml are not the 2 x 2 matrix that 2 classes need" in said
    assert not (DATA / "acquired").exists()


def test_np_plus_learns_from_a_teacher_of_its_own_size(npal):
    params, scores = Path("params.yaml").read_text(), []
    for trees, others in ((1, 100), (9, 100), (9, 7)):
        more = f"strategies: {{np_plus: {{trees: {trees}, train: {{epochs: 2}}}}}}\nteacher: {{trees: {others}}}\n"
        Path("params.yaml").write_text(params + more)
        npal("acquire", "--strategy", "np_plus", "--steps", 1, "--seed", 1, "--root", f"{trees}-{others}")
        made = Path(f"{trees}-{others}/acquired/waveform/imbalanced_weighted/logistic/np_plus.zarr")
        scores.append(read(made, AcquiredRecord)[0].chosen_scores)
    assert not np.array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[1], scores[2])
