"""FaceMesh finds the portrait, where its builder put the features, in all it must bear."""

import cv2
import numpy as np
import pytest

from musicapp_pipeline.demo.portrait_build import features
from musicapp_pipeline.demo.portrait_build.__main__ import SHIPPED
from musicapp_pipeline.demo.portrait_build.frame import FINAL_SIZE, HEAD_TILT_DEGREES, Frame
from musicapp_pipeline.demo.portrait_build.sketch import landmarks
from musicapp_pipeline.media.ffmpeg import run_ffmpeg

pytest.importorskip("mediapipe")

IRISES = [468, 473]
MOUTH_CORNERS = [61, 291]
INNER_LIPS = [13, 14]
SCALES = (1.0, 0.5, 0.25, 0.12)


@pytest.fixture(scope="module")
def portrait():
    return cv2.cvtColor(cv2.imread(str(SHIPPED)), cv2.COLOR_BGR2RGB)


def _scaled(picture, scale):
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def _rolled(picture, degrees):
    size = picture.shape[0]
    turn = cv2.getRotationMatrix2D((size / 2, size / 2), degrees, 1)
    return cv2.warpAffine(picture, turn, (size, size), borderMode=cv2.BORDER_REPLICATE)


def _compressed(picture, folder):
    """The picture after x264 at crf 23."""
    even = picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]
    cv2.imwrite(str(folder / "in.png"), cv2.cvtColor(even, cv2.COLOR_RGB2BGR))
    source, clip, out = (str(folder / name) for name in ("in.png", "clip.mp4", "out.png"))
    x264 = ["-c:v", "libx264", "-crf", "23", "-pix_fmt", "yuv420p"]
    run_ffmpeg(["-loop", "1", "-i", source, "-frames:v", "6", "-r", "24", *x264, clip])
    run_ffmpeg(["-ss", "0.2", "-i", clip, "-frames:v", "1", out])
    return cv2.cvtColor(cv2.imread(out), cv2.COLOR_BGR2RGB)


def _apart(points, pair):
    return np.linalg.norm(points[pair[0], :2] - points[pair[1], :2])


def _assert_the_sitter(points, unit):
    assert points is not None
    assert _apart(points, IRISES) == pytest.approx(unit, rel=0.05)
    assert _apart(points, MOUTH_CORNERS) / unit == pytest.approx(
        2 * features.MOUTH_HALF_WIDTH, rel=0.12
    )
    assert _apart(points, INNER_LIPS) / unit < 0.02


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("degrees", [-10, 0, 10])
def test_the_face_is_found_at_every_scale_and_roll(portrait, scale, degrees):
    picture = _rolled(_scaled(portrait, scale), degrees)
    _assert_the_sitter(landmarks(picture), Frame(FINAL_SIZE).unit * scale)


@pytest.mark.parametrize("scale", SCALES)
def test_the_face_is_found_after_compression(portrait, scale, tmp_path):
    picture = _compressed(_scaled(portrait, scale), tmp_path)
    _assert_the_sitter(landmarks(picture), Frame(FINAL_SIZE).unit * scale)


def test_the_face_is_found_in_a_720p_frame_with_eyes_80_pixels_apart(portrait):
    small = _scaled(portrait, 80 / Frame(FINAL_SIZE).unit)
    frame = np.full((720, 1280, 3), 25, np.uint8)
    frame[720 - small.shape[0] :, 400 : 400 + small.shape[1]] = small
    _assert_the_sitter(landmarks(frame), 80)


def test_eyes_and_mouth_are_found_where_they_were_painted(portrait):
    points = landmarks(portrait)
    place = Frame(FINAL_SIZE, HEAD_TILT_DEGREES).to_pixels
    corner = features.MOUTH_HALF_WIDTH
    lift = float(features.mouth_line(np.float32([corner]))[0])
    painted = place(np.asarray([[-0.5, 0.0], [0.5, 0.0], [-corner, lift], [corner, lift]]))
    found = points[IRISES + MOUTH_CORNERS, :2]
    assert np.abs(found - painted).max() < 0.05 * Frame(FINAL_SIZE).unit


def test_no_face_is_found_in_the_empty_stage():
    from musicapp_pipeline.demo.portrait_build.backdrop import backdrop

    assert landmarks((backdrop(Frame(384)) * 255).astype(np.uint8)) is None
