"""What changed between two prompts, for the person who wonders whether a take is still right."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

MOST: Final = 2000
"""Words, spaces and signs of a text; a prompt that we write has half of them. Longer ones that a
person wrote are compared as wholes: word by word takes time with the square of their length."""
_TOKEN: Final = re.compile(r"\n+|[^\S\n]+|[\w'’-]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class PromptChange:
    """A stretch of words; ``before`` is empty for what was added, ``after`` for what went."""

    kind: Literal["same", "added", "removed", "changed"]
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PromptDiff:
    """All stretches in order: joined, ``before`` is the old prompt and ``after`` the new."""

    changes: tuple[PromptChange, ...]

    @property
    def changed(self) -> bool:
        return any(change.kind != "same" for change in self.changes)

    def summary(self) -> str:
        """One line a change: ``- “slow push-in” became “fast push-in”``."""
        lines = [_line(change) for change in self.changes if change.kind != "same"]
        return "\n".join(lines) if lines else "no changes"


def prompt_diff(old: str, new: str) -> PromptDiff:
    """Compare two prompts by words.

    Returns:
        Stretches that rebuild both texts exactly. Changes with less than two words between them
        are one, because three half-sentences read worse than one sentence.
    """
    a, b = _TOKEN.findall(old), _TOKEN.findall(new)
    if max(len(a), len(b)) > MOST:
        return PromptDiff((PromptChange(_kind(old, new, old == new), old, new),))
    # Whitespace is not worth an anchor: it matches everywhere and tears phrases apart.
    matcher = SequenceMatcher(lambda token: token.isspace(), a, b, autojunk=False)
    changes: list[PromptChange] = []
    for _, a0, a1, b0, b1 in matcher.get_opcodes():
        before, after = "".join(a[a0:a1]), "".join(b[b0:b1])
        same = before == after
        if changes and changes[-1].kind != "same" and (not same or _is_short(before, a1, len(a))):
            last = changes.pop()
            before, after = last.before + before, last.after + after
            same = False
        changes.append(PromptChange(_kind(before, after, same), before, after))
    return PromptDiff(tuple(changes))


def _is_short(text: str, end: int, length: int) -> bool:
    return end < length and "\n" not in text and len(text.split()) < 2


def _kind(before: str, after: str, same: bool) -> Literal["same", "added", "removed", "changed"]:
    if same:
        return "same"
    if not before.strip():
        return "added"
    return "changed" if after.strip() else "removed"


def _line(change: PromptChange) -> str:
    before, after = (" ".join(text.split()) for text in (change.before, change.after))
    if change.kind == "added":
        return f"- added “{after}”"
    if change.kind == "removed":
        return f"- removed “{before}”"
    return f"- “{before}” became “{after}”"
