"""Tables of one's own, from the file to prepared features."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from npal_cli.artifacts import read
from npal_cli.records import PreparedRecord
from tests.commands import TINY


@pytest.fixture
def customers(tmp_path: Path) -> Path:
    """A table with eight features of unit scale that tell the class, and beside them an id and an income."""
    draws = np.random.default_rng(0)
    values = draws.normal(size=(1000, 8))
    table = pd.DataFrame(values, columns=[f"answer_{i}" for i in range(8)])
    table.insert(0, "id", np.arange(100_000, 101_000))
    table["income"] = draws.normal(40_000, 9_000, 1000).round(2)
    table["y"] = values.sum(axis=1) + draws.normal(size=1000) > 0
    table.to_csv(tmp_path / "customers.csv", index=False)
    return tmp_path / "customers.csv"


def prepared(npal, file, how=None):
    if how is not None:
        Path("params.yaml").write_text(TINY.replace("prepare: {", f"prepare: {{standardise: {how}, "))
    npal("prepare", "--data", file, "--target", "y", "--setting", "balanced", "--seed", 1)
    record, provenance = read(Path("data/prepared/customers/balanced.zarr"), PreparedRecord)
    return record, provenance.parameters["prepare"]["standardise"]


def accuracy(record: PreparedRecord) -> float:
    """Of a classifier that is fitted to the annotated points, on those of the pool."""
    known, asked = record.annotated[0], record.pool[0]
    weights = record.class_weights[record.labels]
    classifier = LogisticRegression(max_iter=1000)
    classifier.fit(record.features[known], record.labels[known], sample_weight=weights[known])
    return float(classifier.score(record.features[asked], record.labels[asked], sample_weight=weights[asked]))


def test_an_income_and_an_id_do_not_drown_the_other_columns(npal, customers):
    by_default, how = prepared(npal, customers)
    assert how == "per_feature"
    overall, how = prepared(npal, customers, "overall")
    assert how == "overall"
    found = accuracy(by_default), accuracy(overall)
    assert found[0] > found[1] + 0.25
    np.testing.assert_allclose(by_default.features.std(axis=0), 1)


def test_classes_of_an_own_table_are_as_frequent_as_they_are_unless_another_setting_is_named(npal, customers):
    rows = pd.read_csv(customers)
    rows[(rows["y"]) | (rows.index % 4 == 0)].to_csv(customers, index=False)
    npal("prepare", "--data", customers, "--target", "y", "--seed", 1)
    npal("acquire", "--data", "customers", "--seed", 1, "--strategy", "random", "--strategy", "margin")
    assert [path.name for path in Path("data/prepared/customers").iterdir()] == ["natural.zarr"]
    record, _ = read(Path("data/prepared/customers/natural.zarr"), PreparedRecord)
    counts = np.bincount(record.labels)
    parts = [record.annotated, record.pool, record.reward, record.test]
    assert sum(part.shape[1] for part in parts) == counts.sum()
    assert record.class_weights.tolist() == [1, 1]
    assert record.rare_classes.tolist() == [int(counts.argmin())]
    npal("report")
    assert "customers, natural" in Path("data/report/index.html").read_text()


def test_what_is_registered_is_standardised_overall_whether_it_is_said_or_not(npal):
    npal("prepare")
    record, provenance = read(Path("data/prepared/waveform/imbalanced_weighted.zarr"), PreparedRecord)
    assert provenance.parameters["prepare"]["standardise"] == "overall"
    assert record.features.std() == pytest.approx(1)
    Path("params.yaml").write_text(TINY.replace("prepare: {", "prepare: {standardise: overall, "))
    assert "up to date" in npal("prepare").stderr


def test_a_number_that_nothing_can_be_told_from_is_one_line(npal, customers):
    lines = customers.read_text().splitlines()
    lines[17] = lines[17].replace(lines[17].split(",")[9], "1e160")
    customers.write_text("\n".join(lines))
    result = npal("prepare", "--data", customers, "--target", "y", code=1)
    assert "column 'income': 1e+160 in row 17 is so large" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_huge_number_in_published_data_names_them(npal, real_data):
    lines = (real_data / "uci" / "a1a").read_text().splitlines(keepends=True)
    Path("bad").write_text("".join([lines[0], lines[1].replace(" 6:1 ", " 6:1e160 "), *lines[2:]]))
    result = npal("prepare", "--data", "adult", "--source", "bad", "--allow-unverified", code=1)
    last = result.stderr.splitlines()[-1]
    assert "adult: feature 1: its values cannot be told apart" in last
    assert "beside 1e+160 in row 2 of feature 6; correct that number" in last
