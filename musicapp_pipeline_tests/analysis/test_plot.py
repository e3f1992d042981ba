import numpy as np
import pytest
import soundfile

from musicapp_pipeline.analysis.plot import BadPlotFormat, plot
from musicapp_pipeline.analysis.song import analyze_samples
from musicapp_pipeline_tests.analysis.signals import RATE, groove


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plot")
    samples = groove(120, bars=8).samples
    soundfile.write(folder / "song.wav", samples, RATE)
    return folder, analyze_samples(samples)


@pytest.mark.parametrize(("name", "magic"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml")])
def test_a_plot_is_written_in_the_format_its_name_says(drawn, name, magic):
    folder, analysis = drawn
    out = plot(analysis, folder / "song.wav", folder / name, cuts=[2.0, 6.0])
    assert out.read_bytes().startswith(magic)


def test_the_same_plot_twice_gives_equal_bytes(drawn):
    folder, analysis = drawn
    first, second = (
        plot(analysis, folder / "song.wav", folder / f"{i}.svg").read_bytes() for i in "ab"
    )
    assert first == second


def test_cuts_are_drawn(drawn):
    folder, analysis = drawn
    without = plot(analysis, folder / "song.wav", folder / "c.svg").read_text()
    cut = plot(analysis, folder / "song.wav", folder / "d.svg", cuts=[3.0]).read_text()
    assert cut.count("#00798c") > without.count("#00798c")


def test_another_format_is_refused_by_name(drawn):
    folder, analysis = drawn
    with pytest.raises(BadPlotFormat, match=r"\.png"):
        plot(analysis, folder / "song.wav", folder / "a.pdf")


def test_silence_can_be_drawn(tmp_path):
    soundfile.write(tmp_path / "s.wav", np.zeros(3 * RATE), RATE)
    analysis = analyze_samples(np.zeros(3 * RATE, np.float32))
    assert plot(analysis, tmp_path / "s.wav", tmp_path / "s.png").exists()
