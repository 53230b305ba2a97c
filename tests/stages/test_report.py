"""``npal report`` on real runs, whole and partial."""

import json
from pathlib import Path

import pandas as pd
import pytest
import zarr

from npal_cli.artifacts import read
from npal_cli.records import AcquiredRecord
from tests.stages.conftest import contents

REPORT = Path("data/report")


def test_the_report_shows_what_was_acquired(npal):
    npal("acquire", "--setting", "balanced", "--setting", "imbalanced")
    printed = npal("report").stdout.splitlines()
    whole = {str(path) for path in REPORT.rglob("*") if path.is_file() and "results.zarr" not in path.parts}
    assert set(printed) == {*whole, "data/report/results.zarr"}
    names = {Path(path).name for path in printed}
    assert {
        "table_01_waveform_logistic_accuracy.csv",
        "table_08_waveform_logistic_rare_class.tex",
        "figure_03_waveform_logistic.svg",
        "figure_04_ranks_logistic.png",
        "figure_09_waveform_logistic_loss.svg",
        "metrics.json",
        "report.md",
    } <= names
    record = read(Path("data/acquired/waveform/balanced/logistic/uncsamp.zarr"), AcquiredRecord)[0]
    metrics = json.loads((REPORT / "metrics.json").read_text())["waveform"]["logistic"]["balanced"]["uncsamp"]
    assert metrics["auac_mean"] == pytest.approx(record.auac.mean())
    assert metrics["runs"] == 2
    curves = pd.read_csv(REPORT / "plots" / "curves.csv")
    drawn = curves[(curves["experiment"] == "waveform logistic balanced") & (curves["strategy"] == "uncsamp")]
    assert drawn["score"].tolist() == pytest.approx(record.score.mean(axis=0).tolist(), rel=1e-5)


def test_the_figures_of_the_tables_are_a_zarr_group_too(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    npal("report")
    group = zarr.open_group(REPORT / "results.zarr", mode="r")
    names = group.attrs["names"]
    strategy = [names["strategy"][code] for code in group["strategy"][:]]
    metric = [names["metric"][code] for code in group["metric"][:]]
    cell = list(zip(strategy, metric, strict=True)).index(("uncsamp", "auac"))
    table = pd.read_csv(REPORT / "tables" / "table_01_waveform_logistic_accuracy.csv")
    row = table[(table["strategy"] == "uncsamp") & (table["metric"] == "auac")].iloc[0]
    assert group["mean"][cell] == pytest.approx(row["mean"])
    assert group["runs"][cell] == 2


def test_the_report_is_the_same_bytes_again(npal):
    npal("acquire", "--strategy", "random", "--strategy", "uncsamp")
    npal("report")
    before = contents(REPORT)
    npal("report")
    assert contents(REPORT) == before


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
