"""How long the page to label on takes for an answer, idle and while the next round is chosen.

    python -m benchmarks.serving --rows 300000

The requests go to the server's application in this process, so the network takes no part in it.
"""

import argparse
import os
import time
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from starlette.testclient import TestClient
from typer.testing import CliRunner

from npal_cli.cli import app
from npal_cli.cli_goal import labelling_of
from npal_cli.cli_options import RowOptions
from npal_cli.serving.app import app_of
from npal_cli.serving.following import Following
from npal_cli.serving.session import Session
from npal_cli.serving.shown import Shown

TOKEN, PORT, ANSWERS, LABELLED = "token", 8765, 60, 60


def main() -> None:
    """Print the milliseconds of answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    draws = np.random.default_rng(0)
    table = pd.DataFrame(draws.normal(size=(rows, 10)), columns=[f"x{i}" for i in range(10)])
    labels = pd.Series(np.where(table["x0"] > 0, "yes", "no")).where(np.arange(rows) < LABELLED)
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        table.assign(y=labels).to_parquet("big.parquet")
        CliRunner().invoke(app, ["prepare", "--data", "big.parquet", "--target", "y", "--quiet"])
        labelling = labelling_of(RowOptions(data="big", quiet=True), "big")
        session = Session(labelling, Following(labelling, 10, "margin"), Shown(labelling.table))
        page = TestClient(app_of(session, TOKEN, PORT), base_url=f"http://127.0.0.1:{PORT}")
        page.get(f"/?token={TOKEN}")
        taken: dict[bool, list[float]] = {False: [], True: []}
        while min(map(len, taken.values())) < ANSWERS // 2:
            state = page.get("/state", params={"tab": "one"}).json()
            if state["row"] is None or (state["working"] and len(taken[True]) >= ANSWERS // 2):
                time.sleep(0.01)
                continue
            start = time.perf_counter()
            page.post("/answer", json={"tab": "one", "name": state["row"]["id"], "label": "yes"})
            taken[state["working"]].append(1e3 * (time.perf_counter() - start))
            time.sleep(0.1)
        os.chdir("/")
    for working, found in taken.items():
        what = "while a round is chosen" if working else "idle"
        print(f"{what}: {len(found)} answers, median {np.median(found):.0f} ms, largest {max(found):.0f} ms")


if __name__ == "__main__":
    main()
