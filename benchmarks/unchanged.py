"""Whether a change of the code changed a result: the digest of every array of every artifact, then and now.

Write them with the code as it was, and compare with the code as it is::

    python -m benchmarks.unchanged then.json --root then
    python -m benchmarks.unchanged then.json --root now

Every strategy acquires on waveform, imbalanced, with both classifiers, over three runs; the report's tables are
compared too. Parameters and digests of inputs are not: they may get other names without any result changing.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import zarr

WORK = "--data waveform --setting imbalanced --data-seed 1 --seed 1..3"


def run(root: Path, *arguments: str) -> None:
    """Run one npal command."""
    command = [sys.executable, "-m", "npal_cli", *arguments, "--root", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def digests(root: Path) -> dict[str, str]:
    """The digest of each array and each table under ``root``, by its place."""
    found = {}
    for store in sorted(path for path in root.rglob("*.zarr") if ".work" not in path.parts):
        for name, values in sorted(zarr.open_group(store, mode="r").members(max_depth=None)):
            if isinstance(values, zarr.Array):
                content = np.ascontiguousarray(values[...])
                said = f"{content.dtype.str}{content.shape}".encode() + content.tobytes()
                found[f"{store.relative_to(root)}:{name}"] = hashlib.sha256(said).hexdigest()
    for table in sorted((root / "report").rglob("*.csv")):
        found[str(table.relative_to(root))] = hashlib.sha256(table.read_bytes()).hexdigest()
    return found


def main() -> None:
    """Make what is missing under the root, then write the digests, or compare them with those that are there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("digests", type=Path, help="where they are, or are to be")
    parser.add_argument("--root", type=Path, required=True, help="folder of the artifacts that are made")
    arguments = parser.parse_args()
    for classifier in ("logistic", "svm"):
        run(arguments.root, "acquire", *WORK.split(), "--classifier", classifier, "--compare")
    run(arguments.root, "report")
    now = digests(arguments.root)
    if not arguments.digests.exists():
        arguments.digests.write_text(json.dumps(now, indent=1) + "\n")
        print(f"{len(now)} arrays and tables written to {arguments.digests}")
        return
    then = json.loads(arguments.digests.read_text())
    lacking, changed = sorted(then.keys() - now.keys()), [key for key in then if key in now and now[key] != then[key]]
    print(f"{len(then)} arrays and tables then: {len(changed)} changed, {len(lacking)} lacking")
    print("\n".join(["changed:", *changed, "lacking:", *lacking]))
    sys.exit(bool(changed or lacking))


if __name__ == "__main__":
    main()
