"""How lyrics spell: sung interjections, dropped letters, digits, and the sounds they stand for."""

import re

SUNG: dict[str, str] = {
    "ah": "AA", "aah": "AA", "aw": "AO", "ay": "EY", "ayo": "EY OW", "ayy": "EY", "bae": "B EY",
    "brr": "B ER", "cha": "CH AA", "da": "D AA", "dee": "D IY", "di": "D IY", "do": "D UW",
    "doo": "D UW", "dum": "D AH M", "eh": "EH", "em": "AH M", "er": "ER", "grr": "G ER",
    "ha": "HH AA", "hee": "HH IY", "hey": "HH EY", "hmm": "HH AH M", "ho": "HH OW", "la": "L AA",
    "mm": "AH M", "mmm": "AH M", "na": "N AA", "nah": "N AA", "oh": "OW", "ooh": "UW", "oo": "UW",
    "ow": "AW", "pow": "P AW", "ra": "R AA", "sha": "SH AA", "shh": "SH", "shoop": "SH UW P",
    "skrrt": "S K ER T", "ta": "T AA", "uh": "AH", "uhh": "AH", "uhhuh": "AH HH AH", "um": "AH M",
    "wah": "W AA", "whoa": "W OW", "whoah": "W OW", "woah": "W OW", "wo": "W OW", "wow": "W AW",
    "woo": "W UW", "woop": "W UW P", "yah": "Y AA", "yay": "Y EY", "yeah": "Y AE", "yea": "Y EY",
    "yeehaw": "Y IY HH AO", "yo": "Y OW", "yuh": "Y AH", "zoom": "Z UW M",
}  # fmt: skip
"""Sung sounds that dictionaries lack or read as abbreviations (``la`` is not Los Angeles)."""

CONTRACTED: dict[str, str] = {
    "'bout": "B AW T", "'cause": "K AH Z", "'em": "AH M", "'fore": "F AO R",
    "'gainst": "G EH N S T", "'neath": "N IY TH", "'round": "R AW N D", "'til": "T IH L",
    "'tis": "T IH Z", "'twas": "T W AA Z", "a'ight": "AA AY T", "ain't": "EY N T",
    "alrite": "AO L R AY T", "b4": "B IH F AO R", "bro": "B R OW", "bruh": "B R AH",
    "coz": "K AH Z", "cos": "K AH Z", "cuz": "K AH Z", "dem": "D EH M", "dis": "D IH S",
    "dat": "D AE T", "dunno": "D AH N OW", "e'er": "EH R", "finna": "F IH N AH", "fo'": "F OW",
    "gimme": "G IH M IY", "gon'": "G AO N", "gonna": "G AH N AH", "gotcha": "G AA CH AH",
    "gotta": "G AA T AH", "hafta": "HH AE F T AH", "ima": "AY M AH", "imma": "AY M AH",
    "kinda": "K AY N D AH", "lemme": "L EH M IY", "lil": "L IH L", "lil'": "L IH L",
    "luv": "L AH V", "ma'": "M AA", "mo'": "M OW", "n": "AH N", "'n'": "AH N", "'n": "AH N",
    "n'": "AH N", "ne'er": "N EH R", "nite": "N AY T", "o'": "AH", "o'er": "AO R", "ol'": "OW L",
    "outta": "AW T AH", "r": "AA R", "shoulda": "SH UH D AH", "sorta": "S AO R T AH",
    "thru": "TH R UW", "til": "T IH L", "tonite": "T AH N AY T", "tryna": "T R AY N AH",
    "u": "Y UW", "ur": "Y ER", "wanna": "W AA N AH", "whatcha": "W AH CH AH",
    "woulda": "W UH D AH", "coulda": "K UH D AH", "y'all": "Y AO L", "ya": "Y AA",
    "ya'll": "Y AO L",
}  # fmt: skip
"""Spoken short forms, and how they sound."""

SYMBOLS = {"&": "and", "@": "at", "+": "plus", "%": "percent", "$": "dollars", "€": "euros",
           "£": "pounds", "#": "number", "=": "equals"}  # fmt: skip

LETTER_NAMES: dict[str, str] = {
    "a": "EY", "b": "B IY", "c": "S IY", "d": "D IY", "e": "IY", "f": "EH F", "g": "JH IY",
    "h": "EY CH", "i": "AY", "j": "JH EY", "k": "K EY", "l": "EH L", "m": "EH M", "n": "EH N",
    "o": "OW", "p": "P IY", "q": "K Y UW", "r": "AA R", "s": "EH S", "t": "T IY", "u": "Y UW",
    "v": "V IY", "w": "D AH B AH L Y UW", "x": "EH K S", "y": "W AY", "z": "Z IY",
}  # fmt: skip

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = [
    "zero",
    "ten",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
]
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
             "nine": "ninth", "twelve": "twelfth"}  # fmt: skip


def say_number(digits: str) -> list[str]:
    """The words of a whole number as it is sung (``1999`` → nineteen ninety nine)."""
    if (len(digits) > 1 and digits[0] == "0") or len(digits) > 6:
        return [_ONES[int(d)] if d != "0" else "oh" for d in digits]
    n = int(digits)
    if 1100 <= n < 2000 or 2010 <= n < 2100:
        century, rest = divmod(n, 100)
        tail = ["hundred"] if rest == 0 else ["oh", *_small(rest)] if rest < 10 else _small(rest)
        return _small(century) + tail
    return _small(n)


def _small(n: int) -> list[str]:
    if n < 20:
        return [_ONES[n]]
    if n < 100:
        return [_TENS[n // 10]] + ([_ONES[n % 10]] if n % 10 else [])
    unit, name = (100, "hundred") if n < 1000 else (1000, "thousand")
    return [*_small(n // unit), name] + (_small(n % unit) if n % unit else [])


def say_ordinal(digits: str) -> list[str]:
    """``21`` → twenty first."""
    *head, last = say_number(digits)
    if last in _ORDINALS:
        return [*head, _ORDINALS[last]]
    return [*head, last[:-1] + "ieth" if last.endswith("y") else last + "th"]


_CURRENCIES = "$€£"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PRICE = re.compile(rf"([{_CURRENCIES}])(\d+(?:\.\d+)?)")
# Marks of Latin, Hebrew, Arabic and Indic letters, which \w leaves out.
_MARKS = r"\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u3099\u309a"
_WORD = rf"(?:[^\W\d_]|[{_MARKS}])+"
_TOKEN = re.compile(
    rf"(\d+)(st|nd|rd|th|s|'s)?(?![a-z])|((?<![^\W\d])\.(?=\d))|({_WORD}(?:'{_WORD})*)|([&@+%$€£#=])"
)


def spoken_parts(word: str) -> list[str]:
    """Split one written word into what is said: hyphens, slashes, digits and symbols resolved.

    ``$1,000`` → one thousand dollars; ``3.14`` → three point one four.
    """
    parts: list[str] = []
    after_point = False
    for match in _TOKEN.finditer(_PRICE.sub(r"\2\1", _THOUSANDS.sub("", word))):
        digits, suffix, point, letters, symbol = match.groups()
        if symbol:
            parts.append(SYMBOLS[symbol])
        elif letters:
            parts.append(letters)
        elif point:
            parts.append("point")
        elif digits and after_point:
            parts += [_ONES[int(d)] for d in digits]
        elif digits:
            parts += _number(digits, suffix or "")
        after_point = bool(point)
    return parts


def _number(digits: str, suffix: str) -> list[str]:
    if suffix in ("st", "nd", "rd", "th"):
        return say_ordinal(digits)
    said = say_number(digits)
    return [*said[:-1], _plural(said[-1])] if suffix else said


def _plural(word: str) -> str:
    """``ninety`` → ``nineties``, so that the dictionary has it."""
    return word[:-1] + "ies" if word.endswith("y") else word + "s"


def unstretched(word: str) -> list[str]:
    """Spellings with held letters let go, most literal first: ``sooooo`` → ``soo``, ``so``."""
    if not re.search(r"(.)\1\1", word):
        return []
    return [re.sub(r"(.)\1\1+", r"\1\1", word), re.sub(r"(.)\1\1+", r"\1", word)]
