"""What the page says of an experiment in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from npal_cli.report.names import (
    SETTING_TITLES,
    classifier_title,
    is_aside,
    label_of,
    look_of,
)
from npal_cli.report.predictions import LEVELS, calibration
from npal_cli.report.results import AL_AVERAGE, ExperimentResults
from npal_cli.report.tables import number


def title_of(result: ExperimentResults) -> str:
    """What an experiment is called."""
    setting = SETTING_TITLES[result.setting].lower()
    return f"{result.data}, {setting}, {classifier_title(result.classifier)}"


def rests_on(result: ExperimentResults) -> str:
    """How many runs the strategies have, on how many splits."""
    counts = sorted({len(result.runs(name)) for name in result.acquired})
    splits = len({run.data_seed for name in result.acquired for run in result.runs(name)})
    few = f"{counts[0]} to " if len(counts) > 1 else ""
    return f"{few}{counts[-1]} run{'s' * (counts[-1] > 1)} on {splits} split{'s' * (splits > 1)}"


def facts_of(result: ExperimentResults) -> list[tuple[str, str]]:
    """The sizes of an experiment's problems."""
    problems = result.problems
    classes = np.bincount(problems.labels, minlength=len(problems.class_weights))
    initial = next(iter(result.acquired.values())).held_out_points.mean(axis=0)
    steps, batch = next(iter(result.acquired.values())).chosen.shape[1:]
    rare = [str(each) for each in problems.rare_classes] if result.has_rare else ["none"]
    return [
        ("data", f"{len(problems.labels):,} points of {' x '.join(map(str, problems.features.shape[1:]))} features"),
        ("classes", ", ".join(f"{i}: {count:,}" for i, count in enumerate(classes))),
        ("rare classes", ", ".join(rare)),
        ("annotated at first", f"{problems.annotated.shape[1]:,}"),
        ("pool", f"{problems.pool.shape[1]:,}"),
        ("reward set", f"{problems.reward.shape[1]:,}"),
        ("test set", f"{problems.test.shape[1]:,}"),
        ("held-out points", ", ".join(f"class {i}: {count:,.0f}" for i, count in enumerate(initial))),
        ("class weights of the score", ", ".join(f"{weight:.3f}" for weight in problems.class_weights)),
        ("acquired", f"{steps} steps of {batch} point{'s' * (batch > 1)}"),
    ]


def prediction_facts(result: ExperimentResults) -> list[dict[str, str]]:
    """How good each strategy's predicted improvements are, in words."""
    facts = []
    for name in result.ordered:
        found = calibration(result.acquired[name])
        if found is not None:
            within = dict(zip(LEVELS, found.observed, strict=True))
            facts.append(
                {
                    "label": label_of(name),
                    "count": f"{found.count:,}",
                    "rank": number(found.rank_correlation, 2, signed=True),
                    "error": f"{found.error:.4f}",
                    "spread": f"{found.spread:.4f}",
                    "half": f"{within[0.5]:.0%}",
                    "nine": f"{within[0.9]:.0%}",
                }
            )
    return facts


def sources_of(result: ExperimentResults) -> list[dict[str, Any]]:
    """What each artifact was made with, and what its last computation took."""
    rows = []
    for name in result.ordered:
        timing = result.timings.get(name, {})
        rows.append(
            {
                "strategy": name,
                "seconds": f"{timing['seconds']:,.1f}" if timing else "",
                "runs": f"{timing['runs']}" if timing.get("runs") else "",
                "refits": f"{timing['refits']:,}" if timing.get("refits") else "",
                "networks": f"{timing['networks']:,}" if timing.get("networks") else "",
                "parameters": _flat(result.made_from[name].parameters),
            }
        )
    return rows


def digests_of(result: ExperimentResults) -> str:
    """The digests of the prepared problems that the artifacts of an experiment were made from, by run."""
    found = {run: inputs["prepared"] for each in result.made_from.values() for run, inputs in each.inputs.items()}
    return "\n".join(f"{run} {digest}" for run, digest in found.items())


def _flat(parameters: Mapping[str, Any], prefix: str = "") -> str:
    """Nested parameters on one line, as params.yaml names them."""
    parts = []
    for key, value in parameters.items():
        inner = isinstance(value, Mapping)
        parts.append(_flat(value, f"{prefix}{key}.") if inner else f"{prefix}{key}={value}")
    return ", ".join(parts)


def style_of(name: str, aside: set[str]) -> dict[str, Any]:
    """How a strategy, or the AL average, is named and looks in every plot; those ``aside`` are shown when asked for."""
    if name == AL_AVERAGE:
        return {"name": name, "label": "AL average"}
    said = {"name": name, "label": label_of(name), "hollow": is_aside(name), "aside": name in aside}
    return said | look_of(name)._asdict()


def duration(seconds: float) -> str:
    """A time as a reader takes it in.

    >>> duration(42), duration(5400), duration(float("nan"))
    ('42 s', '1.5 h', 'not measured')
    """
    if not np.isfinite(seconds):
        return "not measured"
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
