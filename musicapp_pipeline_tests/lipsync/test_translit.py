"""Words of other scripts get their nearest English sounds."""

import unicodedata

import pytest

from musicapp_pipeline.lipsync.pronounce import pronounce
from musicapp_pipeline.lipsync.translit import romanised, rough_phones
from musicapp_pipeline.lipsync.visemes import SHAPES


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("さくら", "S AA K UW R AA"),
        ("サクラ", "S AA K UW R AA"),
        ("きって", "K IY T EH"),
        ("きゃ", "K IY Y AA"),
        ("が", "G AA"),
        ("か\u3099", "G AA"),
        ("駆ける", "AH K EH R UW"),
        ("我爱你", "AH AH AH"),
        ("사랑", "S AA R AA NG"),
        ("любовь", "L Y UW B AO V"),
        ("Ёлка", "Y AO L K AA"),
        ("щука", "SH UW K AA"),
        ("їжак", "Y IY ZH AA K"),
        ("αγάπη", "AA G AA P IY"),
        ("ψυχή", "P S IY HH IY"),
        ("مرحبا", "M AH R AH HH AH B AA"),
        ("حب", "HH AH B"),
        ("שלום", "SH AH L OW M"),
        ("नमस्ते", "N AA M AA S T EH"),
        ("தமிழ்", "T AA M IY L"),
        ("ሰላም", "S AA L AA AA M EH"),
        ("გამარჯობა", "G AA M AA R JH OW B AA"),
        ("սեր", "S EH R"),
        ("สวัสดี", "AH AH AH AH"),
        ("🎵", ""),
        ("", ""),
    ],
)
def test_scripts_are_read_by_their_sound(word, phones):
    assert " ".join(rough_phones(word)) == phones


@pytest.mark.parametrize("word", ["さくら", "любовь", "αγάπη", "مَرْحَبًا", "नमस्ते", "사랑"])
def test_composed_and_decomposed_spellings_sound_alike(word):
    composed, spread = (unicodedata.normalize(form, word) for form in ("NFC", "NFD"))
    assert pronounce(composed) == pronounce(spread)
    assert pronounce(composed).source == "rough"


BLOCKS = {
    "Greek": (0x3AC, 0x3CE), "Cyrillic": (0x430, 0x45F), "Armenian": (0x561, 0x586),
    "Hebrew": (0x5D0, 0x5EA), "Arabic": (0x621, 0x64A), "India": (0x904, 0xD61),
    "Georgian": (0x10D0, 0x10F0), "Ethiopic": (0x1200, 0x1357), "kana": (0x3041, 0x30FA),
    "Han": (0x4E00, 0x4E80), "Hangul": (0xAC00, 0xAE00),
}  # fmt: skip


@pytest.mark.parametrize(("low", "high"), BLOCKS.values(), ids=BLOCKS)
def test_nearly_every_letter_of_a_script_gives_phones_a_mouth_can_show(low, high):
    letters = [chr(c) for c in range(low, high) if unicodedata.category(chr(c)) in ("Lo", "Ll")]
    sounds = {letter: rough_phones(letter) for letter in letters}
    assert {phone for sound in sounds.values() for phone in sound} <= SHAPES.keys()
    silent = [letter for letter, sound in sounds.items() if not sound]
    assert len(silent) < 0.1 * len(letters), silent


@pytest.mark.parametrize(
    ("text", "phones"), [("shi", "SH IY"), ("tsu", "T S UW"), ("gyeong", "G Y AH NG"), ("ł?1", "")]
)
def test_romanisations_are_read_digraph_first(text, phones):
    assert " ".join(romanised(text)) == phones
