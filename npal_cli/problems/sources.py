"""Source files: downloaded once from the place that publishes them, or given, and verified by SHA-256.

``registry.txt`` pins every file. A folder of copies (the ``NPAL_SOURCES`` environment variable) is looked at before
the network, so that a whole study runs offline.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pooch

from npal_cli.errors import ArtifactError, DataError

REGISTRY = Path(__file__).with_name("registry.txt")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sources:
    """The raw files under ``folder``, and where missing ones come from."""

    folder: Path
    """Where verified files are kept (``data/raw``)."""
    copies: Path | None = None
    """A folder of local copies, looked at before the network."""
    progress: bool = True
    """Show the progress of downloads."""

    def digest(self, name: str) -> str:
        """The SHA-256 that ``name`` has or will have: the pinned one, unless an unverified copy was accepted."""
        marker = self._unverified_marker(name)
        return marker.read_text().strip() if marker.exists() else _pinned(name)

    def path(self, name: str) -> Path:
        """The verified local file ``name``, taken from the copies or the network if it is not there yet.

        Raises:
            DataError: if no file with the pinned SHA-256 can be had.
        """
        expected = self.digest(name)
        target = self.folder / name
        if self._unverified_marker(name).exists():
            log.warning("UNVERIFIED: %s is not the published file; results from it are not comparable", target)
        if target.exists() and pooch.file_hash(str(target)) == expected:
            return target
        if self._unverified_marker(name).exists():
            raise DataError(f"{target}: the unverified file that was given is gone; give it (or another) with --source")
        for copy in self._copies(name):
            if pooch.file_hash(str(copy)) == expected:
                return self._keep(copy, name)
            log.warning("%s is not the file that publishes %s (its SHA-256 differs): not used", copy, name)
        return self._download(name)

    def give(self, name: str, source: Path, *, verify: bool = True) -> Path:
        """Take ``source`` as the raw file ``name``.

        Raises:
            DataError: if ``source`` does not exist, or is not the pinned file and ``verify`` is true.
        """
        if not source.is_file():
            raise DataError(f"--source {source}: no such file; give the path of a copy of {name}")
        found, pinned = pooch.file_hash(str(source)), _pinned(name)
        if found != pinned and verify:
            raise DataError(
                f"--source {source}: SHA-256 {found[:16]}..., expected {pinned[:16]}... for {name}; "
                "give the published file, or --allow-unverified to use this one"
            )
        kept = self._keep(source, name)
        if found == pinned:
            self._unverified_marker(name).unlink(missing_ok=True)
        else:
            self._unverified_marker(name).write_text(found + "\n")
        return kept

    def _unverified_marker(self, name: str) -> Path:
        return self.folder / f"{name}.unverified"

    def _copies(self, name: str) -> Iterator[Path]:
        if self.copies is not None:
            if not self.copies.is_dir():
                raise DataError(f"NPAL_SOURCES={self.copies}: no such folder; unset it or name a folder of copies")
            yield from sorted(path for path in self.copies.rglob(name) if path.is_file())

    def _keep(self, source: Path, name: str) -> Path:
        with _named_write_errors(self.folder / name):
            self.folder.mkdir(parents=True, exist_ok=True)
            partial = self.folder / f".{name}.partial"
            shutil.copyfile(source, partial)
            return partial.replace(self.folder / name)

    def _download(self, name: str) -> Path:
        fetcher = pooch.create(path=self.folder, base_url="", retry_if_failed=1)
        fetcher.load_registry(REGISTRY)
        pooch.get_logger().setLevel("ERROR")
        try:
            downloader = pooch.HTTPDownloader(progressbar=self.progress, timeout=30)
            return Path(fetcher.fetch(name, downloader=downloader))
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(
                f"cannot download {name} from {fetcher.urls[name]} ({reason}); "
                "fetch it by hand and pass --source FILE, or put it in a folder named by NPAL_SOURCES"
            ) from error


def sources_from_environment(folder: Path, *, progress: bool) -> Sources:
    """The sources kept in ``folder``, with the copies that ``NPAL_SOURCES`` names."""
    copies = os.environ.get("NPAL_SOURCES")
    return Sources(folder, Path(copies) if copies else None, progress)


def _pinned(name: str) -> str:
    fetcher = pooch.create(path="", base_url="")
    fetcher.load_registry(REGISTRY)
    return str(fetcher.registry[name]).removeprefix("sha256:")


@contextmanager
def _named_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}; free space or choose another --root") from error
