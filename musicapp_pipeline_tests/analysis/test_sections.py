"""Boundaries on bars and sections that sound alike, on songs made of blocks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.analysis import grammar, labels, sections

BAR = 2.0


def blocks(form, seed=0, spread=0.15, turns=None):
    """Bars of a song: ``form`` is (letter, bars, decibels); equal letters sound alike."""
    rng = np.random.default_rng(seed)
    sounds = {}
    timbre, chroma, loud, prints = [], [], [], []
    for letter, bars, level in form:
        if letter not in sounds:
            sounds[letter] = (
                rng.normal(0, 1, 12),
                rng.uniform(0, 1, (4, 12)),
                rng.normal(0, 1, (4, 160)),
            )
        tone, chords, rhythm = sounds[letter]
        for bar in range(bars):
            timbre.append(tone / 3 + rng.normal(0, spread / 3, 12))
            chroma.append(chords[bar % 4] + rng.normal(0, spread, 12).clip(0))
            loud.append(level + rng.normal(0, 0.3))
            prints.append(rhythm[bar % 4] + rng.normal(0, spread, 160))

    def unit(rows):
        return np.array(rows) / np.linalg.norm(rows, axis=1, keepdims=True)

    edges = BAR * np.arange(len(timbre) + 1)
    return sections.BarFeatures(
        edges,
        np.array(timbre),
        unit(chroma),
        np.array(loud),
        unit(np.array(prints)),
        np.full(len(timbre), sections.TURN_USUAL) if turns is None else np.array(turns),
        np.zeros(len(timbre)),
    )


POP = [
    ("i", 4, -20), ("v", 8, -14), ("c", 8, -9), ("v", 8, -14), ("c", 8, -9), ("b", 8, -16),
    ("c", 8, -9), ("o", 4, -20),
]  # fmt: skip


def starts(form):
    return np.cumsum([0, *(bars for _, bars, _ in form)]).tolist()


@pytest.mark.parametrize("seed", range(4))
def test_blocks_are_cut_where_they_change(seed):
    assert sections.boundaries(blocks(POP, seed)).tolist() == starts(POP)


def test_a_song_that_never_changes_is_not_chopped():
    found = sections.boundaries(blocks([("a", 32, -12)]))
    assert len(found) <= 4


@pytest.mark.parametrize("seed", range(3))
def test_turns_that_are_heard_show_where_a_blurred_song_changes(seed):
    heard = np.zeros(starts(POP)[-1])
    heard[starts(POP)[:-1]] = 1.0
    blurred = sections.boundaries(blocks(POP, seed, spread=3.0))
    shown = sections.boundaries(blocks(POP, seed, spread=3.0, turns=heard))
    assert blurred.tolist() != starts(POP)
    assert shown.tolist() == starts(POP)


@pytest.mark.parametrize("seed", range(4))
def test_sections_that_sound_alike_share_a_number(seed):
    features = blocks(POP, seed)
    distance = labels.section_distance(features, np.array(starts(POP)))
    loud = np.array([level for _, _, level in POP], float)
    bars = np.diff(starts(POP))
    groups, reading = labels.best_reading(distance, loud, bars, np.zeros(len(POP)))
    assert reading.types[2] == "chorus"
    assert groups[1] == groups[3]
    assert groups[2] == groups[4] == groups[6]
    assert groups[1] != groups[2]


@pytest.mark.parametrize(
    ("bounds", "groups", "parted", "origin"),
    [
        ([0, 8, 24, 32], [0, 1, 2], [0, 8, 24, 32], [0, 1, 2]),
        ([0, 8, 16, 32], [0, 1, 0], [0, 8, 16, 24, 32], [0, 1, 2, 2]),
        ([0, 8, 16, 40], [0, 1, 0], [0, 8, 16, 24, 32, 40], [0, 1, 2, 2, 2]),
        ([0, 8, 16, 28], [0, 1, 0], [0, 8, 16, 28], [0, 1, 2]),
        ([0, 4, 12, 20], [0, 1, 0], [0, 4, 12, 20], [0, 1, 2]),
        ([0, 8, 16, 24, 56], [0, 1, 2, 0], [0, 8, 16, 24, 32, 40, 48, 56], [0, 1, 2, 3, 3, 3, 3]),
    ],
)
def test_what_is_as_long_as_two_of_its_kind_is_two(bounds, groups, parted, origin):
    found = labels.part_repeats(np.array(bounds), np.array(groups))
    assert [list(part) for part in found] == [parted, origin]


def test_a_pop_song_reads_as_one():
    features = blocks(POP)
    found = labels.label_sections(features, sections.boundaries(features), 1.0)
    assert [s.type for s in found] == [
        "intro", "verse", "chorus", "verse", "chorus", "bridge", "chorus", "outro",
    ]  # fmt: skip
    assert [s.name for s in found if s.type == "chorus"] == ["chorus 1", "chorus 2", "chorus 3"]
    assert all(0 < s.confidence <= 1 for s in found)


def test_less_trust_in_the_grid_means_less_confidence():
    features = blocks(POP)
    bounds = sections.boundaries(features)
    sure, unsure = (labels.label_sections(features, bounds, trust) for trust in (1.0, 0.1))
    assert all(a.confidence > b.confidence for a, b in zip(sure, unsure, strict=True))


def test_where_nothing_changes_no_section_is_sure():
    """One of the boundaries is there because a section ends some time; a song of two parts had
    them as sure as any."""
    same = blocks([("v", 40, -14)], spread=0.5)
    parts = blocks([("v", 32, -14), ("c", 8, -9)], spread=0.5)
    bounds = np.array([0, 32, 40])
    guessed, heard = (labels.label_sections(song, bounds, 1.0)[1] for song in (same, parts))
    assert guessed.confidence < 0.5 < heard.confidence


def test_a_section_that_begins_with_a_turn_is_surer():
    turns = np.zeros(40)
    turns[32] = 1.0
    form = [("v", 32, -14), ("c", 8, -9)]
    heard, silent = blocks(form, turns=turns), blocks(form, turns=np.zeros(40))
    bounds = np.array([0, 32, 40])
    sure, unsure = (labels.label_sections(song, bounds, 1.0)[1] for song in (heard, silent))
    assert sure.confidence > 2 * unsure.confidence


PARTS = st.tuples(st.sampled_from("abc"), st.integers(1, 9), st.integers(-30, -5))


@settings(max_examples=40, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=7), st.integers(0, 50))
def test_any_song_is_tiled_without_gaps(form, seed):
    features = blocks(form, seed)
    found = labels.label_sections(features, sections.boundaries(features), 0.5)
    assert found[0].start_time == 0
    assert found[-1].end_time == features.edges[-1]
    assert all(a.end_time == b.start_time for a, b in pairwise(found))
    assert all(s.end_time > s.start_time for s in found)


@given(
    st.lists(st.floats(0.3, 4.0), max_size=30),
    st.floats(0, 5),
    st.floats(0.1, 10),
)
def test_bars_tile_the_song_whatever_the_downbeats(gaps, first, rest):
    downbeats = first + np.cumsum([0.0, *gaps])
    duration = float(downbeats[-1]) + rest
    edges = sections.bar_edges(downbeats, duration)
    assert edges[0] == 0
    assert edges[-1] == duration
    assert (np.diff(edges) > 0).all()


FORMS = [
    # (what sounds alike, decibels, bars, what it is)
    ("ivcvcbco", (-20, -14, -9, -14, -9, -16, -9, -20), (4, 8, 8, 8, 8, 8, 8, 4),
     "intro verse chorus verse chorus bridge chorus outro"),
    ("vpcvpcbc", (-14, -12, -9, -14, -12, -9, -15, -9), (8, 4, 8, 8, 4, 8, 8, 8),
     "verse prechorus chorus verse prechorus chorus bridge chorus"),
    ("vcvc", (-14, -9, -14, -9), (8, 8, 8, 8), "verse chorus verse chorus"),
    ("cvcvc", (-9, -14, -9, -14, -9), (8, 8, 8, 8, 8), "chorus verse chorus verse chorus"),
]  # fmt: skip


@pytest.mark.parametrize(("alike", "loud", "bars", "types"), FORMS)
def test_forms_are_read_as_people_would(alike, loud, bars, types):
    groups = np.array([alike.index(letter) for letter in alike])
    found = grammar.read(groups, np.array(loud, float), np.array(bars))
    assert found.types == types.split()


def test_one_section_alone_is_a_verse_without_certainty():
    found = grammar.read(np.array([0]), np.array([-10.0]), np.array([8]))
    assert (found.types, found.margin) == (["verse"], 0.0)


@pytest.mark.parametrize(
    ("level", "logit", "kind"),
    [(-11, -1.5, "instrumental"), (-15, 0.8, "bridge"), (-24, -0.5, "breakdown")],
)
def test_the_part_before_the_last_chorus_is_named_by_its_voice_and_its_level(level, logit, kind):
    groups = np.array([0, 1, 2, 1, 2, 3, 2, 4])
    loud = np.array([-20, -13, -9, -13, -9, level, -9, -19], float)
    sung = np.array([-1, 0.4, 0.5, 0.4, 0.5, logit, 0.5, -1])
    found = grammar.read(groups, loud, np.array([4, 8, 8, 8, 8, 8, 8, 4]), sung)
    assert found.types[5] == kind


def test_linkage_merges_the_nearest_first():
    distance = np.array([[0, 1, 9, 9], [1, 0, 9, 9], [9, 9, 0, 2], [9, 9, 2, 0]], float)
    steps = [cut.tolist() for cut in labels.average_linkage(distance)]
    assert steps[1] == [0, 0, 1, 2]
    assert steps[2] == [0, 0, 1, 1]
    assert steps[3] == [0, 0, 0, 0]


def plainly(order, fit, chosen):
    """The score of a reading, section by section."""
    names = ["", *(grammar._TYPES[chosen[g]] for g in order), ""]
    follows = sum(grammar._FOLLOWS.get(pair, grammar._RARE) for pair in pairwise(names))
    each = chosen.tolist()
    again = sum(
        cost * max(0, each.count(grammar._TYPES.index(kind)) - 1)
        for kind, cost in grammar._TWICE.items()
    )
    return follows - again + sum(fit[i, chosen[g]] for i, g in enumerate(order))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=14), st.integers(0, 1000))
def test_a_reading_is_scored_as_its_sections_are_and_no_single_change_betters_it(order, seed):
    order = np.unique(order, return_inverse=True)[1]
    suits = np.random.default_rng(seed).normal(0, 1, (len(order), len(grammar._TYPES)))
    form = grammar._Form.of(order, suits)
    chorus = int(order[0])
    score, chosen = form.best_with(chorus)
    assert score == pytest.approx(plainly(order, suits, chosen))
    for group in set(order.tolist()) - {chorus}:
        for kind in range(len(grammar._TYPES)):
            trial = chosen.copy()
            trial[group] = kind
            assert plainly(order, suits, trial) <= score + 1e-6
