"""The demo song's file, lyrics and truth belong together, to the sample."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from musicapp_pipeline.analysis.model import SECTION_TYPES
from musicapp_pipeline.demo import lyrics_text, song_path, truth
from musicapp_pipeline.demo.songmaker.demo_song import demo_song
from musicapp_pipeline.demo.songmaker.loudness import integrated_loudness
from musicapp_pipeline.demo.songmaker.publish import lyrics_of
from musicapp_pipeline.demo.songmaker.sound.signal import bandpass, highpass
from musicapp_pipeline.demo.songmaker.truth import truth_of

ARPABET = set(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V"
    " W Y Z ZH".split()
)


@pytest.fixture(scope="module")
def audio():
    samples, rate = soundfile.read(song_path(), always_2d=True)
    assert rate == 44_100
    return samples


def level_db(samples):
    return 10 * np.log10(np.mean(samples**2) + 1e-12)


def span(audio, start, end):
    return audio[round(start * 44_100) : round(end * 44_100)]


def section(audio, name):
    found = next(s for s in truth()["sections"] if s["name"] == name)
    return span(audio, found["start_time"], found["end_time"])


def test_importing_the_demo_loads_no_heavy_library():
    code = (
        "import sys, musicapp_pipeline.demo as d; d.truth(); d.lyrics_text(); d.song_path();"
        "print([m for m in ('numpy', 'scipy', 'soundfile') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_decoded_file_is_as_long_as_the_truth_says_to_the_sample(audio):
    assert len(audio) == round(truth()["duration"] * 44_100)
    assert 48 <= truth()["duration"] <= 56


def test_the_file_is_a_small_tagged_stereo_mp3(audio):
    assert song_path().suffix == ".mp3"
    assert song_path().stat().st_size < 1_400_000
    assert audio.shape[1] == 2
    with soundfile.SoundFile(song_path()) as file:
        assert file.title == truth()["title"]
        assert file.artist == "MusicApp Pipeline"


def test_it_is_as_loud_as_published_music_and_does_not_clip(audio):
    assert np.max(np.abs(audio)) < 0.99
    assert -14.0 <= integrated_loudness(audio, 44_100) <= -12.0


def test_the_shipped_truth_and_lyrics_are_those_of_the_score():
    shipped, written = truth(), truth_of(demo_song(), "sung", (), ())
    for key in ("title", "style", "duration", "bpm", "metre", "beats", "downbeats", "sections"):
        assert shipped[key] == written[key], key
    assert lyrics_text() == lyrics_of(demo_song())


def test_beats_are_evenly_spaced_and_do_not_all_fall_on_frames():
    beats = np.array(truth()["beats"])
    assert np.allclose(np.diff(beats), 60 / truth()["bpm"], atol=2e-6)
    assert truth()["downbeats"] == truth()["beats"][:: truth()["metre"]]
    off = np.abs(beats * 24 - np.round(beats * 24))
    assert np.mean(off > 0.05) > 0.8


def test_sections_tile_the_song_and_start_on_downbeats():
    sections = truth()["sections"]
    assert sections[0]["start_time"] == 0.0
    assert sections[-1]["end_time"] == truth()["duration"]
    for before, after in itertools.pairwise(sections):
        assert before["end_time"] == after["start_time"]
        assert after["start_time"] in truth()["downbeats"]
    assert {s["type"] for s in sections} <= set(SECTION_TYPES)
    assert [s["type"] for s in sections].count("chorus") == 2
    assert len({s["type"] for s in sections}) >= 5


def test_the_words_are_the_lyrics_in_order():
    lines = [line for line in lyrics_text().splitlines() if line and not line.startswith("[")]
    assert 8 <= len(lines) <= 14
    assert [word["text"] for word in truth()["words"]] == " ".join(lines).split()


def test_words_follow_each_other_within_the_song():
    words = truth()["words"]
    for before, after in itertools.pairwise(words):
        assert before["start"] < before["end"] <= after["start"] + 1e-9
    assert words[-1]["end"] < truth()["duration"]


def test_every_word_is_made_of_its_phones():
    phones = truth()["phonemes"]
    assert {phone["phoneme"] for phone in phones} <= ARPABET
    for word in truth()["words"]:
        own = [p for p in phones if word["start"] <= p["start"] < word["end"]]
        assert own, word
        assert own[0]["start"] == word["start"]
        assert own[-1]["end"] == pytest.approx(word["end"], abs=2e-4)
    assert all(phone["start"] < phone["end"] for phone in phones)


def test_the_drums_strike_on_the_beats_of_the_choruses(audio):
    """The decoder's delay is accounted for: cymbals jump up at the beat, not 25 ms later."""
    bright = highpass(audio.sum(axis=1), 6000.0) ** 2
    late = []
    for chorus in (s for s in truth()["sections"] if s["type"] == "chorus"):
        for beat in truth()["beats"]:
            if chorus["start_time"] <= beat < chorus["end_time"]:
                window = span(bright, beat - 0.06, beat + 0.06)
                rise = np.convolve(window, np.r_[np.ones(220), -np.ones(220)], "valid")
                late.append((np.argmax(rise) + 220) / 44_100 - 0.06)
    assert len(late) == 32
    assert abs(np.median(late)) < 0.004
    assert np.mean(np.abs(late) < 0.01) > 0.7


def test_sibilants_hiss_when_the_truth_says_so(audio):
    """An s is noise above 5 kHz in the middle; a vowel beside it is not."""
    middle = bandpass(audio.sum(axis=1), 5000.0, 9000.0)
    verse = next(s for s in truth()["sections"] if s["type"] == "verse")
    inside = [
        p for p in truth()["phonemes"] if verse["start_time"] <= p["start"] < verse["end_time"]
    ]
    hiss = [level_db(span(middle, p["start"], p["end"])) for p in inside if p["phoneme"] in "SZ"]
    vowel = [
        level_db(span(middle, p["start"], p["end"])) for p in inside if p["phoneme"][0] in "AEIOU"
    ]
    assert len(hiss) >= 5
    assert np.median(hiss) > np.median(vowel) + 6


def test_the_form_can_be_heard(audio):
    chorus = min(level_db(section(audio, name)) for name in ("Chorus 1", "Chorus 2"))
    assert chorus > level_db(section(audio, "Verse")) + 1.5
    assert chorus > level_db(section(audio, "Bridge")) + 5
    assert level_db(section(audio, "Verse")) > level_db(section(audio, "Intro")) + 4


def test_the_mix_is_wide_around_a_centred_voice(audio):
    side = section(audio, "Chorus 1") @ np.array([1.0, -1.0])
    middle = section(audio, "Chorus 1") @ np.array([1.0, 1.0])
    assert -16 < level_db(side) - level_db(middle) < -3
