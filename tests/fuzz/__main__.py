"""Tries damaged inputs on each reader in processes of their own, and counts what happened."""

import argparse
import sys
from collections import Counter
from time import perf_counter

from tests.fuzz.readers import READERS
from tests.fuzz.trying import GOOD, try_reader


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--reader", action="append", help="one of them; repeatable (default: all)")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    total: Counter[str] = Counter()
    for reader in READERS:
        if given.reader and reader.name not in given.reader:
            continue
        start = perf_counter()
        tried = try_reader(reader, given.inputs, given.seed)
        total += tried.counts
        counts = ", ".join(f"{count:,} {what}" for what, count in sorted(tried.counts.items()))
        print(f"{reader.name}: {counts}; {perf_counter() - start:.0f} s", flush=True)
        for number, said in tried.wrong[:5]:
            print(f"    input {number}: {said}", flush=True)
    print("in all:", ", ".join(f"{count:,} {what}" for what, count in sorted(total.items())))
    sys.exit(bool(set(total) - GOOD))


if __name__ == "__main__":
    main()
