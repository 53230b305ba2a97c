"""All task models by name: those of this package, of entry points ``npal.classifiers``, and of import paths."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from npal_cli.classifiers.base import ClassifierKind
from npal_cli.classifiers.scikit import ScikitKind
from npal_cli.errors import UsageError, unknown
from npal_cli.plugins import is_import_path, load, load_entry_point, registered

GROUP = "npal.classifiers"

OWN = {
    "logistic": "npal_cli.classifiers.logistic:Logistic",
    "svm": "npal_cli.classifiers.svm:SVM",
    "teacher": "npal_cli.classifiers.teacher:TeacherModel",
    "resnet18": "npal_cli.classifiers.resnet18:ResNet18Kind",
}
"""Each is imported when it is asked for: torch takes seconds."""


class Registry(Mapping[str, ClassifierKind]):
    """Task models by name."""

    def __init__(self) -> None:
        self._named: dict[str, ClassifierKind] = {}

    def __getitem__(self, name: str) -> ClassifierKind:
        """The task model of a name."""
        if name in OWN:
            return _own(name)
        if name in self._named:
            return self._named[name]
        return _of_entry_point(name)

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(dict.fromkeys((*OWN, *registered(GROUP), *self._named)))

    def __len__(self) -> int:
        """How many there are."""
        return len(list(iter(self)))

    def __contains__(self, name: object) -> bool:
        """Whether there is one of a name; none is imported."""
        return name in list(iter(self))

    def find(self, name: str) -> ClassifierKind:
        """The task model of a name or an import path: of a class that describes itself, or a scikit-learn estimator.

        Raises:
            UsageError: if there is none.
        """
        if not is_import_path(name):
            if name not in self:
                raise unknown("classifier", name, self)
            return self[name]
        found = load(name, "classifier")
        kind: ClassifierKind = found if _describes_itself(found) else ScikitKind(name)
        if isinstance(kind, ScikitKind):
            _ = kind.estimator  # refused if it is none
        if kind.name in self and self[kind.name] != kind:
            raise UsageError(f"classifier {name!r}: {kind.name!r} is the name of another; give it one of its own")
        self._named[kind.name] = kind
        return kind


@cache
def _own(name: str) -> Any:
    return load(OWN[name], "classifier")


@cache
def _of_entry_point(name: str) -> Any:
    kind = load_entry_point(registered(GROUP)[name])
    if not _describes_itself(kind):
        entry = registered(GROUP)[name]
        raise UsageError(f"entry point {name!r} of {GROUP} ({entry.value}): it lacks name, label, abilities or make")
    return kind


def _describes_itself(kind: Any) -> bool:
    return all(hasattr(kind, attribute) for attribute in ("name", "label", "abilities", "Options", "make"))


CLASSIFIERS = Registry()
