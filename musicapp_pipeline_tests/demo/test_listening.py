"""Others hear in the demo song what its truth says."""

import re

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from musicapp_pipeline.demo import song_path, truth

RATE = 16_000


def middle(start, end):
    """What both loudspeakers play between two moments, 16 kHz."""
    samples, rate = soundfile.read(
        song_path(), start=round(start * 44_100), stop=round(end * 44_100)
    )
    return resample_poly(samples.mean(axis=1), RATE, rate)


def plain(text):
    return re.sub(r"[^a-z']", "", text.lower())


def aligned(samples, words):
    """Word starts by pocketsphinx: it knows nothing of how the song was made."""
    import pocketsphinx

    pcm = (samples / np.max(np.abs(samples)) * 26_000).astype(np.int16).tobytes()
    decoder = pocketsphinx.Decoder(
        lm=None,
        loglevel="FATAL",
        bestpath=False,
        cmn="batch",
        beam=1e-100,
        wbeam=1e-80,
        pbeam=1e-100,
        maxhmmpf=-1,
    )

    def hear():
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()

    decoder.set_align_text(" ".join(plain(word) for word in words))
    hear()
    assert decoder.hyp() is not None
    decoder.set_alignment()
    hear()
    return [w.start / 100 for w in decoder.get_alignment() if w.name[0] not in "<["]


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["Verse", "Bridge"])
def test_an_independent_aligner_finds_the_words_in_the_mix(name):
    part = next(s for s in truth()["sections"] if s["name"] == name)
    start, end = part["start_time"] - 0.2, part["end_time"] - 0.2
    words = [w for w in truth()["words"] if start <= w["start"] < end]
    heard = aligned(middle(start, end), [w["text"] for w in words])
    error = np.abs(np.array(heard) + start - [w["start"] for w in words])
    # It was made for speech, and a band plays: it must follow the words, not find their edges.
    assert np.median(error) < 0.1


@pytest.mark.nightly
def test_a_plain_beat_tracker_finds_the_tempo_and_not_its_half_or_double():
    import librosa

    samples, rate = soundfile.read(song_path())
    tempo, beats = librosa.beat.beat_track(
        y=resample_poly(samples.mean(axis=1), 1, 2), sr=rate // 2, units="time"
    )
    assert float(np.atleast_1d(tempo)[0]) == pytest.approx(truth()["bpm"], rel=0.03)
    known = np.array(truth()["beats"])
    nearest = np.array([known[np.argmin(np.abs(known - beat))] for beat in beats])
    assert np.mean(np.abs(beats - nearest) < 0.07) > 0.9
