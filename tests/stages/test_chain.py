"""The chain of stages, as a user meets it."""

from pathlib import Path

import numpy as np
import pytest

from npal_cli.artifacts import read
from npal_cli.records import OracleRecord, SimulatedRecord
from tests.commands import contents, json_of

DATA = Path("data")
ACQUIRED = DATA / "acquired" / "waveform" / "imbalanced_weighted" / "logistic"


def test_a_missing_chain_is_built_with_a_line_a_stage(npal):
    result = npal("train-np")
    lines = [line for line in result.stderr.splitlines() if "making" in line]
    assert [line.split()[2].split("/")[1] for line in lines] == ["prepared", "simulated", "oracle", "np"]
    assert result.stdout.splitlines()[-1] == "data/np/waveform/imbalanced_weighted/logistic.zarr"


def test_the_oracle_prints_its_table(npal):
    result = npal("oracle", "--workers", 1)
    shown = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if " " in line)
    assert (shown["data"], shown["setting"], shown["runs"]) == ("waveform", "imbalanced_weighted", "2")
    assert "a second" in result.stdout
    shown = json_of(npal("oracle", "--json", "--force"))[0]
    assert shown["refits_per_second"] > 0
    assert shown["negative"] + shown["zero"] + shown["positive"] == pytest.approx(1)
    assert shown["artifact"] == "data/oracle/waveform/imbalanced_weighted/logistic.zarr"
    assert (DATA / "timings" / "oracle" / "waveform" / "imbalanced_weighted" / "logistic.json").exists()


def test_the_bytes_do_not_depend_on_the_workers(npal):
    npal("acquire", "--compare", "--workers", 1)
    npal("acquire", "--compare", "--workers", 2, "--root", "other")
    assert contents(DATA) == contents(Path("other"))


def test_without_a_reward_set_every_stage_works_on_folds(npal):
    params = Path("params.yaml").read_text()
    Path("params.yaml").write_text(params.replace("reward: 40", "reward: 0"))
    npal("acquire", "--strategy", "np", "--setting", "balanced", "--steps", 1)
    simulated = read(DATA / "simulated/waveform/balanced.zarr", SimulatedRecord)[0]
    assert simulated.reward.sum(axis=2).tolist() == [[8] * 5] * 2
    scored = read(DATA / "oracle/waveform/balanced/logistic.zarr", OracleRecord)[0]
    np.testing.assert_array_equal(np.isnan(scored.improvements), simulated.annotated | simulated.reward)


def test_the_teacher_can_be_the_task_model(npal):
    npal("acquire", "--compare", "--classifier", "teacher")
    folder = DATA / "acquired/waveform/imbalanced_weighted/teacher"
    assert sorted(path.stem for path in folder.iterdir()) == ["random", "random_train_on_reward", "uncsamp"]
    again = npal("acquire", "--compare", "--classifier", "teacher", "--workers", 1, "--root", "other")
    assert "random" in again.stdout
    for path in folder.iterdir():
        assert contents(path) == contents(Path("other") / path.relative_to(DATA))
    assert "a fit takes too long" in npal("oracle", "--classifier", "teacher", code=2).stderr


def test_an_svm_study(npal):
    rows = json_of(npal("acquire", "--compare", "--classifier", "svm", "--json"))
    assert [row["strategy"] for row in rows] == ["random", "fscore"]
    assert all(0.5 < row["auac"] / 2 < 1 for row in rows)


def test_what_an_improvement_is_measured_in_is_a_choice(npal):
    oracle = DATA / "oracle/waveform/imbalanced_weighted/logistic.zarr"
    npal("oracle", "--seed", 1)
    accuracy = read(oracle, OracleRecord)[0].improvements
    with Path("params.yaml").open("a") as file:
        file.write("objective: {name: log_loss}\n")
    npal("oracle", "--seed", 1)
    log_loss = read(oracle, OracleRecord)[0].improvements
    assert (np.isnan(accuracy) == np.isnan(log_loss)).all()
    known = ~np.isnan(accuracy)
    assert len(np.unique(log_loss[known])) > 2 * len(np.unique(accuracy[known]))
    text = Path("params.yaml").read_text().replace("log_loss", "cost, costs: [[0, 1, 2], [1, 0, 2], [1, 1, 0]]")
    Path("params.yaml").write_text(text)
    assert "of an objective in params.yaml are not the 2 x 2 matrix" in npal("oracle", "--seed", 1, code=1).stderr
