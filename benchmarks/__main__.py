"""``python -m benchmarks``: measure everything, print it, and write JSON, Markdown and a plot."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import matplotlib.pyplot as plt
import typer
from tabulate import tabulate

from benchmarks import networks, refits
from benchmarks.shapes import large_pool, shapes
from npal_cli.classifiers import ClassifierOptions, make_classifier
from npal_cli.engine import Engine
from npal_cli.refit import refit

POOLS = (1_000, 10_000, 100_000, 1_000_000)


def main(
    out: Annotated[Path, typer.Option(help="Folder of the results.")] = Path("docs/science/benchmarks"),
    raw: Annotated[Path, typer.Option(help="Folder of raw data files.")] = Path("data/raw"),
    mnist: Annotated[Path | None, typer.Option(help="Folder of MNIST's IDX files.")] = None,
    pool: Annotated[int | None, typer.Option(hidden=True)] = None,
    compile_only: Annotated[str | None, typer.Option(hidden=True)] = None,
) -> None:
    """Measure refits and networks side by side; takes some minutes."""
    if pool is not None:
        print(json.dumps(_score_pool(pool)))
        return
    if compile_only is not None:
        print(json.dumps(_first_call(compile_only)))
        return
    speed = refits.gflops()
    results: dict[str, Any] = {"machine": _machine(), "gflops": speed, "refits": []}
    for shape in shapes(raw, mnist):
        measured = refits.measure(shape, speed)
        print(tabulate([refits.as_row(measured)], tablefmt="plain"), flush=True)
        results["refits"].append(asdict(measured) | {"row": refits.as_row(measured)})
    sizes = {"logistic": 1_000_000, "svm": 100_000}
    results["two cores"] = {name: refits.two_cores(large_pool(size), name) for name, size in sizes.items()}
    results["pools"] = [_in_another_process("--pool", str(size)) for size in POOLS]
    with tempfile.TemporaryDirectory() as cache:
        calls = [_in_another_process("--compile-only", name, NUMBA_CACHE_DIR=cache) for name in ("logistic", "svm") * 2]
    results["first call: seconds"] = {"logistic": calls[0], "svm": calls[1]}
    results["first call, cached: seconds"] = {"logistic": calls[2], "svm": calls[3]}
    results["networks"] = networks.measure()
    results["published"] = networks.PUBLISHED
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(results, indent=2) + "\n")
    text = _markdown(results)
    (out / "results.md").write_text(text)
    _plot(results, out / "results.png")
    print(text)


def _score_pool(size: int) -> dict[str, float]:
    task = make_classifier("logistic", ClassifierOptions())
    refit([large_pool(10)], task, Engine(1))
    problem = large_pool(size)
    start = time.perf_counter()
    refit([problem], task, Engine(1))
    seconds = time.perf_counter() - start
    # VmHWM begins with this process; what getrusage gives begins with its parent.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {"pool": size, "seconds": seconds, "peak GiB": int(status["VmHWM"].split()[0]) / 2**20}


def _first_call(classifier: str) -> float:
    start = time.perf_counter()
    refit([large_pool(10)], make_classifier(classifier, ClassifierOptions()), Engine(1))
    return time.perf_counter() - start


def _in_another_process(*arguments: str, **environment: str) -> Any:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    return json.loads(done.stdout)


def _machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _markdown(results: dict[str, Any]) -> str:
    rows = [one["row"] for one in results["refits"]]
    pools = [{key: float(f"{value:.3g}") for key, value in one.items()} for one in results["pools"]]
    facts = [f"{name}: {value:.3g}" for name, value in results["networks"].items()]
    facts += [
        f"{name}: " + ", ".join(f"{each} {value:.3g}" for each, value in results[name].items())
        for name in ("two cores", "first call: seconds", "first call, cached: seconds")
    ]
    low, high = results["published"]["seconds a step"]
    facts.append(
        f"published code, as quoted: {1e3 * low:.0f}-{1e3 * high:.0f} milliseconds a step, "
        f"{results['published']['seconds a network']:.0f} seconds a network"
    )
    head = (
        "# Refits, measured\n\n*The measurements behind the page on speed.*\n\n"
        "Refits a second on one core (medians of rounds in turns). `scikit-learn` is a plain loop of converged fits; "
        "`limit` is the arithmetic that no refit can do without at the core's measured "
        f"{results['gflops']:.0f} GFLOP/s. {results['machine']}."
    )
    table = tabulate(rows, headers="keys", tablefmt="github", intfmt=",")
    curve = "One pool of 21 features, 100 annotated points, 200 evaluation points, logistic, one core:"
    return (
        "\n\n".join(
            [
                head,
                table,
                curve,
                tabulate(pools, headers="keys", tablefmt="github"),
                "\n".join(f"- {fact}" for fact in facts),
            ]
        )
        + "\n"
    )


def _plot(results: dict[str, Any], path: Path) -> None:
    names = ("sequential", "torch", "numba")
    colours = ("#9aa5b1", "#e08e45", "#2f6fab")
    measured = results["refits"][::-1]
    figure, axes = plt.subplots(figsize=(9, 0.42 * len(measured) + 1.2), layout="constrained")
    for offset, (name, colour) in enumerate(zip(names, colours, strict=True)):
        places = [i + 0.27 * (offset - 1) for i in range(len(measured))]
        axes.barh(places, [one["ratios"][name] for one in measured], height=0.25, color=colour, label=name)
    for i, one in enumerate(measured):
        axes.plot([one["target"]] * 2, [i - 0.42, i + 0.42], color="black", linewidth=1.2)
    axes.set_xscale("log")
    axes.set_yticks(range(len(measured)), [f"{one['shape']} ({one['classifier']})" for one in measured], fontsize=8)
    axes.set_xlabel("refits a second, as a multiple of a plain scikit-learn loop (line: target)")
    axes.legend(loc="lower right", frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    typer.run(main)
