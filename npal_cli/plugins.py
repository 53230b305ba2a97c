"""What other packages and files bring: found by entry point, or by import path."""

import importlib
import sys
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from npal_cli.errors import UsageError


def is_import_path(name: str) -> bool:
    """Whether a name says where to import something from.

    >>> is_import_path("my_module:MyStrategy"), is_import_path("sklearn.svm.LinearSVC"), is_import_path("blend")
    (True, True, False)
    """
    return ":" in name or "." in name


def load(path: str, what: str) -> Any:
    """The object at ``module:Name`` or ``module.Name``; modules of the working directory are found too.

    Raises:
        UsageError: if there is none, naming ``what`` it was looked for as.
    """
    module, _, name = path.partition(":") if ":" in path else path.rpartition(".")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError, ValueError) as error:
        raise UsageError(f"{what} {path!r}: {error}; give an import path, as in my_module:MyClass") from error
    return found


@cache  # they are asked for many times, and looked up in every installed package
def registered(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group, by name; none is loaded.

    Raises:
        UsageError: if two packages offer the same name.
    """
    found: dict[str, EntryPoint] = {}
    for each in entry_points(group=group):
        if each.name in found and found[each.name].value != each.value:
            raise UsageError(f"two packages offer {each.name!r} as {group}: {found[each.name].value}, {each.value}")
        found[each.name] = each
    return found


def load_entry_point(entry: EntryPoint) -> Any:
    """What an entry point names.

    Raises:
        UsageError: if it cannot be imported.
    """
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"entry point {entry.name!r} of {entry.group} ({entry.value}): {error}") from error
