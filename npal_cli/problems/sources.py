"""Source files: downloaded once from the place that publishes them, or given, and verified by their digest.

A folder of copies (the ``NPAL_SOURCES`` environment variable) is looked at before
the network, so that a whole study runs offline.
"""

import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from npal_cli.errors import ArtifactError, DataError
from npal_cli.problems.dataset import SourceFile

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

    def digest(self, file: SourceFile) -> str:
        """The digest that ``file`` has or will have: the published one, unless an unverified copy was accepted."""
        marker = self._unverified_marker(file.name)
        return marker.read_text(encoding="utf-8").strip() if marker.exists() else file.digest

    def path(self, file: SourceFile) -> Path:
        """The verified local copy of ``file``, taken from the copies or the network if it is not there yet.

        Raises:
            DataError: if no file with that digest can be had.
        """
        name, expected = file.name, self.digest(file)
        target = self.folder / name
        if self._unverified_marker(name).exists():
            log.warning("UNVERIFIED: %s is not the published file; results from it are not comparable", target)
        if target.exists() and _has_digest(target, expected):
            return target
        if self._unverified_marker(name).exists():
            raise DataError(f"{target}: the unverified file that was given is gone; give it (or another) with --source")
        for copy in self._copies(name):
            if _has_digest(copy, expected):
                return self._keep(copy, name)
            log.warning("%s is not the file that is published as %s (its digest differs): not used", copy, name)
        return self._download(file)

    def give(self, file: SourceFile, source: Path, *, verify: bool = True) -> Path:
        """Take ``source`` as the raw file ``file``.

        Raises:
            DataError: if ``source`` does not exist, or is not the published file and ``verify`` is true.
        """
        name = file.name
        if not source.is_file():
            raise DataError(f"--source {source}: no such file; give the path of a copy of {name}")
        published = _has_digest(source, file.digest)
        if not published and verify:
            kind, found = _kind(file.digest), _digest(source, file.digest)
            raise DataError(
                f"--source {source}: {kind} {_value(found)[:16]}..., expected {_value(file.digest)[:16]}... for "
                f"{name}; give the published file, or --allow-unverified to use this one"
            )
        kept = self._keep(source, name)
        if published:
            self._unverified_marker(name).unlink(missing_ok=True)
        else:
            import pooch

            self._unverified_marker(name).write_text(pooch.file_hash(str(source)) + "\n", encoding="utf-8")
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
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=target.parent, prefix=".partial-") as own:  # others may be taking it in, too
                return Path(shutil.copyfile(source, Path(own) / target.name)).replace(target)

    def _download(self, file: SourceFile) -> Path:
        import pooch

        name = file.name
        pinned = {name: file.digest if file.digest.startswith("md5:") else f"sha256:{file.digest}"}
        fetcher = pooch.create(path=self.folder, base_url="", registry=pinned, urls={name: file.url}, retry_if_failed=1)
        pooch.get_logger().setLevel("ERROR")
        try:
            downloader = pooch.HTTPDownloader(progressbar=self.progress, timeout=30)
            return Path(fetcher.fetch(name, downloader=downloader))
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise DataError(
                f"cannot download {name} from {file.url} ({reason}); "
                "fetch it by hand and pass --source FILE, or put it in a folder named by NPAL_SOURCES"
            ) from error


def sources_from_environment(folder: Path, *, progress: bool) -> Sources:
    """The sources kept in ``folder``, with the copies that ``NPAL_SOURCES`` names."""
    copies = os.environ.get("NPAL_SOURCES")
    return Sources(folder, Path(copies) if copies else None, progress)


def _kind(digest: str) -> str:
    return "MD5" if digest.startswith("md5:") else "SHA-256"


def _value(digest: str) -> str:
    return digest.removeprefix("md5:")


def _digest(path: Path, like: str) -> str:
    """The digest of a file, of the same kind as ``like``."""
    md5 = like.startswith("md5:")
    import pooch

    found = pooch.file_hash(str(path), alg="md5" if md5 else "sha256")
    return f"md5:{found}" if md5 else found


def _has_digest(path: Path, expected: str) -> bool:
    return _digest(path, expected) == expected


@contextmanager
def _named_write_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}; free space or choose another --root") from error
