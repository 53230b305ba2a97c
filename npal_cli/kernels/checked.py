"""Compiled kernels on disk with a digest each: what a disk damaged is compiled again.

numba loads what it finds: of a file that is cut, the user saw a hundred lines of traceback; a flipped bit of machine
code would run.
"""

import hashlib
import pickle
from pathlib import Path
from typing import Any

from numba.core.caching import IndexDataCacheFile

SIZE = hashlib.sha256().digest_size


class CheckedFiles(IndexDataCacheFile):
    """The index of a kernel, and a file for each of its signatures."""

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, (self._version, self._source_stamp, overloads))

    def _load_index(self) -> dict[Any, str]:
        try:
            version, stamp, overloads = _read(self._index_path)
        except OSError:
            return {}
        return overloads if (version, stamp) == (self._version, self._source_stamp) else {}

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _load_data(self, name: str) -> Any:
        return _read(self._data_path(name))

    def _write(self, path: str, value: Any) -> None:
        content = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(hashlib.sha256(content).digest() + content)


def with_digests(dispatcher: Any) -> Any:
    """The same kernel, whose files are :class:`CheckedFiles`."""
    if (kept := getattr(dispatcher, "_cache", None)) is not None:  # not where numba is told to compile nothing
        files = kept._cache_file  # noqa: SLF001  numba names no way to say where and how kernels are kept
        name = Path(files._index_name).stem  # noqa: SLF001
        kept._cache_file = CheckedFiles(files._cache_path, name, files._source_stamp)  # noqa: SLF001
    return dispatcher


def _read(path: str) -> Any:
    """What a file holds.

    Raises:
        OSError: if it cannot be read, or is not what was written; numba then compiles again.
    """
    content = Path(path).read_bytes()
    if hashlib.sha256(content[SIZE:]).digest() != content[:SIZE]:
        raise OSError(f"{path} is damaged")
    return pickle.loads(content[SIZE:])  # noqa: S301  what npal wrote, to a folder of the user's own
