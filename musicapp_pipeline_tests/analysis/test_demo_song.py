"""The demo's cuts rest on these: what is heard in the shipped song is what was written."""

import numpy as np
import pytest

from musicapp_pipeline.analysis import analyze_song
from musicapp_pipeline.demo import song_path, truth


@pytest.fixture(scope="module")
def heard():
    return analyze_song(song_path())


def share_found(true, found, within):
    found = np.asarray(found)
    return np.mean([np.abs(found - t).min() < within for t in true])


def test_its_beats_are_found_and_none_invented(heard):
    beats = [beat.time for beat in heard.beats]
    assert share_found(truth()["beats"], beats, 0.04) > 0.97
    inside = [t for t in beats if t < truth()["beats"][-1] + 0.1]
    assert share_found(inside, truth()["beats"], 0.04) > 0.97


def test_its_bars_are_found(heard):
    assert heard.metre == truth()["metre"]
    assert share_found(truth()["downbeats"], heard.downbeats, 0.04) > 0.97


def test_its_tempo_is_found_and_trusted(heard):
    assert heard.bpm == pytest.approx(truth()["bpm"], rel=0.005)
    assert heard.bpm_confidence > 0.6


def test_its_form_is_heard_as_it_was_written(heard):
    true = truth()["sections"]
    assert [section.type for section in heard.sections] == [section["type"] for section in true]
    starts = [section.start_time for section in heard.sections]
    assert share_found([section["start_time"] for section in true], starts, 0.1) > 0.8
