"""Every loader gives the very array that the paper's code reads."""

import gzip

import numpy as np
import pytest

from npal_cli.errors import DataError, UsageError
from npal_cli.problems.datasets import REGISTRY, default_standardise, load_dataset, source_digest
from npal_cli.problems.sets.uci import ADULT, WAVEFORM_UCI
from npal_cli.problems.sets.waveform import UCI_CLASS_COUNTS, generate_waveform
from npal_cli.problems.sources import Sources


def sorted_rows(values):
    return values[np.lexsort(np.round(values, 6).T)]


@pytest.mark.parametrize(("name", "paper"), [("mushrooms", "paper_mushrooms"), ("adult", "paper_adult")])
def test_features_and_labels_equal_the_papers(name, paper, sources, real_data):
    arrays = np.load(real_data / "uci" / f"{paper}.npz")
    data = load_dataset(name, sources)
    np.testing.assert_array_equal(data.features, arrays["X"])
    np.testing.assert_array_equal(data.labels, arrays["y"].ravel())


def test_waveform_uci_equals_the_papers_but_for_the_order_of_rows(sources, real_data):
    arrays = np.load(real_data / "uci" / "paper_waveform.npz")
    data = load_dataset("waveform_uci", sources)
    ours = np.column_stack([data.features, data.labels])
    theirs = np.column_stack([arrays["X"], arrays["y"].ravel()])
    np.testing.assert_allclose(sorted_rows(ours), sorted_rows(theirs), atol=1e-6)


def test_generated_waveform_has_the_uci_files_classes(tmp_path):
    data = load_dataset("waveform", Sources(tmp_path))
    assert data.features.shape == (5000, 21)
    assert np.bincount(data.labels).tolist() == [UCI_CLASS_COUNTS[0] + UCI_CLASS_COUNTS[2], UCI_CLASS_COUNTS[1]]
    np.testing.assert_allclose(data.features.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.features.std(axis=0, ddof=1), 1)


def test_generated_waveform_is_distributed_as_the_uci_file(real_data):
    features, labels = generate_waveform()
    uci = np.loadtxt(real_data / "uci" / "waveform.data", delimiter=",")
    for c in range(3):
        ours, theirs = features[labels == c], uci[uci[:, 21] == c, :21]
        error = np.sqrt(ours.var(axis=0) / len(ours) + theirs.var(axis=0) / len(theirs))
        assert np.abs((ours.mean(axis=0) - theirs.mean(axis=0)) / error).max() < 4
        assert np.abs(np.corrcoef(ours.T) - np.corrcoef(theirs.T)).max() < 0.12


@pytest.mark.parametrize(
    ("name", "shape", "counts"), [("breast_cancer", (569, 30), [212, 357]), ("digits_3_5", (365, 64), [183, 182])]
)
def test_small_data_sets_come_with_scikit_learn(name, shape, counts, tmp_path):
    data = load_dataset(name, Sources(tmp_path))
    assert data.features.shape == shape
    assert np.bincount(data.labels).tolist() == counts
    assert source_digest(name, Sources(tmp_path)) == "generated"


def test_an_unknown_data_set_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageError, match=r"'mushroom'.*did you mean 'mushrooms'"):
        load_dataset("mushroom", Sources(tmp_path))


def test_a_truncated_file_is_refused_though_accepted_as_unverified(tmp_path, real_data):
    sources = Sources(tmp_path / "raw", progress=False)
    cut = tmp_path / "cut.tsv.gz"
    lines = gzip.decompress((real_data / "uci" / "waveform_21.tsv.gz").read_bytes()).splitlines(keepends=True)
    cut.write_bytes(gzip.compress(b"".join(lines[:100])))
    sources.give(*WAVEFORM_UCI.files, cut, verify=False)
    with pytest.raises(DataError, match="99 rows of 22 columns, expected 5000"):
        load_dataset("waveform_uci", sources)


@pytest.mark.parametrize("name", ["waveform_uci", "mushrooms", "adult"])
@pytest.mark.parametrize("content", [b"", b"not a table: \xff\x00", b"\x1f\x8b\x08 half", b"a,b\n1,2,3\n4\n"])
def test_a_file_that_cannot_be_read_is_one_line(name, content, tmp_path):
    sources = Sources(tmp_path / "raw", progress=False)
    (tmp_path / "bad").write_bytes(content)
    sources.give(*REGISTRY[name].files, tmp_path / "bad", verify=False)
    with pytest.raises(DataError, match="give the published file with --source") as error:
        load_dataset(name, sources)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("number", ["nan", "inf", "1e400"])
def test_a_feature_that_is_not_finite_is_refused_with_its_place(number, tmp_path, real_data):
    lines = (real_data / "uci" / "a1a").read_text().splitlines(keepends=True)
    assert lines[1].split()[2] == "6:1"
    (tmp_path / "bad").write_text("".join([lines[0], lines[1].replace(" 6:1 ", f" 6:{number} "), *lines[2:]]))
    sources = Sources(tmp_path / "raw", progress=False)
    sources.give(*ADULT.files, tmp_path / "bad", verify=False)
    found = rf"feature 6 is {'nan' if number == 'nan' else 'inf'} in row 2, expected a finite number\); give the"
    with pytest.raises(DataError, match=found):
        load_dataset("adult", sources)


@pytest.mark.parametrize(("number", "deviation"), [("1e160", "inf"), ("nan", "nan")])
def test_a_feature_whose_deviation_is_not_finite_is_refused(number, deviation, tmp_path, real_data):
    table = gzip.decompress((real_data / "uci" / "waveform_21.tsv.gz").read_bytes()).decode().splitlines()
    table[7] = "\t".join([table[7].split("\t")[0], number, *table[7].split("\t")[2:]])
    (tmp_path / "bad").write_bytes(gzip.compress("\n".join(table).encode()))
    sources = Sources(tmp_path / "raw", progress=False)
    sources.give(*WAVEFORM_UCI.files, tmp_path / "bad", verify=False)
    with pytest.raises(DataError, match=f"feature 2 has deviation {deviation}, expected a finite one above 0"):
        load_dataset("waveform_uci", sources)


def test_what_is_published_is_standardised_as_the_published_code_does():
    assert {default_standardise(name) for name in REGISTRY} == {"overall"}
    assert default_standardise("mine") == "per_feature"


def test_generated_data_have_a_version_in_place_of_a_digest(tmp_path):
    assert source_digest("waveform", Sources(tmp_path)) == "generated"
