"""Deterministic choices: the same seed and key give the same number on every machine."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


def unit(seed: int, *key: object) -> float:
    """A number in [0, 1) fixed by ``seed`` and ``key``."""
    text = "\x1f".join((str(seed), *map(str, key)))
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest(), "big") / 2**48


def shuffled(items: Sequence[T], seed: int, *key: object) -> list[T]:
    """``items`` in an order fixed by ``seed`` and ``key``."""
    ranked = sorted(range(len(items)), key=lambda n: (unit(seed, *key, n), n))
    return [items[n] for n in ranked]
