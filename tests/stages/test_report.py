"""``npal report`` on real runs, whole and partial."""

import json
from pathlib import Path

import pandas as pd
import pytest
import zarr

from npal_cli.arrays import digests_of, run_digest
from npal_cli.artifacts import read
from npal_cli.objectives import auac
from npal_cli.randomness import Run
from npal_cli.records import AcquiredRecord, PreparedRecord
from tests.commands import contents

REPORT = Path("data/report")


def test_the_report_shows_what_was_acquired(npal):
    npal("acquire", "--compare", "--setting", "balanced", "--setting", "imbalanced")
    printed = npal("report").stdout.splitlines()
    whole = {str(path) for path in REPORT.rglob("*") if path.is_file() and "results.zarr" not in path.parts}
    assert set(printed) == {*whole, "data/report/results.zarr"}
    names = {Path(path).name for path in printed}
    assert {
        "table_01_waveform_logistic_accuracy.csv",
        "table_08_waveform_logistic_rare_class.tex",
        "figure_03_waveform_logistic.svg",
        "figure_04_ranks_logistic.svg",
        "figure_09_waveform_logistic_loss.svg",
        "index.html",
        "metrics.json",
        "report.md",
    } <= names
    record = read(Path("data/acquired/waveform/balanced/logistic/uncsamp.zarr"), AcquiredRecord)[0]
    metrics = json.loads((REPORT / "metrics.json").read_text())["waveform"]["logistic"]["balanced"]
    for evaluation, score in (("test", record.test_score), ("held_out", record.held_out_score)):
        assert metrics[evaluation]["uncsamp"]["auac_mean"] == pytest.approx(auac(score).mean(), abs=1e-6)
    assert metrics["test"]["uncsamp"]["runs"] == 2
    curves = pd.read_csv(REPORT / "plots" / "curves.csv")
    drawn = curves[(curves["experiment"] == "waveform logistic balanced") & (curves["strategy"] == "uncsamp")]
    assert drawn["test"].tolist() == pytest.approx(record.test_score.mean(axis=0).tolist(), rel=1e-5)


def test_the_figures_of_the_tables_are_a_zarr_group_too(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    npal("report")
    group = zarr.open_group(REPORT / "results.zarr", mode="r")
    names = group.attrs["names"]
    strategy = [names["strategy"][code] for code in group["strategy"][:]]
    metric = [names["metric"][code] for code in group["metric"][:]]
    evaluation = [names["evaluation"][code] for code in group["evaluation"][:]]
    cell = list(zip(strategy, metric, evaluation, strict=True)).index(("uncsamp", "auac", "held_out"))
    table = pd.read_csv(REPORT / "tables" / "table_01_waveform_logistic_accuracy.csv")
    wanted = (table["strategy"] == "uncsamp") & (table["metric"] == "auac") & (table["evaluation"] == "held_out")
    row = table[wanted].iloc[0]
    assert group["mean"][cell] == pytest.approx(row["mean"])
    assert group["runs"][cell] == 2


def test_the_report_is_the_same_bytes_again(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    npal("report")
    before = contents(REPORT)
    npal("report", "--force")
    assert contents(REPORT) == before


def test_a_report_that_is_up_to_date_is_left_as_it_is(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    first = npal("report")
    made = (REPORT / "index.html").stat().st_mtime_ns
    again = npal("report")
    assert "data/report is up to date" in again.stderr
    assert again.stdout == first.stdout
    assert (REPORT / "index.html").stat().st_mtime_ns == made


@pytest.mark.parametrize("change", ["a file goes", "other runs", "more results", "it was damaged"])
def test_a_report_is_made_anew_when_anything_is_different(npal, change):
    npal("acquire", "--strategy", "random")
    npal("report")
    arguments = []
    if change == "a file goes":
        (REPORT / "metrics.json").unlink()
    elif change == "other runs":
        arguments = ["--seed", 1]
    elif change == "more results":
        npal("acquire", "--strategy", "uncsamp")
    else:
        (REPORT / "made_from.json").write_text("[]")
    assert "making data/report" in npal("report", *arguments).stderr
    assert (REPORT / "metrics.json").exists()
    assert "up to date" in npal("report", *arguments).stderr


def test_a_strategy_with_fewer_steps_is_left_out_aloud(npal):
    npal("acquire", "--strategy", "random")
    npal("acquire", "--strategy", "uncsamp", "--steps", 1)
    assert "uncsamp.zarr holds 1 of 2 steps: left out" in npal("report").stderr
    table = pd.read_csv(REPORT / "tables" / "table_01_waveform_logistic_accuracy.csv")
    assert set(table["strategy"]) == {"random"}


def test_runs_of_other_problems_or_options_are_left_out_aloud(npal):
    npal("acquire", "--strategy", "random")
    params = Path("params.yaml").read_text()
    Path("params.yaml").write_text(params.replace("annotated: 40", "annotated: 60"))
    npal("acquire", "--strategy", "uncsamp")
    said = npal("report").stderr
    assert "random.zarr: 2 runs are of other prepared problems: left out" in said
    Path("params.yaml").write_text(
        params.replace("annotated: 40", "annotated: 60").replace("{steps: 2", "{steps: 1, batch_size: 2")
    )
    npal("acquire", "--strategy", "cbal", "--strategy", "random")
    assert "uncsamp.zarr: other classifier options or batch size" in npal("report").stderr


def test_one_run_of_one_strategy_is_a_report_too(npal):
    npal("acquire", "--strategy", "random", "--seed", 1)
    npal("report")
    assert "nan" not in (REPORT / "report.md").read_text()


def test_experiments_can_be_left_out(npal):
    npal("acquire", "--strategy", "random", "--classifier", "logistic", "--classifier", "svm")
    npal("report", "--classifier", "svm")
    assert [path.name for path in (REPORT / "tables").glob("*accuracy.csv")] == ["table_11_waveform_svm_accuracy.csv"]


def test_runs_can_be_left_out(npal):
    npal("acquire", "--strategy", "random", "--data-seed", "1..3", "--seed", 1)
    npal("report", "--data-seed", "2..3", "--seed", 1)
    table = pd.read_csv(REPORT / "tables" / "table_01_waveform_logistic_accuracy.csv")
    assert set(table["runs"]) == {2}


@pytest.mark.parametrize("selection", [("--seed", 7), ("--data", "typo"), ("--classifier", "svm")])
def test_what_was_never_acquired_is_refused_and_the_report_kept(npal, selection):
    npal("acquire", "--strategy", "random")
    npal("report")
    before = contents(REPORT)
    said = npal("report", *selection, code=1).stderr.splitlines()
    assert len(said) == 1
    assert "there is waveform/imbalanced_weighted/logistic; the report is left as it was" in said[0]
    assert contents(REPORT) == before


def test_a_damaged_artifact_is_left_out_aloud(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    (Path("data/acquired/waveform/imbalanced_weighted/logistic/uncsamp.zarr") / "zarr.json").write_text("{")
    assert "left out: data/acquired/waveform/imbalanced_weighted/logistic/uncsamp.zarr" in npal("report", code=3).stderr
    table = pd.read_csv(REPORT / "tables" / "table_01_waveform_logistic_accuracy.csv")
    assert set(table["strategy"]) == {"random"}


def test_nothing_acquired_is_a_page_that_says_so(npal):
    result = npal("report")
    assert "nothing to report yet; make something with: npal acquire" in result.stderr
    assert "data/report/index.html" in result.stdout
    page = (REPORT / "index.html").read_text()
    assert "npal acquire --data mushrooms --setting imbalanced_weighted --classifier svm" in page


def test_a_part_of_the_study_is_a_page_that_says_what_is_missing(npal):
    npal("acquire", "--strategy", "random", "--seed", 1)
    npal("report")
    assert (
        "npal acquire --data waveform --setting imbalanced_weighted --classifier logistic --strategy uncsamp"
        in (REPORT / "index.html").read_text()
    )


def test_the_page_says_what_was_computed_and_what_it_took(npal):
    npal("acquire", "--strategy", "np")
    npal("report")
    timing = json.loads(Path("data/timings/acquired/waveform/imbalanced_weighted/logistic/np.json").read_text())
    assert set(timing) == {"seconds", "runs", "steps", "refits", "networks"}
    assert (timing["runs"], timing["networks"]) == (2, 4)  # a network for each of two steps
    page = (REPORT / "index.html").read_text()
    assert f"<td>{timing['refits']:,}</td>" in page
    assert "train_np.learning_rate=0.001" in page
    prepared = read(Path("data/prepared/waveform/imbalanced_weighted.zarr"), PreparedRecord)[0]
    assert run_digest(prepared, Run(1, 1), digests_of(prepared)) in page


def test_a_hostile_name_is_shown_escaped(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    folder = Path("data/acquired/waveform/imbalanced_weighted/logistic")
    hostile = "<img src=x onerror=alert(1)>"
    (folder / "uncsamp.zarr").rename(folder / f"{hostile}.zarr")
    npal("report")
    for path in REPORT.glob("*.[hm]*"):
        assert hostile not in path.read_text(), path
    assert "&lt;img src=x onerror=alert(1)&gt;" in (REPORT / "index.html").read_text()


def test_the_page_is_opened_when_asked_for(npal, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    npal("report", "--open")
    assert opened == [(REPORT / "index.html").resolve().as_uri()]


def test_figures_are_of_the_kinds_that_params_yaml_names(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    npal("report")
    assert {path.name for path in (REPORT / "figures").iterdir()} == {"svg"}
    Path("params.yaml").write_text(Path("params.yaml").read_text().replace("figures: []", "figures: [png]"))
    npal("report")
    assert {path.name for path in (REPORT / "figures").iterdir()} == {"svg", "png"}
