"""The canvas: one geometry at every size, and windows that agree with the whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.frame import Frame, bump, curve, profile, smoothstep

positions = st.floats(-1.5, 1.5)
tilts = st.floats(-15, 15)


@given(x=positions, y=positions, tilt=tilts)
def test_the_grid_gives_back_the_place_a_point_was_put(x, y, tilt):
    frame = Frame(256, tilt)
    column, row = frame.to_pixels(np.asarray([[x, y]]))[0]
    near = int(np.floor(row)), int(np.floor(column))
    step = 1.0 / frame.unit
    assert abs(frame.x[near] - x) <= step
    assert abs(frame.y[near] - y) <= step


def test_the_pupils_are_one_unit_apart_whatever_the_tilt():
    pupils = np.asarray([[-0.5, 0.0], [0.5, 0.0]])
    for tilt in (-10.0, 0.0, 7.0):
        frame = Frame(768, tilt)
        assert np.linalg.norm(np.diff(frame.to_pixels(pupils), axis=0)) == pytest.approx(frame.unit)


@pytest.mark.parametrize("field", ["x", "y", "noise", "bump", "fill"])
def test_a_window_shows_what_the_whole_canvas_shows_there(field):
    whole = Frame(300, -3.0)
    part = whole.around((0.5, 0.1), (0.4, 0.3))
    make = {
        "x": lambda frame: frame.x,
        "y": lambda frame: frame.y,
        "noise": lambda frame: frame.noise(3, 0.1),
        "bump": lambda frame: bump(frame, (0.4, 0.0), (0.2, 0.1), 0.4),
        "fill": lambda frame: frame.fill(features.face_outline()),
    }[field]
    np.testing.assert_allclose(make(part), make(whole)[part.part_of(whole)], atol=2 / 255)
    assert part.shape == make(part).shape


def test_noise_is_the_same_pattern_at_every_size_and_has_unit_spread():
    small, large = Frame(128).noise(7, 0.5), Frame(256).noise(7, 0.5)
    halved = large.reshape(128, 2, 128, 2).mean(axis=(1, 3))
    assert np.corrcoef(small.ravel(), halved.ravel())[0, 1] > 0.99
    assert large.std() == pytest.approx(1, abs=1e-3)
    assert not np.allclose(large, Frame(256).noise(8, 0.5))


@pytest.mark.parametrize(
    ("value", "result"), [(-1.0, 0.0), (0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (9.0, 1.0)]
)
def test_smoothstep_rises_from_none_to_all(value, result):
    ramp = smoothstep(0, 1, np.float32([value]))
    assert ramp[0] == pytest.approx(result)


def test_curves_and_profiles_pass_through_their_knots():
    knots = [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]
    line = curve(knots, 400)
    for knot in knots:
        assert np.hypot(*(line - knot).T).min() < 0.01
    for position, value in knots:
        assert profile(knots, np.float32([position]))[0] == pytest.approx(value, abs=2e-3)
