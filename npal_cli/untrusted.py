"""Reading files that may be damaged or made to hurt: one line for whatever libraries raise, limits on what unpacks."""

from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from zipfile import ZipFile

from npal_cli.errors import DataError, NpalError
from npal_cli.processes import start_tracker

MOST = 2**30
"""Bytes that any file may unpack to ..."""
TIMES = 200
"""... and how often its own size beyond that: what real data compress to is a tenth, not a thousandth."""
MEMORY = 2**32
"""Bytes that a process of :func:`read_apart` may take, the code of its libraries included."""

Result = TypeVar("Result")


@contextmanager
def one_line(say: Callable[[str], NpalError]) -> Iterator[None]:
    """Whatever a reader raises on what is damaged becomes the error that ``say`` makes of the reason.

    Each library has errors of its own for what is one thing here.

    >>> with one_line(lambda reason: DataError(f"leads.json: not readable ({reason})")):
    ...     int("seven")
    Traceback (most recent call last):
    npal_cli.errors.DataError: leads.json: not readable (invalid literal for int() with base 10: 'seven')
    """
    try:
        yield
    except NpalError:
        raise
    except Exception as error:
        raise say(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """The first line of what an error says."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__).strip()


def check_unpacked(path: Path, unpacked: int, packed: int | None = None) -> None:
    """Refuse what would fill the memory out of a small file.

    ``packed`` is the size of the file, if ``path`` is not one.

    Raises:
        DataError: if it unpacks to more than a file of its size honestly does.
    """
    packed = path.stat().st_size if packed is None else packed
    if unpacked > max(MOST, TIMES * packed):
        raise DataError(f"{path}: {packed:,} bytes that unpack to {unpacked:,} or more; give it unpacked, if so")


def unpacked_size(archive: Path) -> int:
    """What the members of a zip archive unpack to, in bytes, by what it says of them."""
    with ZipFile(archive) as members:
        return sum(member.file_size for member in members.infolist())


def read_apart(read: Callable[..., Result], *arguments: Any) -> Result:
    """What ``read`` returns, called in a process of its own with a limit on its memory: it may be taken down by it.

    Raises:
        ValueError: if it was.
        Exception: what ``read`` raises.
    """
    from joblib.externals.loky import ProcessPoolExecutor  # other than Python's own it does not run the user's script

    start_tracker()
    with ProcessPoolExecutor(1, initializer=_limit_memory) as pool:
        try:
            return pool.submit(read, *arguments).result()
        except BrokenProcessPool as error:
            raise ValueError("it took down the process that read it") from error


def _limit_memory() -> None:
    with suppress(ImportError):  # Windows has no such limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
