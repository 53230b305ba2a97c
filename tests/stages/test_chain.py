"""The stages as a user meets them: built, up to date, refused, redone, gone on from."""

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
import zarr

from npal_cli.artifacts import read
from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.records import AcquiredRecord, NetworkRecord, OracleRecord, PreparedRecord, SimulatedRecord
from npal_cli.stages import make
from npal_cli.stages.prepare import problems_of
from npal_cli.strategies.neural_process import NeuralProcess
from tests.stages.conftest import contents, json_of

DATA = Path("data")
ACQUIRED = DATA / "acquired" / "waveform" / "imbalanced_weighted" / "logistic"


def test_a_missing_chain_is_built_with_a_line_a_stage(npal):
    result = npal("train-np")
    lines = [line for line in result.stderr.splitlines() if "making" in line]
    assert [line.split()[2].split("/")[1] for line in lines] == ["prepared", "simulated", "oracle", "np"]
    assert result.stdout.splitlines()[-1] == "data/np/waveform/imbalanced_weighted/logistic.zarr"


def test_the_oracle_prints_its_table(npal):
    result = npal("oracle", "--workers", 1)
    header, _, row = result.stdout.splitlines()[:3]
    assert "refits_per_second" in header
    assert row.split()[:4] == ["waveform", "imbalanced_weighted", "logistic", "2"]
    shown = json_of(npal("oracle", "--json", "--force"))[0]
    assert shown["refits_per_second"] > 0
    assert shown["negative"] + shown["zero"] + shown["positive"] == pytest.approx(1)
    assert shown["artifact"] == "data/oracle/waveform/imbalanced_weighted/logistic.zarr"
    assert (DATA / "timings" / "oracle" / "waveform" / "imbalanced_weighted" / "logistic.json").exists()


def test_what_is_up_to_date_is_left_alone(npal):
    npal("acquire", "--strategy", "random")
    before = {path: path.stat().st_mtime_ns for path in DATA.rglob("*")}
    assert "up to date" in npal("acquire", "--strategy", "random").stderr
    assert {path: path.stat().st_mtime_ns for path in DATA.rglob("*")} == before


def test_force_makes_the_same_bytes_again(npal):
    npal("oracle")
    before = contents(DATA)
    result = npal("oracle", "--force")
    assert next(line for line in result.stderr.splitlines() if "making" in line).split()[2].startswith("data/oracle")
    assert contents(DATA) == before


def test_no_build_refuses_and_names_the_command_that_works(npal):
    refused = npal("oracle", "--no-build", "--seed", 2, code=1)
    command = refused.stderr.split("make it with: ")[1].split()
    assert command[:2] == ["npal", "prepare"]
    assert not DATA.exists()
    npal(*command[1:])
    assert "npal simulate" in npal("oracle", "--no-build", "--seed", 2, code=1).stderr
    npal("simulate", "--no-build", "--seed", 2)
    npal("oracle", "--no-build", "--seed", 2)


def test_other_parameters_redo_what_depends_on_them(npal):
    npal("oracle")
    text = Path("params.yaml").read_text()
    Path("params.yaml").write_text(text.replace("problems: 5", "problems: 6"))
    lines = [line for line in npal("oracle").stderr.splitlines() if "making" in line]
    assert [line.split()[2].split("/")[1] for line in lines] == ["simulated", "oracle"]
    assert read(DATA / "oracle/waveform/imbalanced_weighted/logistic.zarr", OracleRecord)[0].improvements.shape[1] == 6


def test_runs_are_added_to_what_is_there(npal):
    npal("oracle", "--seed", 2)
    assert "making data/oracle/waveform/imbalanced_weighted/logistic.zarr: 1 run" in npal("oracle").stderr
    added = contents(DATA)
    npal("oracle", "--root", "other")
    assert contents(Path("other")) == added


def test_a_range_of_seeds_is_added_to_what_is_there(npal):
    npal("acquire", "--strategy", "random", "--data-seed", 2)
    said = npal("acquire", "--strategy", "random", "--data-seed", "1..3", "--data-seed", 7).stderr
    assert "making data/acquired/waveform/imbalanced_weighted/logistic/random.zarr: 6 runs" in said
    record = read(ACQUIRED / "random.zarr", AcquiredRecord)[0]
    assert sorted(set(record.data_seed)) == [1, 2, 3, 7]


def test_a_command_that_is_named_names_seeds_as_ranges(npal):
    said = npal("oracle", "--data-seed", "1..3", "--no-build", code=1).stderr
    assert "npal prepare" in said
    assert "--data-seed 1..3 --seed 1..2" in said


def test_a_kill_while_a_store_is_replaced_loses_no_run(npal):
    npal("simulate")
    store = DATA / "simulated" / "waveform" / "imbalanced_weighted.zarr"
    before = contents(store)
    aside = DATA / ".work" / "aside"  # where a kill between the two renames leaves it
    store.rename(aside / quote(str(store.relative_to(DATA)), safe=""))
    npal("simulate", "--seed", 2)
    assert contents(store) == before


def test_the_bytes_do_not_depend_on_the_workers(npal):
    npal("acquire", "--compare", "--workers", 1)
    npal("acquire", "--compare", "--workers", 2, "--root", "other")
    assert contents(DATA) == contents(Path("other"))


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
    waited, locked = [], make.locked

    def slowly_locked(work):
        if not waited and work.name.startswith("acquired"):
            waited.append(work)
            npal("acquire", "--strategy", "random", *meanwhile)
        return locked(work)

    monkeypatch.setattr(make, "locked", slowly_locked)
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


def test_np_plus_and_lal_are_done_again_when_their_options_change(npal):
    names = [part for name in ("np_plus", "lal", "qbc") for part in ("--strategy", name)]
    npal("acquire", *names, "--seed", 1, "--steps", 1)
    path = Path("params.yaml")
    path.write_text(path.read_text() + "strategies: {lal: {trees: 10}, np_plus: {train: {epochs: 3}}}\n")
    said = npal("acquire", *names, "--seed", 1, "--steps", 1).stderr.splitlines()
    made = [line.split()[2].split("/")[-1] for line in said if "making" in line]
    assert made == ["np_plus.zarr:", "lal.zarr:"]


def test_an_artifact_describes_itself(npal):
    npal("oracle", "--seed", 1)
    attributes = zarr.open_group(DATA / "oracle/waveform/imbalanced_weighted/logistic.zarr", mode="r").attrs.asdict()
    assert attributes["format"] == "npal.oracle/1"
    assert attributes["parameters"] == {
        "classifier": "logistic",
        "options": {"C": 1.0},
        "objective": {"name": "accuracy", "costs": None},
    }
    assert set(attributes["inputs"]) == {"1-1"}
    assert set(attributes["inputs"]["1-1"]) == {"prepared", "simulated"}
    assert set(attributes["packages"]) == {"npal", "numpy", "scikit-learn", "torch", "zarr"}


@pytest.mark.parametrize("damage", ["corrupt", "older"])
def test_a_damaged_or_older_artifact_is_refused_until_forced(npal, damage):
    npal("simulate")
    store = DATA / "simulated" / "waveform" / "imbalanced_weighted.zarr"
    good = contents(DATA)
    if damage == "corrupt":
        (store / "annotated" / "c" / "0" / "0" / "0").write_bytes(b"?")
    else:
        zarr.open_group(store, mode="r+").attrs["format"] = "npal.simulated/0"
    before = contents(DATA)
    for command in ("simulate", "oracle"):
        error = npal(command, code=1).stderr.splitlines()[-1]
        assert "imbalanced_weighted.zarr" in error
        assert "--force" in error
        assert contents(DATA) == before
    npal("simulate", "--force")
    assert contents(DATA) == good


def test_nothing_is_left_in_the_work_folder(npal):
    npal("acquire", "--compare")
    left = [path for path in (DATA / ".work").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert left == []


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


def test_predictions_are_checked_where_there_are_any(npal):
    """Points that a network cannot predict, for no refit of theirs was tried, are not drawn."""
    params = Path("params.yaml").read_text().replace("{epochs: 2}", "{epochs: 2, inputs: [improvements]}")
    Path("params.yaml").write_text(params + "guided: {candidates: 5}\nteacher: {models: [extra_trees], trees: 3}\n")
    npal("acquire", "--strategy", "np", "--steps", 1)
    record = read(ACQUIRED / "np.zarr", AcquiredRecord)[0]
    assert np.isfinite(record.predicted).all()
    assert len(np.unique(record.checked[0])) < 25  # ties of the fifth are tried too
