"""Songs made by chance keep their promises, whatever is asked for."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.demo.songmaker.arrangement import LAYERS, arrange
from musicapp_pipeline.demo.songmaker.composer import compose
from musicapp_pipeline.demo.songmaker.errors import BadScore
from musicapp_pipeline.demo.songmaker.form import plan_form
from musicapp_pipeline.demo.songmaker.harmony import chord_notes, third_above
from musicapp_pipeline.demo.songmaker.score import Lyric, Note
from musicapp_pipeline.demo.songmaker.sound.drums import KIT
from musicapp_pipeline.demo.songmaker.styles import STYLES, style_named

# Composing takes a tenth of a second, on a busy machine a whole one.
few = settings(deadline=None, max_examples=15)
anything = {
    "style": st.sampled_from(sorted(STYLES)),
    "seconds": st.floats(25.0, 300.0),
    "seed": st.integers(0, 10_000),
}


@few
@given(**anything)
def test_a_song_is_exactly_as_long_as_asked(style, seconds, seed):
    song = compose(style, seconds, seed)
    assert song.duration == pytest.approx(seconds, abs=1e-9)
    assert song.tail >= 1.5
    assert song.seconds(song.beats) < seconds


@few
@given(**anything)
def test_the_same_wish_gives_the_same_song(style, seconds, seed):
    assert compose(style, seconds, seed) == compose(style, seconds, seed)


@few
@given(**anything)
def test_tempo_and_metre_are_the_styles(style, seconds, seed):
    song, manner = compose(style, seconds, seed), style_named(style)
    assert manner.bpm[0] <= song.bpm <= manner.bpm[1]
    assert song.metre == manner.metre


@few
@given(**anything)
def test_sung_notes_follow_each_other_inside_their_part_in_a_singable_range(style, seconds, seed):
    for part in compose(style, seconds, seed).parts:
        notes = [note for lyric in part.lyrics for note in lyric.notes]
        for before, after in itertools.pairwise(notes):
            assert before.beat + before.beats <= after.beat + 1e-9
        assert all(n.beat >= 0 and 48 <= n.pitch <= 79 for n in notes)
        if notes:
            assert notes[-1].beat + notes[-1].beats <= part.bars * style_named(style).metre


@few
@given(**anything)
def test_only_known_players_play_and_only_known_layers_are_named(style, seconds, seed):
    song = compose(style, seconds, seed)
    assert all(part.layers <= set(LAYERS) for part in song.parts)
    pitched = {"bass", "pad", "keys", "arp", "hook", "riser"}
    assert set(arrange(song)) <= set(KIT) | pitched


@given(st.integers(2, 400).map(lambda n: 2 * n))
def test_a_form_has_exactly_the_bars_and_ends_with_a_chorus(bars):
    form = plan_form(bars)
    assert sum(stretch.bars for stretch in form) == bars
    assert [s.type for s in form if s.type != "outro"][-1] == "chorus"
    assert max(Counter(s.name for s in form).values()) == 1


@given(st.integers(2, 400).map(lambda n: 2 * n))
def test_no_part_follows_one_of_its_own_kind(bars):
    kinds = [stretch.type for stretch in plan_form(bars)]
    assert all(one != other for one, other in itertools.pairwise(kinds))


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"style": "polka"}, "style"),
        ({"seconds": 3.0}, "seconds"),
        ({"seconds": 0.0}, "seconds"),
    ],
)
def test_an_impossible_wish_is_refused_with_what_is_allowed(wish, field):
    with pytest.raises(BadScore) as caught:
        compose(**wish)
    assert caught.value.field == field
    assert caught.value.allowed


def test_a_line_needs_one_note_a_syllable():
    with pytest.raises(BadScore, match="3 syllables but 1 notes"):
        Lyric("Car-ry me", (Note(0.0, 1.0, 60),))


@pytest.mark.parametrize(
    ("chord", "notes"),
    [
        ("C", (60, 64, 67)),
        ("Am", (60, 64, 69)),
        ("Bb", (62, 65, 70)),
        ("F#m7", (61, 64, 66, 69)),
        ("D/F#", (62, 66, 69)),
    ],
)
def test_chords_are_spelled_right(chord, notes):
    assert chord_notes(chord, 60) == notes


def test_an_unknown_chord_is_refused():
    with pytest.raises(BadScore, match="'H7' is not a chord"):
        chord_notes("H7", 60)


@given(st.integers(48, 76), st.integers(0, 11), st.sampled_from(["C", "Am", "Bb", "F#m"]))
def test_the_second_voice_is_a_third_or_a_fourth_above_in_the_key(pitch, key, chord):
    second = third_above(pitch, key, chord)
    assert 3 <= second - pitch <= 5
    assert (second - key) % 12 in {0, 2, 4, 5, 7, 9, 11}
