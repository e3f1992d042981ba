"""The shipped picture, and that the builder still paints it."""

import cv2
import numpy as np
import pytest

from musicapp_pipeline.demo.portrait_build import backdrop, compose
from musicapp_pipeline.demo.portrait_build.__main__ import SHIPPED
from musicapp_pipeline.demo.portrait_build.frame import FINAL_SIZE, Frame
from musicapp_pipeline.demo.portrait_build.strokes import Layer


def _shipped(size: int) -> np.ndarray:
    picture = cv2.cvtColor(cv2.imread(str(SHIPPED)), cv2.COLOR_BGR2RGB)
    return cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA)


def test_the_shipped_picture_is_square_and_light():
    assert cv2.imread(str(SHIPPED)).shape == (FINAL_SIZE, FINAL_SIZE, 3)
    assert SHIPPED.stat().st_size < 1_300_000


def test_the_face_is_painted_the_same_each_time():
    head = Frame(128, -3.0).around((0.0, 0.05), (1.35, 1.95))
    first, second = (
        compose.made_up(head, compose.face(head, np.zeros(head.shape, np.float32)))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_the_backdrop_is_the_shipped_one():
    painted = compose.finished(Frame(384), backdrop.backdrop(Frame(384)))[:170, :80] * 255
    assert np.abs(painted - _shipped(384)[:170, :80]).mean() < 2


def test_strokes_cover_only_where_they_are_drawn():
    frame = Frame(128)
    layer = Layer(frame)
    layer.strand(np.asarray([[-1.0, 0.0], [1.0, 0.0]]), np.full((2, 3), 0.5), 0.1)
    row = int(frame.origin[1])
    assert layer.cover[row, 64] == 1
    assert layer.cover[row + 20].max() == 0
    under = np.zeros((128, 128, 3), np.float32)
    assert layer.over(under)[row, 64] == pytest.approx([0.5] * 3, abs=0.01)


@pytest.mark.nightly
def test_the_builder_paints_the_shipped_picture():
    painted = compose.portrait(384, supersample=4).astype(np.float32)
    assert np.abs(painted - _shipped(384)).mean() < 3
