"""Rows that are kept apart to measure on."""

import numpy as np
import pandas as pd
import pytest

from npal_cli.labelling.audit import draw, due, reserve
from npal_cli.labelling.sheet import escaped, unescaped, write

NAMES = [f"C{i}" for i in range(4000)]


def test_they_are_a_random_share_of_the_rows():
    kept = reserve(NAMES, 0.2, seed=1)
    assert len(kept) == pytest.approx(800, abs=4 * np.sqrt(4000 * 0.2 * 0.8))
    drawn = np.array([draw(name, 1) for name in NAMES])
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx(400, abs=80)
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.06
    assert kept != reserve(NAMES, 0.2, seed=2)


def test_rows_that_are_added_change_nothing_for_those_that_were_there():
    before, after = reserve(NAMES[:2000], 0.2, seed=1), reserve(NAMES, 0.2, seed=1)
    assert [name for name in after if name in set(NAMES[:2000])] == before
    assert reserve(NAMES, 0.1, seed=1) == after[: len(reserve(NAMES, 0.1, seed=1))]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.5, 1.0])
@pytest.mark.parametrize("batch", [1, 3, 10])
def test_their_share_of_what_was_asked_is_kept(share, batch):
    audited = 0
    for asked in range(0, 30 * batch, batch):
        audited += due(share, asked, audited, batch)
        assert audited == int(share * (asked + batch) + 1e-9)


def test_no_cell_of_a_sheet_is_a_formula(tmp_path):
    cells = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "plain", "-12.5", "'tis", None, 3.5, -4]
    write(pd.DataFrame({"=name": cells}), tmp_path / "sheet.csv")
    text = (tmp_path / "sheet.csv").read_text().splitlines()
    assert text[:4] == ["'=name", "'=1+1", "'+cmd|' /C calc'!A0", "'-2+3"]
    assert [unescaped(escaped(cell)) for cell in cells[:8]] == cells[:8]
