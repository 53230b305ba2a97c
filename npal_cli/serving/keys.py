"""The key of each class: it keeps it as long as the page is served, whatever classes come."""

from collections.abc import Iterable

DIGITS = "123456789"


class Keys:
    """Gives a digit to each class that it sees first, while there are any; a class that is a digit has that one.

    >>> keys = Keys()
    >>> keys.of(["no", "yes"]), keys.of(["maybe", "no", "yes"])
    ({'no': '1', 'yes': '2'}, {'no': '1', 'yes': '2', 'maybe': '3'})
    >>> Keys().of(["0", "7"])
    {'0': '0', '7': '7'}
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._are_digits = False

    def of(self, classes: Iterable[str]) -> dict[str, str]:
        """The key of each class, in the order in which they were first seen; empty for those beyond the ninth."""
        classes = list(classes)
        if not self._keys:
            self._are_digits = all(len(name) == 1 and name in f"0{DIGITS}" for name in classes)
        for name in classes:
            if name not in self._keys:
                self._keys[name] = self._free(name)
        return {name: key for name, key in self._keys.items() if name in classes}

    def _free(self, name: str) -> str:
        taken = set(self._keys.values())
        if self._are_digits and len(name) == 1 and name in f"0{DIGITS}" and name not in taken:
            return name
        return next((key for key in DIGITS if key not in taken and not self._are_digits), "")
