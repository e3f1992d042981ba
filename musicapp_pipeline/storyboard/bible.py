"""A character's bible, in words: what must not change from shot to shot."""

from collections.abc import Iterable
from typing import Any, Final

from musicapp_pipeline.storyboard.model import CharacterBrief
from musicapp_pipeline.storyboard.text import clean, sentence

LOOKS: Final = ("face", "signature", "wardrobe_lock")
RULES: Final = ("dos", "donts")
_NEGATIONS: Final = ("no ", "not ", "never ", "don't ", "don’t ", "do not ", "avoid ", "without ")


def in_order(characters: Iterable[CharacterBrief]) -> list[CharacterBrief]:
    """The primary character first, the others as they came."""
    return sorted(characters, key=lambda character: not character.is_primary)


def name_of(character: CharacterBrief) -> str:
    return clean(character.name) or "the performer"


def traits_of(character: CharacterBrief) -> str:
    """Face, signature and wardrobe; then any other entry of the bible; then the description."""
    bible = character.bible
    others = [key for key in bible if key not in LOOKS and key not in RULES]
    parts = [_words(bible.get(key)) for key in LOOKS]
    for key in others:
        words = _words(bible[key])
        parts.append(f"{clean(str(key)).replace('_', ' ')}: {words}" if words else "")
    parts.append(sentence(clean(character.description)))
    return "; ".join(part for part in parts if part)


def dos_of(character: CharacterBrief) -> str:
    return ", ".join(_items(character.bible.get("dos")))


def donts_of(character: CharacterBrief) -> str:
    """The don'ts, each phrased as one whether or not it was written so."""
    return ", ".join(
        item if item.lower().startswith(_NEGATIONS) else f"no {item}"
        for item in _items(character.bible.get("donts"))
    )


def _words(value: Any) -> str:
    return ", ".join(_items(value))


def _items(value: Any) -> list[str]:
    """A string, a list or anything else a person put into the JSON, as clean phrases."""
    if value is None or isinstance(value, bool):
        return []
    if isinstance(value, dict):
        pairs = ((clean(str(k)).replace("_", " "), _words(v)) for k, v in value.items())
        return [f"{key} {words}" for key, words in pairs if words]
    if isinstance(value, list | tuple):
        return [item for entry in value for item in _items(entry)]
    text = sentence(clean(str(value)))
    return [text] if text else []
