"""From a written lyric word to the phones that are sung."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Literal

from musicapp_pipeline.lipsync import respell
from musicapp_pipeline.lipsync.g2p import spell_to_phones
from musicapp_pipeline.lipsync.translit import rough_phones

Phones = tuple[str, ...]
Source = Literal["dictionary", "lyric", "rule", "letters", "rough", "none"]

_MAX_VARIANTS = 4
_LATIN = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "th", "þ": "th", "ı": "i"}
)
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'"})
_TRUST: dict[Source, float] = {
    "dictionary": 1.0, "lyric": 1.0, "rule": 1.0, "letters": 0.9, "rough": 0.5, "none": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Pronunciation:
    """Alternative phone sequences of one word, likeliest first, and how they were found."""

    variants: tuple[Phones, ...]
    source: Source

    @property
    def trust(self) -> float:
        """How far a placement built on this pronunciation may be believed, 0 to 1."""
        return _TRUST[self.source]


@lru_cache(maxsize=8192)
def pronounce(word: str) -> Pronunciation:
    """ARPAbet phones (no stress digits) of a lyric word as written, punctuation and all.

    The recogniser's own dictionary comes first, except for sung syllables that it reads as
    abbreviations; then rules for how lyrics spell; then a spelling network; words of another
    script get their nearest English sounds.
    """
    text = word.translate(_APOSTROPHES).lower().strip()
    whole = _known(_bare(text))
    if whole:
        return whole
    parts = [_part(part, word) for part in respell.spoken_parts(text)]
    parts = [part for part in parts if part.variants]
    if not parts:
        return Pronunciation((), "none")
    joined = [sum(choice, ()) for choice in product(*(p.variants for p in parts))]
    worst = min(parts, key=lambda p: p.trust)
    return Pronunciation(tuple(dict.fromkeys(joined))[:_MAX_VARIANTS], worst.source)


def _bare(text: str) -> str:
    """Without punctuation around the word; apostrophes stay, they carry meaning in lyrics."""
    return text.strip("".join(c for c in set(text) if not c.isalnum() and c != "'"))


def _known(text: str) -> Pronunciation | None:
    """From the tables and the dictionary, also with the apostrophes around it left out."""
    for form in dict.fromkeys((text, text.rstrip("'"), text.lstrip("'"), text.strip("'"))):
        for table in (respell.SUNG, respell.CONTRACTED):
            if form in table:
                return Pronunciation((tuple(table[form].split()),), "lyric")
        if form in dictionary():
            return Pronunciation(dictionary().get(form), "dictionary")
    return None


def _part(text: str, written: str) -> Pronunciation:
    spread = unicodedata.normalize("NFKD", text.translate(_LATIN))
    plain = "".join(c for c in spread if not unicodedata.combining(c))
    if not all("a" <= c <= "z" or c == "'" for c in plain):
        phones = rough_phones(text)
        return Pronunciation((phones,), "rough") if phones else Pronunciation((), "none")
    if _is_acronym(plain, written):
        return _rule([_letters(plain)])
    for form in (plain, plain.replace("'", ""), *respell.unstretched(plain)):
        known = _known(form) or _suffixed(form)
        if known:
            return known
    shortest = respell.unstretched(plain)[-1:] or [plain]
    phones = spell_to_phones(shortest[0].replace("'", ""))
    return Pronunciation((phones,) if phones else (), "letters")


def _is_acronym(plain: str, written: str) -> bool:
    """``DJ``, ``MTV``: capitals without a vowel are spelled out, unless a word is so written."""
    return (
        1 <= len(plain) <= 5
        and plain.upper() in written
        and not set(plain) & set("aeiouy")
        and plain not in respell.SUNG
    )


def _letters(plain: str) -> Phones:
    return tuple(" ".join(respell.LETTER_NAMES[c] for c in plain if c.isalpha()).split())


def _rule(variants: list[Phones]) -> Pronunciation:
    return Pronunciation(tuple(variants), "rule")


def _suffixed(text: str) -> Pronunciation | None:
    """A known stem with an ending: lovin', shinin, dancefloor's, movers, ended."""
    if text.endswith(("in'", "in")) and len(text) > 4:
        stem = _known(text.rstrip("'") + "g")
        if stem and all(v[-2:] == ("IH", "NG") for v in stem.variants):
            return _rule([(*v[:-1], "N") for v in stem.variants])
    endings: tuple[tuple[tuple[str, ...], Callable[[Phones], Phones]], ...] = (
        (("'s", "s'", "s"), _with_s),
        (("ed", "'d", "d"), _with_d),
    )
    for suffixes, inflect in endings:
        for suffix in suffixes:
            stem = _known(text.removesuffix(suffix)) if text.endswith(suffix) else None
            if stem and len(text) - len(suffix) > 2:
                return _rule([inflect(v) for v in stem.variants])
    for cut in range(3, len(text) - 2):
        first, second = dictionary().get(text[:cut]), dictionary().get(text[cut:])
        if first and second and text[cut:].isalpha():
            return _rule([first[0] + second[0]])
    return None


def _with_s(stem: Phones) -> Phones:
    if stem[-1] in {"S", "Z", "SH", "ZH", "CH", "JH"}:
        return (*stem, "IH", "Z")
    return (*stem, "S" if stem[-1] in {"P", "T", "K", "F", "TH"} else "Z")


def _with_d(stem: Phones) -> Phones:
    if stem[-1] in {"T", "D"}:
        return (*stem, "IH", "D")
    return (*stem, "T" if stem[-1] in {"P", "K", "F", "TH", "S", "SH", "CH"} else "D")


@lru_cache(maxsize=1)
def dictionary() -> "Dictionary":
    """The recogniser's own pronunciations (CMUdict as shipped with pocketsphinx)."""
    import pocketsphinx

    return Dictionary.read(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))


@dataclass(frozen=True)
class Dictionary:
    """Phones by word. Lines are split when asked for: of 135,000 a song needs a hundred."""

    lines: dict[str, str]

    @classmethod
    def read(cls, path: Path) -> "Dictionary":
        """A file of lines ``word PHONES``; a word's further variants are ``word(2)`` and so on."""
        text = path.read_text(encoding="utf-8")
        pairs = (line.split(" ", 1) for line in text.splitlines())
        return cls({pair[0]: pair[1] for pair in pairs if len(pair) == 2})

    def __contains__(self, word: str) -> bool:
        return word in self.lines

    def get(self, word: str) -> tuple[Phones, ...]:
        """Up to four variants, likeliest first; none if the word is unknown."""
        heads = (word, *(f"{word}({n})" for n in range(2, _MAX_VARIANTS + 1)))
        return tuple(tuple(self.lines[head].split()) for head in heads if head in self.lines)
