"""Disturbs each command in each way so many times, and counts what happened."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from tests.faults.faults import FAULTS, GOOD
from tests.faults.work import CHAIN, Study


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--fault", action="append", choices=FAULTS, help="repeatable (default: all)")
    parser.add_argument("--command", action="append", choices=CHAIN, help="repeatable (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        study = Study(Path(folder), given.command or tuple(CHAIN))
        for name in given.fault or FAULTS:
            start, counts = perf_counter(), Counter[str]()
            draws = np.random.default_rng([given.seed, list(FAULTS).index(name)])
            for outcome, said in FAULTS[name](study, Path(folder) / "disturbed", given.times, draws):
                counts[outcome] += 1
                if outcome not in GOOD:
                    print(f"    {outcome}: {said}", flush=True)
            total += counts
            told = ", ".join(f"{count:,} {what}" for what, count in sorted(counts.items()))
            print(f"{name}: {told}; {perf_counter() - start:.0f} s", flush=True)
    sys.exit(bool(set(total) - GOOD))


if __name__ == "__main__":
    main()
