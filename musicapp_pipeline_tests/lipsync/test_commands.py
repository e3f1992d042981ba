"""``musicapp align`` and ``musicapp lipsync`` as outside tools call them."""

import json
import logging

import numpy as np
import pytest
from click.testing import CliRunner

from musicapp_pipeline.cli.main import cli
from musicapp_pipeline.media.audio import write_wav
from musicapp_pipeline.media.probe import probe
from musicapp_pipeline_tests.lipsync import clips


@pytest.fixture(autouse=True)
def same_logging_afterwards():
    """The command line sends the log to its standard error, which is gone when a test is over."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def voice(tmp_path):
    """Three seconds of a buzz that comes and goes."""
    t = np.arange(48_000) / 16_000
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 12))
    path = tmp_path / "voice.wav"
    write_wav(path, (0.1 * buzz * (np.sin(9 * t) > 0)).astype(np.float32), 16_000)
    return path


def run(*arguments):
    return CliRunner().invoke(cli, [str(a) for a in arguments])


def test_align_prints_an_entry_a_word_of_japanese_in_order_as_written(voice, tmp_path):
    lyrics = tmp_path / "lyrics.txt"
    lyrics.write_text("[サビ]\n夜に 駆ける\nさくら が 咲く\n", "utf-8")
    done = run("align", voice, lyrics)
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed.keys() == {"words", "phonemes"}
    assert [w["text"] for w in printed["words"]] == ["夜に", "駆ける", "さくら", "が", "咲く"]
    assert all(w.keys() == {"text", "start", "end", "confidence"} for w in printed["words"])
    assert all(p.keys() == {"phoneme", "start", "end"} for p in printed["phonemes"])
    starts = [w["start"] for w in printed["words"]]
    assert starts == sorted(starts)


@pytest.mark.parametrize(("picture", "code"), [(clips.sitter, 0), (clips.landscape, 3)])
def test_lipsync_ends_with_0_and_a_file_or_with_3_and_none(voice, tmp_path, picture, code):
    video = clips.write(tmp_path / "in.mp4", [picture()] * 10)
    phones, out = tmp_path / "phones.json", tmp_path / "out.mp4"
    spoken = [phone.model_dump() for phone in clips.said(("AA1", 0.1, 0.25), ("m", 0.25, 0.4))]
    phones.write_text(json.dumps({"words": [], "phonemes": spoken}))
    done = run("lipsync", video, voice, phones, out)
    assert done.exit_code == code
    assert out.exists() == (code == 0)
    assert ("no usable mouth" in done.stderr) == (code == 3)
    if code == 0:
        made = probe(out)
        assert made.audio is not None
        assert (made.video.frames, made.video.fps) == (10, clips.FPS)
    assert not [p for p in tmp_path.iterdir() if ".part" in p.name]
