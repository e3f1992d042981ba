"""Rendering: deterministic, on the beat, loud enough, never clipping."""

import json
from fractions import Fraction

import numpy as np
import pytest
import soundfile

from musicapp_pipeline.demo.songmaker.cli import main
from musicapp_pipeline.demo.songmaker.composer import compose
from musicapp_pipeline.demo.songmaker.errors import VoiceUnavailable
from musicapp_pipeline.demo.songmaker.loudness import integrated_loudness
from musicapp_pipeline.demo.songmaker.mixing import limit, singing
from musicapp_pipeline.demo.songmaker.render import render_song
from musicapp_pipeline.demo.songmaker.sound.signal import highpass, peak_filter


@pytest.fixture(scope="module")
def song():
    return compose("dance", 10.0, seed=5, bpm=Fraction(128))


@pytest.fixture(scope="module")
def rendered(song):
    return render_song(song, "ooh")


def test_the_same_song_gives_the_same_samples(song, rendered):
    again = render_song(song, "ooh")
    assert np.array_equal(again.audio, rendered.audio)
    assert again.truth == rendered.truth


def test_the_sound_is_as_long_as_the_truth(rendered):
    assert rendered.audio.shape == (round(rendered.truth["duration"] * rendered.rate), 2)
    assert rendered.truth["duration"] == 10.0


def test_a_song_without_words_says_so(rendered):
    assert rendered.truth["lead"] == "ooh"
    assert rendered.truth["words"] == rendered.truth["phonemes"] == []
    assert np.any(rendered.audio)


def test_it_is_loud_and_does_not_clip(rendered):
    assert integrated_loudness(rendered.audio, rendered.rate) == pytest.approx(-13.0, abs=0.5)
    assert np.max(np.abs(rendered.audio)) <= 10 ** (-1.5 / 20) + 1e-9


def test_the_drums_strike_on_the_beats(rendered):
    bright = highpass(rendered.audio.sum(axis=1), 6000.0) ** 2
    rise = np.convolve(bright, np.r_[np.ones(300), -np.ones(300)], "same")
    at = np.round(np.array(rendered.truth["beats"][:-1]) * rendered.rate).astype(int)
    found = [np.argmax(rise[i - 2000 : i + 2000]) - 2000 for i in at]
    assert np.median(np.abs(found)) < 0.003 * rendered.rate


def test_words_cannot_be_sung_without_flite(song, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(VoiceUnavailable, match="flite is not installed"):
        render_song(song, "sung")


def test_without_flite_the_lead_is_wordless(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda _name: None)
    short = compose("dance", 9.5, seed=1, bpm=Fraction(136))
    assert render_song(short).truth["lead"] == "ooh"


def test_the_command_writes_sound_and_truth_beside_each_other(tmp_path, capsys):
    out = tmp_path / "new" / "x.wav"
    wish = ["--seconds", "10", "--seed", "5", "--style", "dance", "--bpm", "128", "--lead", "ooh"]
    assert main([*wish, "--out", str(out)]) == 0
    known = json.loads(out.with_suffix(".json").read_text())
    assert soundfile.info(out).frames == round(known["duration"] * 44_100)
    assert known["bpm"] == 128.0
    assert capsys.readouterr().out.split() == [str(out), str(out.with_suffix(".json"))]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seconds", "1", "--out", "x.wav"], "too short"),
        (["--out", "x.aiff"], "end the name with one of"),
    ],
)
def test_the_command_refuses_what_it_cannot_do_and_writes_nothing(
    arguments, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("amplitude", "channels", "lufs"),
    [(1.0, 1, -3.01), (1.0, 2, 0.0), (0.1, 2, -20.0), (0.0, 2, -70.0)],
)
def test_loudness_is_that_of_the_standards_test_tone(amplitude, channels, lufs):
    tone = amplitude * np.sin(2 * np.pi * 997 * np.arange(3 * 48_000) / 48_000)
    tones = np.repeat(tone[:, None], channels, axis=1)
    assert integrated_loudness(tones, 48_000) == pytest.approx(lufs, abs=0.05)


def test_the_limiter_holds_its_ceiling_and_leaves_quiet_sound_alone():
    mix = np.zeros((20_000, 2))
    mix[:, 0] = 0.3 * np.sin(np.arange(20_000) / 20)
    mix[10_000] = [4.0, -3.0]
    out = limit(mix, 0.8)
    assert np.max(np.abs(out)) <= 0.8
    assert np.allclose(out[:9000], mix[:9000])


def test_a_bell_filter_lifts_its_own_frequency_by_what_was_asked():
    t = np.arange(44_100) / 44_100
    for hz, expected in ((1000.0, 6.0), (60.0, 0.0)):
        tone = np.sin(2 * np.pi * hz * t)
        out = peak_filter(tone, 1000.0, 6.0)[22_050:]
        assert 20 * np.log10(np.std(out) / np.std(tone)) == pytest.approx(expected, abs=0.2)


def test_the_band_steps_back_only_while_somebody_sings():
    vocal = np.zeros((44_100 * 3, 2))
    vocal[44_100:88_200] = 0.4
    active = singing(vocal)
    assert active[66_150] == pytest.approx(1.0)
    assert active[20_000] == active[120_000] == 0.0
