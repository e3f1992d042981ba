"""Rough sounds of words in other scripts, so that they can be placed and mouthed at all.

The recogniser knows English phones only; these are the nearest ones. Letters that Unicode names
after their sound (kana, Hangul, Ethiopic, the scripts of India; by the first sound: Georgian,
Armenian) are read from their names; Cyrillic, Greek, Hebrew and Arabic have tables; scripts with
neither (Han, Thai) count one open syllable a character. The result is marked rough and its
confidence is capped by the caller.
"""

import re
import unicodedata

_CYRILLIC = dict(zip(
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяєіїґўђјљњћџ",
    ["AA", "B", "V", "G", "D", "Y EH", "Y AO", "ZH", "Z", "IY", "Y", "K", "L", "M", "N", "AO", "P",
     "R", "S", "T", "UW", "F", "HH", "T S", "CH", "SH", "SH", "", "IH", "", "EH", "Y UW", "Y AA",
     "Y EH", "IY", "Y IY", "G", "W", "JH", "Y", "L Y", "N Y", "CH", "JH"],
    strict=True,
))  # fmt: skip
_GREEK = dict(zip(
    "αβγδεζηθικλμνξοπρσςτυφχψω",
    ["AA", "V", "G", "DH", "EH", "Z", "IY", "TH", "IY", "K", "L", "M", "N", "K S", "AO", "P", "R",
     "S", "S", "T", "IY", "F", "HH", "P S", "AO"],
    strict=True,
))  # fmt: skip
_HEBREW = dict(zip(
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת",
    ["AA", "V", "G", "D", "AA", "OW", "Z", "HH", "T", "IY", "HH", "K", "L", "M", "M", "N", "N",
     "S", "AA", "F", "P", "T S", "T S", "K", "R", "SH", "T"],
    strict=True,
))  # fmt: skip
_ARABIC = dict(zip(
    "اأإآبتثجحخدذرزسشصضطظعغفقكلمنهويىةءؤئپچژگکی",
    ["AA", "AA", "IY", "AA", "B", "T", "TH", "JH", "HH", "HH", "D", "DH", "R", "Z", "S", "SH", "S",
     "D", "T", "Z", "AA", "G", "F", "K", "K", "L", "M", "N", "HH", "UW", "IY", "AA", "AA", "", "UW",
     "IY", "P", "CH", "ZH", "G", "K", "IY"],
    strict=True,
))  # fmt: skip
_LETTERS = _CYRILLIC | _GREEK | _HEBREW | _ARABIC
_UNWRITTEN_VOWELS = set(_HEBREW) | set(_ARABIC)

_ROMAN = (
    ("sh", "SH"), ("ch", "CH"), ("ts", "T S"), ("ng", "NG"), ("eo", "AH"), ("eu", "UH"),
    ("ae", "EH"), ("oe", "W EH"), ("jj", "JH"), ("kk", "K"), ("tt", "T"), ("pp", "P"), ("ss", "S"),
    ("a", "AA"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"), ("f", "F"), ("g", "G"),
    ("h", "HH"), ("i", "IY"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"),
    ("o", "OW"), ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"), ("u", "UW"),
    ("v", "V"), ("w", "W"), ("x", "HH"), ("y", "Y"), ("z", "Z"),
)  # fmt: skip
_VOWELS = frozenset(
    ["AA", "AE", "AH", "AO", "AW", "AY", "EH", "ER", "EY", "IH", "IY", "OW", "OY", "UH", "UW"]
)
_NAMED_BY_SOUND = ("HIRAGANA LETTER", "KATAKANA LETTER", "HANGUL SYLLABLE", "ETHIOPIC SYLLABLE")
_INDIC = ("DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA",
          "MALAYALAM")  # fmt: skip
_NAMED_FROM_SOUND = ("GEORGIAN LETTER", "ARMENIAN SMALL LETTER")
_HELD = re.compile(r"(.)\1+")
_SILENT = frozenset("っッ")
_SYLLABLE = ("AH",)


def rough_phones(word: str) -> tuple[str, ...]:
    """The nearest English phones of a word in another script; empty if it holds no letters."""
    phones: list[str] = []
    for char in unicodedata.normalize("NFC", word.lower()):
        if _replaces_vowel(char) and phones and _is_vowel(phones[-1]):
            phones.pop()
        if not char.isalpha() and not _is_vowel_sign(char):
            continue
        sound = _sound(char)
        both_consonants = phones and sound and not _is_vowel(phones[-1]) and not _is_vowel(sound[0])
        if char in _UNWRITTEN_VOWELS and both_consonants:
            phones.append("AH")
        phones += sound
    return tuple(phones)


def _sound(char: str) -> tuple[str, ...]:
    if char in _LETTERS:
        return tuple(_LETTERS[char].split())
    if char in _SILENT:
        return ()
    if char.isascii():
        return romanised(char)
    name = unicodedata.name(char, "")
    if name.startswith(_NAMED_BY_SOUND):
        return romanised(name.split()[-1].lower())
    if name.startswith(_INDIC):
        return romanised(_HELD.sub(r"\1", name.split()[-1].lower()))
    if name.startswith(_NAMED_FROM_SOUND):
        return romanised(name.split()[-1].lower())[:1]
    stem = unicodedata.normalize("NFD", char)[0]
    if stem != char:
        return _sound(stem)
    return _SYLLABLE if unicodedata.category(char) == "Lo" else ()


def _is_vowel_sign(char: str) -> bool:
    """The vowel of an Indic syllable other than its inherent a."""
    return "VOWEL SIGN" in (name := unicodedata.name(char, "")) and name.startswith(_INDIC)


def _replaces_vowel(char: str) -> bool:
    """Vowel signs take the place of the inherent a; a virama only takes it away."""
    return _is_vowel_sign(char) or unicodedata.name(char, "").endswith("SIGN VIRAMA")


def romanised(text: str) -> tuple[str, ...]:
    """Phones of a plain romanisation, one letter or digraph at a time."""
    phones: list[str] = []
    while text:
        head, sound = next(((k, v) for k, v in _ROMAN if text.startswith(k)), (text[0], ""))
        phones += sound.split()
        text = text[len(head) :]
    return tuple(phones)


def _is_vowel(phone: str) -> bool:
    return phone in _VOWELS
