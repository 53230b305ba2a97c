"""Damage to bytes, from a stream of random numbers."""

from collections.abc import Callable, Sequence

import numpy as np

Draws = np.random.Generator
Mutation = Callable[[bytearray, Draws, Sequence[bytes]], bytearray]

ODD = (
    *(
        b"",
        b"\0",
        b"\0\0\0\0",
        b"\xff",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"\x80",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
    ),
    *(b"-1", b"0", b"1e309", b"nan", b"-inf", b"2147483648", b"18446744073709551616", b"9" * 400, b"\n", b"\r", b'"'),
    *(b"{", b"[", b"[" * 2000, b"{}", b"null", b"\\u0000", b",", b";", b"\t", b" " * 3000, b"a" * 9000, b"1970-01-01"),
)
"""What readers stumble over."""


def _flip(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    for place in draws.integers(len(content), size=draws.integers(1, 9)):
        content[place] ^= 1 << int(draws.integers(8))
    return content


def _overwrite(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    start, size = int(draws.integers(len(content))), int(draws.integers(1, 33))
    part = content[start : start + size]
    content[start : start + size] = draws.bytes(len(part))
    return content


def _cut(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    return content[: draws.integers(len(content))]


def _remove(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    start = int(draws.integers(len(content)))
    del content[start : start + int(draws.integers(1, 2 + len(content) // 4))]
    return content


def _repeat(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    start = int(draws.integers(len(content)))
    part = content[start : start + int(draws.integers(1, 200))]
    content[start:start] = part * int(draws.integers(1, 5))
    return content


def _insert(content: bytearray, draws: Draws, words: Sequence[bytes]) -> bytearray:
    start = int(draws.integers(len(content) + 1))
    known = [*ODD, *words]
    content[start:start] = known[draws.integers(len(known))]
    return content


def _replace(content: bytearray, draws: Draws, words: Sequence[bytes]) -> bytearray:
    """A cell, number or word by another."""
    marks = [i for i, byte in enumerate(content) if byte in b'\n,;\t :"[]{}']
    if len(marks) < 2:
        return _insert(content, draws, words)
    which = int(draws.integers(len(marks) - 1))
    known = [*ODD, *words]
    content[marks[which] + 1 : marks[which + 1]] = known[draws.integers(len(known))]
    return content


def _swap(content: bytearray, draws: Draws, _: Sequence[bytes]) -> bytearray:
    a, b, c = sorted(draws.integers(len(content) + 1, size=3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


MUTATIONS: tuple[Mutation, ...] = (_flip, _overwrite, _cut, _remove, _repeat, _insert, _replace, _swap)


def mutated(content: bytes, draws: Draws, words: Sequence[bytes] = ()) -> bytes:
    """The bytes, damaged once to four times."""
    found = bytearray(content)
    for _ in range(draws.integers(1, 5)):
        if not found:
            return bytes(found)
        found = MUTATIONS[draws.integers(len(MUTATIONS))](found, draws, words)
    return bytes(found)
