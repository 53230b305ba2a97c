"""``npal pretrain``: learn a network for ``np_pretrained``, from problems that are drawn or of tables of one's own."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npal_cli.artifacts import package_versions
from npal_cli.classifiers import CLASSIFIERS
from npal_cli.engine import Engine
from npal_cli.errors import UsageError, write_errors
from npal_cli.learned.weights import Learned, read
from npal_cli.pipeline.build import as_stored
from npal_cli.pipeline.context import Context
from npal_cli.pipeline.locks import locked
from npal_cli.pipeline.places import timing_path, work_path
from npal_cli.pretraining.blocks import LESSONS, OUTLOOKS, Blocks, tables
from npal_cli.pretraining.options import PretrainOptions

if TYPE_CHECKING:
    from npal_cli.learned.network import Ranker
    from npal_cli.pretraining.lessons import Lessons
    from npal_cli.pretraining.outlooks import Outlooks

log = logging.getLogger("npal")

HELD_OUT = 20
"""One block of so many is not learned from: by it the networks are compared with Blend."""
FORECAST = "share of gains that forecasts held"
COMPARED = "one label ahead, thousandths over Blend"


@dataclass(frozen=True)
class Weights:
    """A file of weights that is up to date."""

    path: Path
    card: dict[str, Any]


def pretrain(context: Context, output: Path | None = None) -> Weights:
    """Meet states, learn from them, and in later rounds meet others as the network does; what is there is kept.

    At last, what labels bring in as many problems again, chosen by the networks and at random, teaches the forecast.

    Raises:
        UsageError: if a table or task model is unknown.
        ArtifactError: if something cannot be written.
    """
    options = context.params.pretrain
    for name in options.classifiers:
        if "refits" not in CLASSIFIERS.find(name).abilities:
            able = ", ".join(each for each, kind in CLASSIFIERS.items() if "refits" in kind.abilities)
            raise UsageError(f"classifier {name!r} cannot be refitted with every candidate; use one of {able}")
    tables(options.tables, context.sources)  # refused before anything is made
    path = context.root / "pretrained" / "weights.npz"
    with locked(work_path(context.root, path)):
        found = _made(context, path)
    if output is not None:
        found.save(output)
    return Weights(output or path, dict(found.card))


def _made(context: Context, path: Path) -> Learned:
    """The weights ``path``, after all that they are made from."""
    options, own = context.params.pretrain, None
    past: list[Blocks[Lessons]] = []
    for number in range(1, options.rounds + 1):
        past.append(Blocks(LESSONS, context.root, options, context.sources, number, own))
        own = context.root / "pretrained" / f"round{number}.npz"
        _learn_to_rank(context, past, own, options.networks if number == options.rounds else 1)
    _learn_to_forecast(context, Blocks(OUTLOOKS, context.root, options, context.sources, options.rounds, own), path)
    return read(str(path))


def describe(made: Weights) -> dict[str, Any]:
    """How many states it was learned from, and how it compares with Blend one label ahead."""
    counts = {name: value for name, value in made.card.items() if isinstance(value, int)}
    leads = {f"{name}, {row['task models']}": value for row in made.card[COMPARED] for name, value in row.items()}
    told = {name: value for name, value in leads.items() if not name.startswith("task models")}
    return counts | told | {FORECAST: made.card[FORECAST]}


def _learn_to_rank(context: Context, past: Sequence["Blocks[Lessons]"], path: Path, networks: int) -> None:
    """The weights ``path``, learned from the lessons of all rounds until then."""
    from npal_cli.pretraining.evaluation import compare_one_label

    options, engine, start = context.params.pretrain, context.engine, time.perf_counter()
    blocks = past[-1]
    made_from = as_stored({"rounds": [each.drawn_from() for each in past], "problems": options.problems})
    made_from |= as_stored({"learn": asdict(options.learn), "networks": networks, "packages": package_versions()})
    if _up_to_date(path, made_from):
        return
    log.info("making %s: lessons of %d problems", path, options.problems)
    blocks.make_all(engine)
    collected = time.perf_counter()
    learned = partial(_network, past, options, engine.here)  # from what lies on this machine
    found = list(engine.here.map(learned, range(networks), label="learning", unit="network"))
    told, asked = (_joined(past, held_out=held_out) for held_out in (False, True))
    assert told is not None
    card = {
        "states": len(told),
        "of known tables": int(told.known.sum()),
        "of more than two classes": int((told.n_classes > 2).sum()),
        COMPARED: compare_one_label(found, asked) if asked is not None else [],
        "made_from": made_from,
    }
    Learned(found, card).save(path)
    seconds = {"lessons": round(collected - start, 1), "learning": round(time.perf_counter() - collected, 1)}
    timing = timing_path(context.root, path)
    with write_errors(timing):
        timing.parent.mkdir(parents=True, exist_ok=True)
        timing.write_text(json.dumps(seconds, indent=2) + "\n", encoding="utf-8")


def _learn_to_forecast(context: Context, blocks: "Blocks[Outlooks]", path: Path) -> None:
    """The weights ``path``: the networks of the last round, and a forecast of what labels that they choose bring."""
    from npal_cli.pretraining.outlooks import Outlooks, learn_outlook, share_held

    assert blocks.own is not None
    networks = read(str(blocks.own))
    made_from = as_stored({**networks.card["made_from"], "forecast": blocks.drawn_from()})
    if _up_to_date(path, made_from):
        return
    log.info("making %s: what labels bring in %d problems", path, blocks.options.problems)
    blocks.make_all(context.engine)
    told = Outlooks.joined(each for each in map(blocks.stored, range(blocks.count)) if each is not None)
    outlook = learn_outlook(told, blocks.options.seed)
    card = {**networks.card, FORECAST: share_held(told, blocks.options.seed), "made_from": made_from}
    Learned(networks.networks, card, outlook).save(path)


def _up_to_date(path: Path, made_from: dict[str, Any]) -> bool:
    try:
        if not path.exists() or read(str(path)).card.get("made_from") != made_from:
            return False
    except UsageError:  # damaged: it can be made again
        return False
    log.info("up to date: %s", path)
    return True


def _network(past: Sequence["Blocks[Lessons]"], options: PretrainOptions, engine: Engine, number: int) -> "Ranker":
    """One of the networks: all learn from the same lessons, in an order and from a beginning of their own."""
    from npal_cli.pretraining.training import learn

    told = _joined(past, held_out=False)
    assert told is not None

    def tell(loss: float) -> None:
        log.debug("network %d: loss %.3f", number + 1, loss)

    return learn(told, options.learn, options.seed + number, engine.torch_device(), tell)


def _joined(past: Sequence["Blocks[Lessons]"], *, held_out: bool) -> "Lessons | None":
    """The lessons of all rounds that are learned from, or those that are asked about: none of a single block."""
    from npal_cli.pretraining.lessons import Lessons

    count = past[0].count
    asked = set(range(min(count, HELD_OUT) - 1, count, HELD_OUT)) if count > 1 else set()
    found = [blocks.stored(i) for blocks in past for i in range(count) if (i in asked) == held_out]
    return Lessons.joined(each for each in found if each is not None) if found else None
