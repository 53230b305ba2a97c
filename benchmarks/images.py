"""``python -m benchmarks.images``: the parts of the image study side by side, and what Tables 4 to 7 would take.

Each way of training ResNet18 is measured in turns with the plain one: float32, a data loader that collates image by
image, the default memory format. The cost of the study is derived from the measured parts, and says so.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import torch
import typer
from tabulate import tabulate
from torch.utils.data import DataLoader, Dataset
from torch.utils.flop_counter import FlopCounterMode

from npal_cli.classifiers.resnet18.images import Channels
from npal_cli.classifiers.resnet18.network import ResNet18
from npal_cli.classifiers.resnet18.options import ResNetOptions
from npal_cli.classifiers.resnet18.training import Trainer
from npal_cli.params import Params
from npal_cli.strategies.gcn import GCNOptions
from npal_cli.strategies.geometric import k_center_greedy
from npal_cli.strategies.networks.graph import train_graph_network
from npal_cli.strategies.networks.vae import Training
from npal_cli.strategies.vaal import VAALOptions

ROUNDS = 3
H100_TFLOPS = 989.0
"""Dense bfloat16 of an H100 SXM, by its data sheet."""
SHARES = (0.05, 0.1, 0.2)
"""Of that limit, that a training may reach: small images make small matrices."""
SEEDS, SETTINGS, DATA = 3, 3, ("mnist", "fashion_mnist", "svhn", "cifar10")


@dataclass(frozen=True)
class Shape:
    """Images of one kind."""

    name: str
    channels: int
    size: int

    @property
    def training_flops(self) -> float:
        """Floating-point operations of a step forward and backward, per image (counted by torch)."""
        network = ResNet18(self.channels, 10, ResNetOptions().width)
        counter = FlopCounterMode(display=False)
        with counter:
            network(torch.zeros(2, self.channels, self.size, self.size)).logits.sum().backward()
        return counter.get_total_flops() / 2

    @property
    def vaal_flops(self) -> float:
        """The same of one batch of VAAL, of 128 annotated and 128 pool images."""
        options = VAALOptions()
        training = Training(self.channels, options, torch.device("cpu"), np.random.default_rng(0))
        images = torch.zeros(options.batch_size, self.channels, 32, 32)
        counter = FlopCounterMode(display=False)
        with counter:
            training.epoch(images, images)
        return float(counter.get_total_flops())


GREY, COLOUR = Shape("28 x 28, grey", 1, 28), Shape("32 x 32, colour", 3, 32)


class _OneByOne(Dataset[tuple[torch.Tensor, int]]):
    """Images as a plain data loader takes them: converted and normalised one at a time."""

    def __init__(self, images: np.ndarray, labels: np.ndarray, channels: Channels) -> None:
        self._images, self._labels, self._channels = images, labels, channels

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
        return self._channels.normalise(torch.from_numpy(self._images[i : i + 1]))[0], int(self._labels[i])


def main(
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cuda" if torch.cuda.is_available() else "cpu",
    images: Annotated[int | None, typer.Option(help="Images that a way of training is measured on.")] = None,
    out: Annotated[Path, typer.Option(help="The file of the results.")] = Path("docs/science/benchmarks/images.md"),
) -> None:
    """Measure the parts, print them, and write them."""
    place, count = torch.device(device), images or (256 if device == "cpu" else 20_000)
    torch.set_num_threads(1)
    limit = {kind: _limit(place, kind) for kind in (torch.float32, torch.bfloat16)}
    ways = _ways(place)
    trained = [row for shape in (GREY, COLOUR) for row in _training(shape, ways, count, place, limit)]
    text = "\n\n".join(
        [
            "# The image study's parts\n\n*The measurements behind the image study's times.*",
            f"Made by `python -m benchmarks.images` on: {_machine(place)}. Medians of {ROUNDS} rounds in turns.",
            f"## Training ResNet18\n\n{tabulate(trained, headers='keys', tablefmt='github', floatfmt=',.4g')}\n\n"
            "`limit` is the arithmetic of a step at the speed of the largest matrix product measured here: "
            + ", ".join(f"{value:,.0f} GFLOP/s in {str(kind).removeprefix('torch.')}" for kind, value in limit.items())
            + " (a share above 100 % says that convolutions run faster than that). `plain` is float32, a data loader "
            "that collates image by image, and torch's default memory format.",
            f"## Choosing\n\n{tabulate(_choosing(place), headers='keys', tablefmt='github', floatfmt=',.3g')}",
            f"## What Tables 4 to 7 take, derived\n\n{_cost(trained)}",
        ]
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text + "\n")
    print(text)


def _ways(device: torch.device) -> dict[str, ResNetOptions]:
    """The options of each way, by its name; ``plain`` is run by :func:`_plain`."""
    once = ResNetOptions(epochs=1, decay_after=1)
    ways = {
        "plain": once,
        "float32": replace(once, precision="float32"),
        "bfloat16": replace(once, precision="bfloat16"),
    }
    if device.type == "cuda":
        ways["bfloat16, compiled"] = replace(ways["bfloat16"], compile=True)
    return ways


def _training(
    shape: Shape, ways: dict[str, ResNetOptions], count: int, device: torch.device, limit: dict[torch.dtype, float]
) -> list[dict[str, Any]]:
    draws = np.random.default_rng(0)
    images = draws.integers(256, size=(count, shape.channels, shape.size, shape.size), dtype=np.uint8)
    labels, channels = draws.integers(10, size=count), Channels.of(images)
    times: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(ROUNDS + 1):
        for way, options in ways.items():
            trainer = Trainer(options, channels, device)
            run = _plain if way == "plain" else _own
            seconds = _timed(partial(run, trainer, shape, images, labels), device)
            if turn > 0:  # the first warms up
                times[way].append(seconds)
    speeds = {way: count / median(values) for way, values in times.items()}
    rows = []
    for way, speed in speeds.items():
        kind = torch.bfloat16 if "bfloat16" in way else torch.float32
        most = limit[kind] * 1e9 / shape.training_flops
        row = {"images": shape.name, "GFLOP an image": shape.training_flops / 1e9, "way": way, "images a second": speed}
        rows.append({**row, "times plain": speed / speeds["plain"], "limit": most, "share": f"{speed / most:.0%}"})
    return rows


def _own(trainer: Trainer, shape: Shape, images: np.ndarray, labels: np.ndarray) -> None:
    model = trainer.new_model(shape.channels, 10, seed=0)
    placed = torch.as_tensor(images, device=trainer.device), torch.as_tensor(labels, device=trainer.device)
    trainer.train(model, *placed, torch.ones(10, device=trainer.device), torch.Generator().manual_seed(0))


def _plain(trainer: Trainer, shape: Shape, images: np.ndarray, labels: np.ndarray) -> None:
    options = trainer.options
    network = ResNet18(shape.channels, 10, options.width).to(trainer.device)
    optimiser = torch.optim.SGD(network.parameters(), options.learning_rate, options.momentum)
    loader = DataLoader(_OneByOne(images, labels, trainer.channels), options.batch_size, shuffle=True)
    for batch, classes in loader:
        logits = network(batch.to(trainer.device)).logits
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(logits, classes.to(trainer.device)).backward()
        optimiser.step()


def _choosing(device: torch.device) -> list[dict[str, Any]]:
    """What strategies compute beside the network, at the paper's sizes: 10,000 pool points, 5,000 annotated."""
    draws = np.random.default_rng(0)
    pool, annotated = (np.abs(draws.normal(size=(n, 512))).astype(np.float32) for n in (10_000, 5_000))
    nodes = np.concatenate([annotated, pool])
    options, vaal = GCNOptions(epochs=20), VAALOptions()
    few = 256 if device.type == "cpu" else 10_000
    training = Training(3, vaal, device, draws)
    pictures = torch.rand(few, 3, 32, 32, device=device)
    graph = _timed(lambda: train_graph_network(nodes, len(annotated), options, draws, device.type), device)
    epoch = _timed(lambda: training.epoch(pictures[: few // 2], pictures), device)
    greedy = _timed(lambda: k_center_greedy(pool, annotated, 1000, draws), device)
    return [
        {"part": "k-center greedy, 1,000 picks (CPU)", "measured": greedy, "seconds a step": greedy},
        {"part": "graph network, 200 epochs of 15,000 nodes", "measured": graph, "seconds a step": 10 * graph},
        {"part": "VAAL, 100 epochs of 10,000 images", "measured": epoch, "seconds a step": 1e6 / few * epoch},
    ]


def _cost(trained: list[dict[str, Any]]) -> str:
    """Hours of one GPU, from the operations of a step and from shares of the data sheet's limit."""
    params = Params()
    options, plan, vaal = params.classifiers["resnet18"], params.images, VAALOptions()
    sizes = [plan.prepare.annotated + plan.batch_size * step for step in range(plan.steps + 1)]
    own, first = options.epochs * sum(sizes[1:]), options.epochs * sizes[0]
    strategies = len(params.acquire.strategies["resnet18"])
    batches = plan.steps * vaal.epochs * -(-(plan.subsample or 0) // vaal.batch_size)
    rows = []
    for data in DATA:
        shape = COLOUR if data in ("svhn", "cifar10") else GREY
        one = own + first
        networks = (strategies * own + 2 * first) * shape.training_flops  # the first network is shared, but LLoss's
        all_of_it = SEEDS * SETTINGS * (networks + batches * shape.vaal_flops)
        hours = {f"H100 at {share:.0%}": all_of_it / (H100_TFLOPS * 1e12 * share) / 3600 for share in SHARES}
        here = max(row["images a second"] for row in trained if row["images"] == shape.name)
        rows.append(
            {
                "data": data,
                "images a run": one,
                "PFLOP a run": one * shape.training_flops / 1e15,
                "PFLOP of VAAL beside": batches * shape.vaal_flops / 1e15,
                "hours a run, here": one / here / 3600,
                **{f"table, {name}: hours": value for name, value in hours.items()},
            }
        )
    total = {key: sum(row[key] for row in rows) for key in rows[0] if key.startswith("table")}
    text = tabulate([*rows, {"data": "all", **total}], headers="keys", tablefmt="github", floatfmt=",.3g")
    return (
        f"{text}\n\nThe arithmetic of training ResNet18, and VAAL's autoencoder and discriminator. `here` is the "
        f"fastest way above; the columns of an H100 are its data sheet's {H100_TFLOPS:,.0f} TFLOP/s times the share "
        f"named, not measured. A table is {strategies} strategies in {SETTINGS} settings with {SEEDS} seeds; the first "
        "network of a run is trained once for all strategies but LLoss."
    )


def _limit(device: torch.device, kind: torch.dtype) -> float:
    """GFLOP/s of the largest matrix product, the best of some sizes."""
    best = 0.0
    for size in (1024, 2048) if device.type == "cpu" else (4096, 8192):
        one = torch.rand(size, size, device=device, dtype=kind)
        product = partial(torch.matmul, one, one)
        _timed(product, device)
        seconds = min(_timed(product, device) for _ in range(3))
        best = max(best, 2 * size**3 / seconds / 1e9)
    return best


def _timed(work: Callable[[], Any], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize()
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _machine(device: torch.device) -> str:
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name()}, torch {torch.__version__}"
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    return f"one core of {names[0] if names else 'a CPU'}, torch {torch.__version__}"


if __name__ == "__main__":
    typer.run(main)
