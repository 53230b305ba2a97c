"""Labelling one's own rows, by an annotator outside npal: chosen rows against random ones, and what `status` says.

The script takes tables in, reads ``next_batch.csv``, writes ``answers.csv``, and knows all labels; npal does not::

    python -m benchmarks.own_rows --sources DIR --seeds 20 --output own_rows.json

Each table has 20 labels; ten rounds of ten rows follow. Scored are rows that were never in the table. DIR holds
``agaricus-lepiota.data`` (mushrooms, a CSV of letters) and ``a1a`` (adult).
"""

import argparse
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_svmlight_file
from typer.testing import CliRunner

from npal_cli.cli import app
from npal_cli.cli_context import context_of
from npal_cli.cli_options import RowOptions
from npal_cli.labelling.goal import Goal
from npal_cli.labelling.rounds import Labelling

ROUNDS, BATCH, STARTING = 10, 10, 20
HALF, AHEAD = 5, 40
"""Forecast after these rounds is what the rest bring: so many labels to learn from, the others being measured on."""
SIZES = {"own_mushrooms": 2000, "own_adult": 1100, "own_digits": 1200}
"""Rows of the table; the others are new."""


def tables(sources: Path) -> dict[str, pd.DataFrame]:
    """All rows of each table, the label in the column ``y``."""
    letters = pd.read_csv(sources / "agaricus-lepiota.data", header=None, dtype=str, keep_default_na=False)
    mushrooms = letters.rename(columns={0: "y"}).rename(columns=str)
    x, y = load_svmlight_file(str(sources / "a1a"), n_features=119)
    adult = pd.DataFrame(x.toarray().astype(int), columns=[f"f{i}" for i in range(119)]).assign(y=y.astype(int))
    digits = load_digits()
    images = pd.DataFrame(digits.data, columns=[f"x{i}" for i in range(64)]).assign(y=digits.target)
    return {"own_mushrooms": mushrooms, "own_adult": adult, "own_digits": images}


def npal(*arguments: object) -> str:
    """What a command prints.

    Raises:
        RuntimeError: if it fails.
    """
    done = CliRunner().invoke(app, [*map(str, arguments), "--quiet"])
    if done.exit_code:
        raise RuntimeError(f"npal {' '.join(map(str, arguments))}: {done.output} {done.exception!r}")
    return done.stdout


def write(name: str, table: pd.DataFrame, labelled: np.ndarray) -> str:
    """Write the file that is taken in."""
    y = table["y"].astype(object).where(labelled, None)
    if name != "own_digits":
        table.assign(y=y).to_csv(f"{name}.csv", index=False)
        return f"{name}.csv"
    numbers = np.array([np.nan if value is None else float(value) for value in y])
    np.savez("own_digits.npz", X=table.drop(columns="y").to_numpy(), y=numbers)
    return "own_digits.npz"


def rounds(name: str, table: pd.DataFrame, new: pd.DataFrame, strategy: str, seed: int) -> Iterator[dict[str, Any]]:
    """What is known after each round."""
    truth = table["y"].astype(str).tolist()
    labelled = np.isin(np.arange(len(table)), np.random.default_rng(seed).choice(len(table), STARTING, replace=False))
    npal("prepare", "--data", write(name, table, labelled), "--target", "y")
    new.drop(columns="y").to_csv("new.csv", index=False)
    for number in range(ROUNDS + 1):
        if number:
            asked = json.loads(
                npal("acquire", "--data", name, "--batch", BATCH, "--strategy", strategy, "--seed", seed, "--json")
            )
            batch = pd.read_csv(asked["batch"], dtype={"id": str})
            labels = [truth[int(row) - 1] for row in batch["id"]]
            pd.DataFrame({"id": batch["id"], "label": labels}).to_csv("answers.csv", index=False)
            npal("label", "--data", name, "answers.csv", *(f"--new-class={each}" for each in set(truth)))
        status = json.loads(npal("status", "--data", name, "--json"))
        measured = Labelling.of(context_of(RowOptions(data=name, quiet=True), refits="auto"), name).status()
        kept_apart = [measured.book.table.position[row] for row in measured.book.reserved(Goal(seed=seed))]
        true_score = None
        if number:
            right = measured.measurement.last_predictions() == np.array(truth)
            true_score = float(right[kept_apart].mean())  # of the model that `status` measures, on all such rows
        npal("predict", "--data", name, "new.csv", "--output", "predicted.csv", "--force")
        predicted = pd.read_csv("predicted.csv", dtype=str)["predicted"].to_numpy()
        accuracy = float((predicted == new["y"].astype(str).to_numpy()).mean())
        found = {"round": number, "accuracy": accuracy, "true_score": true_score, "status": status}
        if number == HALF:
            ahead = json.loads(npal("worth", "--data", name, "--labels", AHEAD, "--json"))[0]
            found["forecast"] = ahead["random" if strategy == "random" else "chosen"]
        yield found


def main() -> None:
    """Run what the output does not hold yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--data", action="append", choices=list(SIZES))
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    output, all_tables = arguments.output.resolve(), tables(arguments.sources)
    found: dict[str, Any] = json.loads(output.read_text()) if output.exists() else {}
    for seed in range(1, arguments.seeds + 1):
        for name in arguments.data or SIZES:
            rows = np.random.default_rng([seed, 0]).permutation(len(all_tables[name]))
            shuffled = all_tables[name].iloc[rows].reset_index(drop=True)
            table, new = shuffled[: SIZES[name]], shuffled[SIZES[name] :]
            for strategy in ("random", "blend"):
                key = f"{name}/{seed}/{strategy}"
                if key in found:
                    continue
                with TemporaryDirectory() as folder:
                    os.chdir(folder)
                    found[key] = list(rounds(name, table, new, strategy, seed))
                    os.chdir(output.parent)
                output.write_text(json.dumps(found))
                print(key, [round(each["accuracy"], 3) for each in found[key]])
    for line in summary(found):
        print(line)


def summary(found: dict[str, Any]) -> Iterator[str]:
    """Accuracies, paired; and how often the interval of `status` held the truth, as far as the script can tell."""
    for name in dict.fromkeys(key.split("/")[0] for key in found):
        keys = [key for key in found if key.startswith(f"{name}/") and key.endswith("/blend")]
        pairs = [(found[key], found[key.replace("/blend", "/random")]) for key in keys]
        for number in (1, 2, 5, 10):
            chosen, random = (np.array([pair[i][number]["accuracy"] for pair in pairs]) for i in (0, 1))
            error = 2 * (chosen - random).std(ddof=1) / np.sqrt(len(pairs)) if len(pairs) > 1 else np.nan
            yield (
                f"{name} round {number}: blend {chosen.mean():.3f}, random {random.mean():.3f}, "
                f"difference {(chosen - random).mean():+.3f} +- {error:.3f} ({len(pairs)} seeds)"
            )
        rounds_of = [each for runs in pairs for run in runs for each in run if each["true_score"] is not None]
        held = [
            e["status"]["rounds"][-1]["score"]["low"] <= e["true_score"] <= e["status"]["rounds"][-1]["score"]["high"]
            for e in rounds_of
        ]
        yield f"{name}: intervals hold the truth in {np.mean(held):.1%} of {len(held)} rounds"
        halves = [
            (run[HALF]["forecast"], run[ROUNDS]["true_score"] - run[HALF]["true_score"]) for p in pairs for run in p
        ]
        told, came = np.array([each["mean"] for each, _ in halves]), np.array([gain for _, gain in halves])
        inside = np.mean([each["low"] <= gain <= each["high"] for each, gain in halves])
        yield (
            f"{name}: of {AHEAD} labels more, forecast {told.mean():+.3f}, came {came.mean():+.3f}; "
            f"mean absolute error {np.abs(told - came).mean():.3f}; intervals hold {inside:.1%} of {len(halves)}"
        )


if __name__ == "__main__":
    main()
