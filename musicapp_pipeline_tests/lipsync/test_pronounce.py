"""Written lyric words become phones: dictionary, lyric spellings, rules, then a network."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.lipsync import respell
from musicapp_pipeline.lipsync.acoustic.model import english
from musicapp_pipeline.lipsync.g2p import spell_to_phones
from musicapp_pipeline.lipsync.pronounce import dictionary, pronounce
from musicapp_pipeline.lipsync.visemes import SHAPES


def first(word):
    variants = pronounce(word).variants
    return " ".join(variants[0]) if variants else ""


@pytest.mark.parametrize(
    ("word", "phones", "source"),
    [
        ("love", "L AH V", "dictionary"),
        ("LOVE!", "L AH V", "dictionary"),
        ("(never)", "N EH V ER", "dictionary"),
        ("“smart”", "S M AA R T", "dictionary"),
        ("I’m", "AY M", "dictionary"),
        ("ＬＯＶＥ", "L AH V", "dictionary"),
        ("la", "L AA", "lyric"),
        ("hey,", "HH EY", "lyric"),
        ("’cause", "K AH Z", "lyric"),
        ("ooooh", "UW", "lyric"),
        ("la-la", "L AA L AA", "lyric"),
        ("sooooo", "S UW", "dictionary"),
        ("shinin", "SH AY N IH N", "rule"),
        ("dancefloor", "D AE N S F L AO R", "rule"),
        ("café", "K AH F EY", "dictionary"),
        ("love🎵", "L AH V", "dictionary"),
        ("&", "AH N D", "dictionary"),
        ("Привет", "P R IY V Y EH T", "rough"),
        ("LOVE夜", "L OW V EH AH", "rough"),
        ("🎵", "", "none"),
    ],
)
def test_words_sound_as_they_are_sung(word, phones, source):
    assert (first(word), pronounce(word).source) == (phones, source)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("1999", "nineteen ninety nine"),
        ("2nd", "second"),
        ("21st", "twenty first"),
        ("20th", "twentieth"),
        ("90s", "nineties"),
        ("007", "oh oh seven"),
        ("1,000", "one thousand"),
        ("$5", "five dollars"),
        ("€3.50", "three point five zero euros"),
        ("3.14", "three point one four"),
        (".45", "point four five"),
        ("10:30", "ten thirty"),
        ("2005", "two thousand five"),
        ("2010", "twenty ten"),
        ("1900", "nineteen hundred"),
        ("1105", "eleven oh five"),
        ("365", "three hundred sixty five"),
        ("50%", "fifty percent"),
        ("24/7", "twenty four seven"),
        ("rock'n'roll", "rock'n'roll"),
        ("e-mail", "e mail"),
    ],
)
def test_digits_and_signs_are_read_aloud(word, said):
    assert respell.spoken_parts(word) == said.split()


def test_every_number_up_to_a_million_is_said_with_dictionary_words():
    words = {word for n in range(0, 10**6, 97) for word in respell.say_number(str(n))}
    words |= {word for n in range(1, 1000) for word in respell.say_ordinal(str(n))}
    assert [word for word in words if word not in dictionary()] == []


@pytest.mark.parametrize(
    ("word", "forms"),
    [("so", []), ("good", []), ("soooo", ["soo", "so"]), ("yeaaahhh", ["yeaahh", "yeah"])],
)
def test_held_letters_are_let_go(word, forms):
    assert respell.unstretched(word) == forms


@pytest.mark.parametrize(
    "table",
    [respell.SUNG, respell.CONTRACTED, respell.LETTER_NAMES],
    ids="sung short letters".split(),
)
def test_tables_hold_phones_that_can_be_heard_and_shown(table):
    phones = {phone for entry in table.values() for phone in entry.split()}
    assert phones <= set(english().phones)
    assert phones <= SHAPES.keys()


def test_a_word_has_at_most_four_variants_all_different():
    variants = pronounce("$1,000").variants
    assert 1 < len(set(variants)) == len(variants) <= 4


def test_a_guess_is_trusted_less_than_a_known_word():
    known, guessed, foreign, unheard = (pronounce(w).trust for w in ("love", "zorblax", "夜", "🎵"))
    assert known > guessed > foreign > unheard == 0


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("tandering", "T AE N D ER IH NG"),
        ("grimbles", "G R IH M B AH L Z"),
        ("flonk", "F L AA NG K"),
        ("vorpal", "V AO R P AH L"),
    ],
)
def test_the_network_reads_words_no_dictionary_has(word, phones):
    assert word not in dictionary()
    assert " ".join(spell_to_phones(word)) == phones


def test_the_network_mostly_agrees_with_the_dictionary():
    sample = sorted(w for w in dictionary().lines if w.isalpha() and w.isascii() and len(w) > 4)[
        ::2900
    ]
    wrong = total = 0
    for word in sample:
        total += len(dictionary().get(word)[0])
        wrong += min(_edits(spell_to_phones(word), known) for known in dictionary().get(word))
    assert wrong / total < 0.2


def _edits(a, b):
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


@settings(deadline=None)
@given(st.text(max_size=24))
def test_any_word_at_all_has_phones_the_recogniser_and_the_mouth_know(word):
    for variant in pronounce(word).variants:
        assert variant
        assert set(variant) <= set(english().phones)
        assert set(variant) <= SHAPES.keys()
