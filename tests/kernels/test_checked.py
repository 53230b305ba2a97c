"""Compiled kernels on disk: what is damaged is compiled again."""

import importlib.util
from pathlib import Path

import numba
import pytest

SOURCE = """
from npal_cli.kernels import kernel

@kernel
def doubled(x):
    return 2 * x
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Imports a module of one kernel anew, as another process would."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    source = tmp_path / "doubling.py"
    source.write_text(SOURCE)

    def loaded():
        spec = importlib.util.spec_from_file_location("doubling", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.doubled

    return loaded


def hits(kernel) -> int:
    return sum(kernel.stats.cache_hits.values())


def kept(folder: Path, suffix: str) -> Path:
    (found,) = folder.rglob(f"*{suffix}")
    return found


def test_a_kernel_is_compiled_once(load):
    assert load()(3) == 6
    again = load()
    assert again(3) == 6
    assert hits(again) == 1


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content[:90] + bytes([content[90] ^ 1]) + content[91:],
        lambda content: content[:-9] + bytes([content[-9] ^ 128]) + content[-8:],
    ],
)
def test_what_is_damaged_is_compiled_again_and_then_kept(load, tmp_path, suffix, damage):
    load()(3)
    file = kept(tmp_path, suffix)
    file.write_bytes(damage(file.read_bytes()))
    mended = load()
    assert mended(3) == 6
    assert hits(mended) == 0
    again = load()
    assert again(3) == 6
    assert hits(again) == 1


def test_what_is_gone_is_compiled_again(load, tmp_path):
    load()(3)
    kept(tmp_path, ".nbc").unlink()
    assert load()(3) == 6
