"""All strategies by name: those of this package, of entry points ``npal.strategies``, and of import paths."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache

from npal_cli.errors import UsageError, unknown
from npal_cli.plugins import is_import_path, load, load_entry_point, registered
from npal_cli.strategies.adapted import adapt, is_theirs
from npal_cli.strategies.base import Strategy

GROUP = "npal.strategies"


class Registry(Mapping[str, type[Strategy]]):
    """Strategies by name, in the order of tables; those that were named by import path come last."""

    def __init__(self) -> None:
        self._named: dict[str, type[Strategy]] = {}
        self._paths: dict[str, str] = {}

    def __getitem__(self, name: str) -> type[Strategy]:
        """The strategy of a name."""
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._all())

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all())

    def find(self, name: str) -> type[Strategy]:
        """The strategy of a name or an import path.

        Raises:
            UsageError: if there is none.
        """
        if is_import_path(name):
            known = [kind for key, kind in self._named.items() if self._paths.get(key) == name]
            if known:
                return known[0]
            found = load(name, "strategy")
            kind = adapt(found, name) if is_theirs(found) else checked(found, name)
            if self._all().get(kind.name, kind) is not kind:
                raise UsageError(
                    f"strategy {name!r}: the name {kind.name!r} is that of another; give it one of its own"
                )
            self._named[kind.name] = kind
            self._paths[kind.name] = name
            return kind
        if name not in self._all():
            raise unknown("strategy", name, self)
        return self._all()[name]

    def path_of(self, name: str) -> str | None:
        """The import path of a strategy that was found by one, which no other process knows of."""
        return self._paths.get(name)

    def _all(self) -> dict[str, type[Strategy]]:
        return _installed() | self._named


def checked(kind: object, path: str) -> type[Strategy]:
    """The class of a strategy.

    Raises:
        UsageError: if it is none.
    """
    if not (isinstance(kind, type) and issubclass(kind, Strategy)) or inspect.isabstract(kind):
        raise UsageError(
            f"strategy {path!r} is no npal_cli.strategies.base.Strategy that can be made: it needs query()"
        )
    for attribute in ("name", "label"):
        if not isinstance(getattr(kind, attribute, None), str):
            raise UsageError(f"strategy {path!r} has no {attribute}: set it in the class, as in {attribute} = 'mine'")
    if kind.look is not None and (wrong := kind.look.wrong()):
        raise UsageError(f"strategy {path!r}: its look has {wrong}")
    return kind


@cache
def _installed() -> dict[str, type[Strategy]]:
    """The strategies of this package, found in its modules, and those of entry points."""
    kinds = []
    package = "npal_cli.strategies"
    for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
        path = f"{package}.{module.name}"
        members = vars(importlib.import_module(path)).values()
        kinds += [m for m in members if _is_strategy(m) and m.__module__ == path]
    kinds.sort(key=lambda kind: (kind.order, kind.name))
    found = {kind.name: kind for kind in kinds}
    for name, entry in sorted(registered(GROUP).items()):
        kind = checked(load_entry_point(entry), entry.value)
        if kind.name != name or name in found:
            raise UsageError(f"entry point {name!r} of {GROUP} ({entry.value}): its strategy's name is {kind.name!r}")
        found[name] = kind
    return found


def _is_strategy(member: object) -> bool:
    return (
        isinstance(member, type)
        and issubclass(member, Strategy)
        and not inspect.isabstract(member)
        and hasattr(member, "name")
    )


STRATEGIES = Registry()
