"""The sitter: proportions that hold together."""

import numpy as np
import pytest

from musicapp_pipeline.demo.portrait_build import features, light, sculpture, sketch
from musicapp_pipeline.demo.portrait_build.frame import Frame

ACROSS = np.linspace(-features.MOUTH_HALF_WIDTH, features.MOUTH_HALF_WIDTH, 101).astype(np.float32)


def test_the_mouth_line_lies_between_the_lips_and_meets_them_at_the_corners():
    top, line, bottom = (
        edge(ACROSS)
        for edge in (features.upper_lip_edge, features.mouth_line, features.lower_lip_edge)
    )
    assert np.all(top[2:-2] < line[2:-2])
    assert np.all(line[2:-2] < bottom[2:-2])
    assert line[0] == pytest.approx(top[0], abs=1e-3) == pytest.approx(bottom[0], abs=1e-3)


def test_the_corners_of_the_mouth_are_lifted():
    line = features.mouth_line(ACROSS)
    assert line[0] < line[50]
    assert line[-1] < line[50]


def test_both_lids_share_their_corners_and_the_fold_is_above_them():
    upper, lower, fold = features.upper_lid(), features.lower_lid(), features.crease()
    np.testing.assert_allclose(upper[[0, -1]], lower[[0, -1]])
    assert np.interp(0.0, fold[:, 0], fold[:, 1]) < np.interp(0.0, upper[:, 0], upper[:, 1])


@pytest.mark.parametrize("side", [-1, 1])
def test_an_eye_is_placed_round_its_pupil(side):
    eye = features.on_side(features.eye_outline(), side)
    assert np.all(np.sign(eye[:, 0]) == side)
    assert eye[:, 0].mean() == pytest.approx(0.5 * side, abs=0.03)


def test_the_nose_is_the_highest_point_and_the_head_is_even():
    frame = Frame(256)
    height = sculpture.height_field(frame)
    row, column = np.unravel_index(np.argmax(height), height.shape)
    assert abs(frame.x[row, column]) < 0.1
    assert 0.4 < frame.y[row, column] < 0.75
    face = (np.abs(frame.x) < 0.7) & (np.abs(frame.y) < 0.9)
    np.testing.assert_allclose(height[face], height[:, ::-1][face], atol=0.02)


def test_the_side_towards_the_key_light_is_the_brighter_one():
    frame = Frame(192)
    lit = light.diffuse(frame, light.relief_of(frame, sculpture.height_field(frame)))[..., 1]
    cheek = (np.abs(frame.y - 0.5) < 0.2) & (np.abs(np.abs(frame.x) - 0.6) < 0.2)
    assert lit[cheek & (frame.x < 0)].mean() > 1.2 * lit[cheek & (frame.x > 0)].mean()


def test_the_measured_half_face_is_what_the_sketch_gives():
    pytest.importorskip("mediapipe")
    kept = np.loadtxt(sculpture.HALF_FACE, delimiter=",")
    np.testing.assert_allclose(sketch.measured(), kept, atol=0.01)
