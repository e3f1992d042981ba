"""Reading the acoustic model that pocketsphinx ships, and scoring sound with it.

A phone in its context is three states; a state ("senone") is, for each of three feature streams,
a mixture over the 128 Gaussians of its base phone's codebook. Reading the files ourselves gives
what the library's Python interface does not: every score of every frame, no pruning, no failure.

Source: file formats as described in their own headers; scoring as in phonetically tied mixtures
(Digalakis & Murveit, 1994). Model: Alpha Cephei, BSD licence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Ints = NDArray[np.int32]

STREAMS = 3
STREAM_SIZE = 13
STATES = 3
SILENCE = "SIL"
FILLERS = ("SIL", "+NSN+", "+SPN+")
_MIXTURE_STEP = 1024 * np.log(1.0001)
"""Mixture weights are stored as -log of base 1.0001, shifted right by ten bits."""
_VARIANCE_FLOOR = 1e-4
_INTERNAL, _BEGIN, _END, _SINGLE = range(4)
_CHUNK = 1000
_Index = TypeVar("_Index", int, NDArray[np.int64])


@dataclass(frozen=True)
class AcousticModel:
    """Arrays of the model.

    ``phones`` names base phones; ``coefficients`` has shape ``(phone, stream, 27, 128)`` and turns
    ``[x², x, 1]`` into log densities; ``weights`` has shape ``(stream, 128, senones)``;
    ``sequences`` maps a sequence id to three senones; ``contexts`` are sorted keys of
    (base, left, right, position) with their sequence ids in ``context_sequences``.
    """

    phones: tuple[str, ...]
    coefficients: Array
    weights: Array
    base_of_senone: Ints
    base_sequences: Ints
    sequences: Ints
    contexts: NDArray[np.int64]
    context_sequences: Ints

    def states(self, phone: str, left: str, right: str, first: bool, last: bool) -> Ints:
        """The three senones of ``phone`` between its neighbours, or those of it alone."""
        ids = [self.phones.index(p) for p in (phone, left, right)]
        position = (_SINGLE if last else _BEGIN) if first else (_END if last else _INTERNAL)
        for place in dict.fromkeys((position, _INTERNAL, _BEGIN, _END, _SINGLE)):
            key = _context_key(ids[0], ids[1], ids[2], place)
            at = int(np.searchsorted(self.contexts, key))
            if at < self.contexts.size and self.contexts[at] == key:
                return np.asarray(self.sequences[self.context_sequences[at]])
        return self.base_states(phone)

    def base_states(self, phone: str) -> Ints:
        """The three senones of ``phone`` regardless of its neighbours."""
        return np.asarray(self.sequences[self.base_sequences[self.phones.index(phone)]])

    def score(self, features: Array, senones: Sequence[int] | Ints) -> Array:
        """Log-likelihoods of features ``(frames, 39)``, shape ``(frames, len(senones))``."""
        wanted = np.asarray(senones, np.int32)
        out = np.empty((len(features), wanted.size), np.float32)
        bases = self.base_of_senone[wanted]
        groups = [(int(b), np.flatnonzero(bases == b)) for b in np.unique(bases)]
        for start in range(0, len(features), _CHUNK):
            block = features[start : start + _CHUNK]
            for base, columns in groups:
                out[start : start + _CHUNK, columns] = self._score_base(
                    block, base, wanted[columns]
                )
        return out

    def _score_base(self, block: Array, base: int, senones: Ints) -> Array:
        total = np.zeros((len(block), senones.size), np.float32)
        for stream in range(STREAMS):
            x = block[:, stream * STREAM_SIZE : (stream + 1) * STREAM_SIZE]
            ones = np.ones((len(x), 1), np.float32)
            density = np.hstack([x * x, x, ones]) @ self.coefficients[base, stream]
            best = density.max(axis=1, keepdims=True)
            mixed = np.exp(density - best) @ self.weights[stream][:, senones]
            total += np.log(np.maximum(mixed, 1e-30)) + best
        return total


@lru_cache(maxsize=1)
def english() -> AcousticModel:
    """The US English model in pocketsphinx's wheel, read once."""
    import pocketsphinx

    folder = Path(pocketsphinx.get_model_path("en-us/en-us"))
    definition = _Definition.read(folder / "mdef")
    return AcousticModel(
        phones=definition.phones,
        coefficients=_coefficients(folder),
        weights=_mixture_weights(folder / "sendump", len(definition.base_of_senone)),
        base_of_senone=definition.base_of_senone,
        base_sequences=definition.base_sequences,
        sequences=definition.sequences,
        contexts=definition.contexts,
        context_sequences=definition.context_sequences,
    )


@dataclass(frozen=True)
class _Definition:
    """What ``mdef`` says: which senones make up which phone in which context."""

    phones: tuple[str, ...]
    base_of_senone: Ints
    base_sequences: Ints
    sequences: Ints
    contexts: NDArray[np.int64]
    context_sequences: Ints

    @classmethod
    def read(cls, path: Path) -> "_Definition":
        data = path.read_bytes()
        at = 12 + int.from_bytes(data[8:12], "little")
        counts = np.frombuffer(data, "<i4", 10, at)
        n_base, n_phones, n_states, _, n_senones, _, n_sequences, _, n_tree, _ = map(int, counts)
        names = at + 40
        phones: list[str] = []
        for _ in range(n_base):
            end = data.index(b"\0", names)
            phones.append(data[names:end].decode("ascii"))
            names = end + 1
        tree = names + (-(names - at)) % 4
        entry = np.dtype([("sequence", "<i4"), ("tmat", "<i4"), ("attributes", "u1", 4)])
        entries = np.frombuffer(data, entry, n_phones, tree + 8 * n_tree)
        flat = np.frombuffer(
            data, "<u2", n_sequences * n_states, tree + 8 * n_tree + entries.nbytes + 4
        )
        sequences = flat.reshape(n_sequences, n_states).astype(np.int32)
        position, base, left, right = entries["attributes"][n_base:].astype(np.int64).T
        keys = _context_key(base, left, right, position)
        order = np.argsort(keys)
        owner = np.zeros(n_senones, np.int32)
        owner[sequences[entries["sequence"][:n_base]]] = np.arange(n_base)[:, None]
        owner[sequences[entries["sequence"][n_base:]]] = base[:, None]
        return cls(
            phones=tuple(phones),
            base_of_senone=owner,
            base_sequences=entries["sequence"][:n_base].astype(np.int32),
            sequences=sequences,
            contexts=keys[order],
            context_sequences=entries["sequence"][n_base:][order].astype(np.int32),
        )


def _context_key(base: _Index, left: _Index, right: _Index, position: _Index) -> _Index:
    return ((base * 64 + left) * 64 + right) * 4 + position


def _coefficients(folder: Path) -> Array:
    """Quadratic forms of all Gaussians: log N(x) = a·x² + b·x + c."""
    mean, variance = _gaussians(folder / "means"), _gaussians(folder / "variances")
    variance = np.maximum(variance, _VARIANCE_FLOOR)
    constant = -0.5 * (np.log(2 * np.pi * variance) + mean**2 / variance).sum(axis=-1)
    stacked = np.concatenate([-0.5 / variance, mean / variance, constant[..., None]], axis=-1)
    return np.ascontiguousarray(stacked.swapaxes(-1, -2), np.float32)


def _gaussians(path: Path) -> NDArray[np.float64]:
    """Shape ``(phone, stream, density, dimension)``."""
    data = path.read_bytes()
    at = data.index(b"endhdr\n") + len(b"endhdr\n") + 4
    codebooks, streams, densities = map(int, np.frombuffer(data, "<i4", 3, at))
    values = np.frombuffer(
        data, "<f4", codebooks * streams * densities * STREAM_SIZE, at + 4 * (4 + streams)
    )
    return values.reshape(codebooks, streams, densities, STREAM_SIZE).astype(np.float64)


def _mixture_weights(path: Path, senones: int) -> Array:
    """Shape ``(stream, density, senone)``, linear."""
    data = path.read_bytes()
    at = 0
    while size := int.from_bytes(data[at : at + 4], "little"):
        at += 4 + size
    rows, columns = map(int, np.frombuffer(data, "<i4", 2, at + 4))
    stored = np.frombuffer(data, np.uint8, STREAMS * rows * columns, at + 12)
    exponents = stored.reshape(STREAMS, rows, columns)[:, :, :senones].astype(np.float32)
    return np.asarray(np.exp(-_MIXTURE_STEP * exponents), np.float32)
