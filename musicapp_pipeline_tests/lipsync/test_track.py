"""Landmarks over time: gaps, cuts, jitter, and where the mouth may be moved."""

import numpy as np
import pytest

from musicapp_pipeline.lipsync.mouth.faces import Box, _tiles
from musicapp_pipeline.lipsync.mouth.landmarks import LEFT_SIDE, RIGHT_SIDE, aperture
from musicapp_pipeline.lipsync.mouth.track import build_track, judge
from musicapp_pipeline_tests.lipsync.clips import HEIGHT, WIDTH

SIZE = (WIDTH, HEIGHT)


def scaled(points, scale):
    centre = np.array([WIDTH / 2, HEIGHT / 2, 0])
    return (points - centre) * scale + centre


def track_of(frames):
    return build_track(frames, *SIZE)


def test_a_face_seen_throughout_is_moved_throughout(face):
    track = track_of([face[1]] * 20)
    assert track.usable
    assert (track.weight == 1).all()
    assert track.reasons == {}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: None, "no face"),
        (lambda p: scaled(p, 0.3), "face too small"),
        (lambda p: p + np.array([WIDTH / 2, 0, 0]), "mouth outside the picture"),
        (lambda p: turned_away(p), "face turned away"),
    ],
)
def test_frames_that_cannot_be_used_say_why(face, change, reason):
    track = track_of([change(face[1])] * 9)
    assert track.reasons == {reason: 9}
    assert not track.usable


def turned_away(points):
    out = points.copy()
    out[LEFT_SIDE, 2] += 200
    out[RIGHT_SIDE, 2] -= 200
    return out


def test_a_larger_face_is_seen_better_and_a_missing_one_not_at_all(face):
    seen = [judge(scaled(face[1], s).astype(np.float32), *SIZE)[0] for s in (0.4, 0.7, 1.0)]
    assert 0 < seen[0] < seen[1] < seen[2] <= 1
    assert judge(np.full((478, 3), np.nan, np.float32), *SIZE) == (0.0, "no face")


def test_the_movement_fades_where_a_face_is_lost_and_found(face):
    track = track_of([face[1]] * 15 + [turned_away(face[1])] * 5 + [face[1]] * 15)
    assert (track.weight[15:20] == 0).all()
    assert (np.diff(track.weight[8:15]) <= 0).all()
    assert (np.diff(track.weight[20:27]) >= 0).all()
    assert track.weight[[0, -1]].tolist() == [1, 1]
    assert 0 < track.weight[14] < 0.3


def test_a_glimpse_of_a_face_is_left_alone(face):
    away = turned_away(face[1])
    track = track_of([away] * 10 + [face[1]] * 3 + [away] * 10)
    assert (track.weight == 0).all()


def test_jitter_is_smoothed_without_lag(face):
    rng = np.random.default_rng(0)
    true = [face[1] + (2.0 * k, 5 * np.sin(k / 6), 0) for k in range(40)]
    noisy = [p + np.append(rng.normal(0, 0.6, (478, 2)), np.zeros((478, 1)), axis=1) for p in true]
    found = track_of(noisy).points
    errors = [
        np.abs(f[:, :2] - t[:, :2]).mean() for f, t in zip(found[3:-3], true[3:-3], strict=True)
    ]
    raw = [np.abs(n[:, :2] - t[:, :2]).mean() for n, t in zip(noisy, true, strict=True)]
    assert np.mean(errors) < 0.75 * np.mean(raw)


def test_nothing_is_smoothed_across_a_cut(face):
    here, there = face[1] - (60, 0, 0), face[1] + (60, 10, 0)
    points = track_of([here] * 10 + [there] * 10).points
    assert np.allclose(points[9], here, atol=0.01)
    assert np.allclose(points[10], there, atol=0.01)


def test_a_mouth_that_moves_keeps_its_movement(face):
    frames = []
    for k in range(24):
        p = face[1].copy()
        p[14, 1] += 12 * (k // 6 % 2)
        frames.append(p)
    found = [aperture(p.astype(np.float64)) for p in track_of(frames).points]
    assert max(found) - min(found) > 0.9 * (aperture(frames[6]) - aperture(frames[0]))


def test_a_clip_without_frames_has_an_empty_track():
    track = track_of([])
    assert track.points.shape == (0, 478, 3)
    assert not track.usable


@pytest.mark.parametrize(("height", "width"), [(352, 480), (480, 352), (720, 1280), (100, 100)])
def test_the_search_looks_everywhere_with_ever_smaller_windows(height, width):
    groups = list(_tiles(height, width))
    sides = [group[0].side for group in groups]
    assert sides[0] == max(height, width)
    assert sides == sorted(sides, reverse=True)
    for boxes in groups:
        assert all(isinstance(box, Box) for box in boxes)
        covered = np.zeros((height, width), bool)
        for box in boxes:
            covered[
                max(0, round(box.y)) : round(box.y + box.side),
                max(0, round(box.x)) : round(box.x + box.side),
            ] = True
        assert covered.all()
