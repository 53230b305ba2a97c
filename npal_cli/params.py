"""``params.yaml`` as frozen dataclasses; an unknown or mistyped key is refused by name.

Each part is defined beside the code that it configures; here they are put together, validated and given defaults, so
that commands work without a file.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, field, make_dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as validated
from ruamel.yaml import YAML

from npal_cli.classifiers import CLASSIFIERS, ClassifierKind, takes_images
from npal_cli.classifiers.scikit import ScikitKind
from npal_cli.errors import UsageError
from npal_cli.guidance.options import GuidanceOptions
from npal_cli.neural_process.options import TrainingOptions
from npal_cli.objectives import Objective
from npal_cli.plans import AcquireOptions, Defaults, ImagePlan, Plan, Study
from npal_cli.plugins import is_import_path
from npal_cli.pretraining.options import PretrainOptions
from npal_cli.problems.simulated import SimulateOptions
from npal_cli.problems.split import PrepareOptions
from npal_cli.report.options import ReportOptions
from npal_cli.strategies.base import Strategy
from npal_cli.strategies.naming import select
from npal_cli.strategies.parameters import Parameters, Shared
from npal_cli.strategies.registry import STRATEGIES
from npal_cli.teachers import TeacherOptions

LONGEST, MOST_VALUES = 2**20, 100_000
"""Of a parameter file: bytes, and values."""

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@validated(frozen=True, config=STRICT)
class Params:
    """All of ``params.yaml``, one section for each stage."""

    defaults: Defaults = field(default_factory=Defaults)
    study: Study = field(default_factory=Study)
    prepare: PrepareOptions = field(default_factory=PrepareOptions)
    objective: Objective = field(default_factory=Objective)
    simulate: SimulateOptions = field(default_factory=SimulateOptions)
    classifiers: dict[str, Any] = field(default_factory=lambda: dict(vars(_classifier_sections()())))
    """The ``Options`` of task models, by name."""
    train_np: TrainingOptions = field(default_factory=TrainingOptions)
    acquire: AcquireOptions = field(default_factory=AcquireOptions)
    teacher: TeacherOptions = field(default_factory=TeacherOptions)
    guided: GuidanceOptions = field(default_factory=GuidanceOptions)
    strategies: dict[str, Any] = field(default_factory=lambda: dict(vars(_strategy_sections()())))
    """The ``Options`` of strategies, by the name of their section."""
    images: ImagePlan = field(default_factory=ImagePlan)
    pretrain: PretrainOptions = field(default_factory=PretrainOptions)
    report: ReportOptions = field(default_factory=ReportOptions)

    def plan(self, classifier: str) -> Plan:
        """What differs between tables of features and images."""
        if takes_images(classifier):
            return self.images
        return Plan(
            data=self.defaults.data,
            setting=self.defaults.setting,
            data_seed=self.defaults.data_seed,
            seed=self.defaults.seed,
            prepare=self.prepare,
            steps=self.acquire.steps,
            batch_size=self.acquire.batch_size,
            subsample=None,
        )

    def options_of(self, classifier: str) -> Any:
        """The options of the task model of a name or an import path."""
        kind = CLASSIFIERS.find(classifier)
        return self.classifiers.get(kind.name) or kind.Options()

    def parameters(self, kind: type[Strategy]) -> Parameters:
        """What a strategy is configured by."""
        shared = Shared(self.objective, self.simulate, self.train_np, self.teacher, self.guided)
        if kind.Options is None:
            return Parameters(shared)
        return Parameters(shared, self.strategies.get(kind.section) or kind.Options())

    def with_steps(self, steps: int) -> "Params":
        """The same but for the number of acquisition steps."""
        return replace(self, acquire=replace(self.acquire, steps=steps), images=replace(self.images, steps=steps))


def read_params(path: Path | None) -> Params:
    """What the file ``path`` says; with None, ``./params.yaml`` if there is one, else the defaults.

    Raises:
        UsageError: naming the file, the key, the value found and what was expected.
    """
    if path is None:
        path = Path("params.yaml")
        if not path.exists():
            return Params()
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--params {path}: {error.strerror}; give a readable YAML file") from error
    content = _parsed(path, text)
    return params_of({} if content is None else content, str(path))


def _parsed(path: Path, text: bytes) -> Any:
    """What YAML holds, if it is no more than a parameter file would: aliases can make gigabytes of a line."""
    if len(text) > LONGEST:
        raise UsageError(f"--params {path}: {len(text):,} bytes; expected at most {LONGEST:,}")
    try:
        content = YAML(typ="safe").load(text)
        _count(content, iter(range(MOST_VALUES)))
        json.dumps(content)
    except Exception as error:  # YAML's, and those of values that are none of JSON's, or too deep or many
        reason = " ".join(str(error).split())
        raise UsageError(f"--params {path}: not valid YAML ({reason})") from error
    return content


def _count(content: Any, left: Iterator[int]) -> None:
    if next(left, None) is None:
        raise ValueError(f"more than {MOST_VALUES:,} values, its aliases written out")
    children = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    for child in children:
        _count(child, left)


def params_of(content: Any, where: str = "params") -> Params:
    """What a parameter file says, given as mappings and lists.

    >>> params_of({"simulate": {"problems": 7}}).simulate.problems
    7

    Raises:
        UsageError: naming the key, the value found and what was expected.
    """
    own = {key: content.get(key, {}) for key in ("strategies", "classifiers")} if isinstance(content, dict) else {}
    rest = {key: value for key, value in content.items() if key not in own} if own else content
    try:
        params = TypeAdapter(Params).validate_json(json.dumps(rest), strict=True)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_problem(error, Params())}") from error
    strategies = _options_of_strategies(where, own.get("strategies", {}))
    classifiers = _options_of_classifiers(where, own.get("classifiers", {}))
    params = replace(params, strategies=strategies, classifiers=classifiers)
    _check_names(where, params)
    return params


def _options_of_strategies(where: str, given: Any) -> dict[str, Any]:
    """The ``Options`` of strategies that have some, by section; the name of a section may be an import path."""
    if isinstance(given, dict):
        given = {STRATEGIES.find(key).section if is_import_path(str(key)) else key: v for key, v in given.items()}
    return _validated(where, "strategies", _strategy_sections(), given)


def _options_of_classifiers(where: str, given: Any) -> dict[str, Any]:
    """The ``Options`` of task models, by name; those of an estimator by its import path are its parameters."""
    if isinstance(given, dict):
        kinds = {str(key): CLASSIFIERS.find(key) for key in given if is_import_path(str(key))}
        given = {kinds[k].name if k in kinds else k: _as_options(kinds.get(k), v) for k, v in given.items()}
    return _validated(where, "classifiers", _classifier_sections(), given)


def _as_options(kind: ClassifierKind | None, given: Any) -> Any:
    return {"parameters": given} if isinstance(kind, ScikitKind) else given


def _validated(where: str, section: str, made: Any, given: Any) -> dict[str, Any]:
    try:
        options = TypeAdapter(validated(made, config=STRICT)).validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        raise UsageError(f"{where}: {_first_problem(error, made(), section)}") from error
    return dict(vars(options))


def _strategy_sections() -> Any:
    """A dataclass with a field for each strategy that has options."""
    kinds = {kind.section: kind.Options for kind in STRATEGIES.values() if kind.Options is not None}
    return _sections("Strategies", kinds)


def _classifier_sections() -> Any:
    """A dataclass with a field for each task model."""
    return _sections("Classifiers", {name: kind.Options for name, kind in CLASSIFIERS.items()})


def _sections(name: str, kinds: Mapping[str, Any]) -> Any:
    return make_dataclass(name, [(key, kind, field(default_factory=kind)) for key, kind in kinds.items()])


def _first_problem(error: ValidationError, root: Any, *where: str) -> str:
    first = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in (*where, *first["loc"])) or "the file"
    found = json.dumps(first["input"], default=str)
    match first["type"]:
        case "unexpected_keyword_argument":
            said = f"unknown key; known there: {_known_keys(root, first['loc'][:-1])}"
        case "dataclass_type":
            said = "expected keys and values, as in {name: value}"
        case "tuple_type":
            said = "expected a list, as in [value]"
        case _:
            said = first["msg"].lower()
    return f"{key}: {said} (found {found if len(found) < 80 else found[:77] + '...'})"


def _known_keys(root: Any, where: tuple[int | str, ...]) -> str:
    section: Any = asdict(root)
    for part in where:
        section = section[part]
    return ", ".join(section)


def _check_names(where: str, params: Params) -> None:
    try:
        for classifier in (*params.defaults.classifier, *params.study.classifier):
            CLASSIFIERS.find(classifier)
        for classifier in (*params.acquire.strategy, *params.acquire.strategies):
            CLASSIFIERS.find(classifier)
        compared = [name for names in params.acquire.strategies.values() for name in names]
        for strategy in (*params.acquire.strategy.values(), *compared):
            select(strategy)
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from error
