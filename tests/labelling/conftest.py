"""A table with rows to label, and somebody who knows."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.commands import Npal, npal

__all__ = ["npal"]

ROWS = 240
LABELLED = 30


@pytest.fixture
def leads() -> pd.DataFrame:
    """All rows with their labels."""
    draws = np.random.default_rng(0)
    x = draws.normal(size=(ROWS, 3))
    plan = draws.choice(["basic", "pro"], ROWS)
    churned = x[:, 0] - x[:, 1] + (plan == "basic") + 0.5 * draws.normal(size=ROWS) > 0.5
    table = pd.DataFrame(x.round(4), columns=["visits", "spent", "calls"])
    return table.assign(plan=plan, customer=[f"C{i:03d}" for i in range(ROWS)], churned=np.where(churned, "yes", "no"))


@pytest.fixture
def begun(npal: Npal, leads: pd.DataFrame) -> Npal:
    """The table was taken in with thirty labels."""
    Path("params.yaml").unlink()
    leads.assign(churned=leads["churned"].where(leads.index < LABELLED)).to_csv("leads.csv", index=False)
    npal("prepare", "--data", "leads.csv", "--target", "churned", "--id", "customer")
    return npal


@pytest.fixture
def annotate(npal: Npal, leads: pd.DataFrame) -> Callable[..., None]:
    """An annotator outside npal, who sees ``next_batch.csv`` alone, and gives ``answers.csv`` back."""
    truth = leads.set_index("customer")["churned"]

    def answer(batch: pd.DataFrame) -> None:
        table = pd.DataFrame({"id": batch["id"], "label": truth[batch["id"]].to_numpy()})
        table.to_csv("answers.csv", index=False)
        npal("label", "--data", "leads", "answers.csv")

    return answer


def batch_of(npal: Npal, size: int = 10, *arguments: object) -> pd.DataFrame:
    """The next batch."""
    npal("acquire", "--data", "leads", "--batch", size, *arguments)
    return pd.read_csv("data/next/leads/next_batch.csv", dtype={"id": str})


def journal() -> bytes:
    path = Path("data/labels/leads.jsonl")
    return path.read_bytes() if path.exists() else b""
