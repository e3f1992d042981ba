"""English spelling to ARPAbet by the g2p_en network (GRU encoder-decoder), in plain NumPy.

Source: Park & Kim, g2p_en 2.1.0 (Apache-2.0); weights as described in ``data/NOTICE.md``.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Weights = dict[str, NDArray[np.float32]]

_LETTERS = {c: i for i, c in enumerate("abcdefghijklmnopqrstuvwxyz", start=3)}
_UNKNOWN, _END_OF_WORD = 1, 2
_START, _STOP = 2, 3
_PHONES = [
    "<pad>",
    "<unk>",
    "<s>",
    "</s>",
    "AA0",
    "AA1",
    "AA2",
    "AE0",
    "AE1",
    "AE2",
    "AH0",
    "AH1",
    "AH2",
    "AO0",
    "AO1",
    "AO2",
    "AW0",
    "AW1",
    "AW2",
    "AY0",
    "AY1",
    "AY2",
    "B",
    "CH",
    "D",
    "DH",
    "EH0",
    "EH1",
    "EH2",
    "ER0",
    "ER1",
    "ER2",
    "EY0",
    "EY1",
    "EY2",
    "F",
    "G",
    "HH",
    "IH0",
    "IH1",
    "IH2",
    "IY0",
    "IY1",
    "IY2",
    "JH",
    "K",
    "L",
    "M",
    "N",
    "NG",
    "OW0",
    "OW1",
    "OW2",
    "OY0",
    "OY1",
    "OY2",
    "P",
    "R",
    "S",
    "SH",
    "T",
    "TH",
    "UH0",
    "UH1",
    "UH2",
    "UW",
    "UW0",
    "UW1",
    "UW2",
    "V",
    "W",
    "Y",
    "Z",
    "ZH",
]
_LONGEST = 20


@lru_cache(maxsize=1)
def _weights() -> Weights:
    source = files("musicapp_pipeline.lipsync").joinpath("data", "g2p_weights.npz")
    with source.open("rb") as handle, np.load(handle) as stored:
        out = {k: stored[k].astype(np.float32) for k in stored.files if not k.endswith("_scale")}
        for name in out:
            if f"{name}_scale" in stored.files:
                out[name] *= stored[f"{name}_scale"].astype(np.float32)
    return out


def _gru(
    w: Weights, side: str, x: NDArray[np.float32], h: NDArray[np.float32]
) -> NDArray[np.float32]:
    """One step of a gated recurrent unit (reset and update gates first, then the candidate)."""
    a = w[f"{side}_w_ih"] @ x + w[f"{side}_b_ih"]
    b = w[f"{side}_w_hh"] @ h + w[f"{side}_b_hh"]
    n = h.size
    reset = 1 / (1 + np.exp(-(a[:n] + b[:n])))
    update = 1 / (1 + np.exp(-(a[n : 2 * n] + b[n : 2 * n])))
    candidate = np.tanh(a[2 * n :] + reset * b[2 * n :])
    result: NDArray[np.float32] = (1 - update) * candidate + update * h
    return result


@lru_cache(maxsize=4096)
def spell_to_phones(word: str) -> tuple[str, ...]:
    """The likeliest ARPAbet phones (no stress digits) of a Latin-script word."""
    w = _weights()
    h = np.zeros(256, np.float32)
    for index in [_LETTERS.get(c, _UNKNOWN) for c in word.lower()] + [_END_OF_WORD]:
        h = _gru(w, "enc", w["enc_emb"][index], h)
    x, phones = w["dec_emb"][_START], []
    for _ in range(_LONGEST):
        h = _gru(w, "dec", x, h)
        index = int(np.argmax(w["fc_w"] @ h + w["fc_b"]))
        if index == _STOP:
            break
        if index > _STOP:
            phones.append(_PHONES[index].rstrip("012"))
        x = w["dec_emb"][index]
    return tuple(phones)
