"""What the singer must know about English phones."""

VOWELS = frozenset(
    ["aa", "ae", "ah", "ao", "aw", "ax", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw"]
)
DIPHTHONGS = frozenset(["aw", "ay", "ey", "ow", "oy"])
SONORANTS = frozenset(["l", "m", "n", "ng", "r", "w", "y"])
UNVOICED = frozenset(["ch", "f", "hh", "k", "p", "s", "sh", "t", "th"])
SIBILANTS = frozenset(["ch", "jh", "s", "sh", "t", "z", "zh"])
PAUSE = "pau"

LONGEST = {
    **dict.fromkeys(["b", "d", "g", "dh", "v"], 0.075),
    **dict.fromkeys(["p", "t", "k"], 0.095),
    **dict.fromkeys(["f", "th", "hh", "z", "zh"], 0.095),
    **dict.fromkeys(["s", "sh", "ch", "jh"], 0.115),
    **dict.fromkeys(["m", "n", "ng", "l", "r", "w", "y"], 0.085),
}
"""Seconds beyond which a consonant would drag in singing."""

_ONSETS = frozenset(
    [
        "b",
        "bl",
        "br",
        "ch",
        "d",
        "dr",
        "dw",
        "f",
        "fl",
        "fr",
        "g",
        "gl",
        "gr",
        "hh",
        "jh",
        "k",
        "kl",
        "kr",
        "kw",
        "l",
        "m",
        "n",
        "p",
        "pl",
        "pr",
        "r",
        "s",
        "sh",
        "sk",
        "sl",
        "sm",
        "sn",
        "sp",
        "st",
        "sw",
        "t",
        "th",
        "thr",
        "tr",
        "tw",
        "v",
        "w",
        "y",
        "z",
        "dh",
        "skr",
        "spr",
        "str",
        "hhw",
        "ky",
        "fy",
        "my",
        "py",
        "by",
    ]
)


def onset_length(consonants: tuple[str, ...]) -> int:
    """How many of the consonants between two vowels belong to the later one."""
    for take in range(min(3, len(consonants)), 0, -1):
        if "".join(consonants[-take:]) in _ONSETS:
            return take
    return 0


def arpabet(phone: str) -> str:
    """flite's name as ARPAbet writes it: its schwa ``ax`` is ``AH``."""
    return "AH" if phone == "ax" else phone.upper()
