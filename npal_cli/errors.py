"""What can go wrong and is nobody's bug: one line for the user, and an exit code.

.. code-block:: text

    NpalError                 exit 1   anything expected that stops a command
    ├── UsageError            exit 2   the command line or params.yaml asks for what does not exist
    ├── DataError             exit 1   a source file or a table is not what it should be
    ├── MissingArtifactError  exit 1   an input is not there, or made with other parameters (--no-build)
    ├── ArtifactError         exit 1   an artifact cannot be read (corrupt, older format) or written
    ├── WorkerError           exit 1   a process that shares the work was killed
    └── DamageError           exit 3   the command did what it could without an artifact that is damaged

Every message names the value found, what was expected, and what to do.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path


class NpalError(Exception):
    """An expected failure; its text is the one line that the user sees."""

    exit_code = 1


class UsageError(NpalError, ValueError):
    """The command line or ``params.yaml`` asks for something that does not exist or cannot be."""

    exit_code = 2


class DataError(NpalError, ValueError):
    """A source file or a table is not what it should be."""


class MissingArtifactError(NpalError):
    """A stage's input is not there, and building it was ruled out."""


class ArtifactError(NpalError):
    """An artifact cannot be read or written."""


class WorkerError(NpalError):
    """A process that shares the work was killed, as for want of memory."""


class DamageError(NpalError):
    """Something is damaged that the command did without."""

    exit_code = 3


def unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that is not one of ``known``, with the nearest one offered.

    >>> print(unknown("setting", "imbalanced_weigthed", ["balanced", "imbalanced_weighted"]))
    unknown setting 'imbalanced_weigthed' (did you mean 'imbalanced_weighted'?): expected one of balanced, \
imbalanced_weighted
    """
    known = list(known)
    near = get_close_matches(name, known, n=1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    return UsageError(f"unknown {kind} {name!r}{hint}: expected one of {', '.join(known)}")


@contextmanager
def write_errors(path: Path) -> Iterator[None]:
    """Turn a failure of the file system into the one line that says what could not be written.

    Raises:
        ArtifactError: in place of an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ArtifactError(f"cannot write {path}: {reason}; free space or choose another --root") from error
