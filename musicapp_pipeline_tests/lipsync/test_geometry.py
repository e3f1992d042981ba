"""The mouth's geometry: axes, fields of movement, targets, and one morphed frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicapp_pipeline.lipsync.mouth import landmarks as lm
from musicapp_pipeline.lipsync.mouth.faces import FaceTracker
from musicapp_pipeline.lipsync.mouth.field import Window, displacement
from musicapp_pipeline.lipsync.mouth.morph import Morpher
from musicapp_pipeline.lipsync.mouth.targets import WIDEST_GAP, controls
from musicapp_pipeline.lipsync.mouth.teeth import drawn_teeth, take_teeth, visible_teeth
from musicapp_pipeline.lipsync.visemes import SHAPES

SHUT = np.array([0.0, 0.0, 0.0, 1.0, 0.0])
WIDE = np.array([1.0, 0.1, 0.0, 0.0, 0.0])
SHIFTS = np.array([[0, 6], [0, -4], [3, 0], [0, 0], [0, 0]])
ROUNDED = np.array([0.32, -0.7, 1.0, 0.0, 0.0])


def turned(points, degrees, scale=1.0, shift=(0.0, 0.0)):
    """The points after turning the picture."""
    a = np.radians(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    out = points * scale
    out[:, :2] = points[:, :2] @ turn.T + shift
    return out


def moved(before, after):
    """Where two frames differ visibly."""
    return np.abs(after.astype(int) - before.astype(int)).max(axis=2) > 3


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (25, 1), (-40, 2.5), (170, 0.5)])
def test_measures_do_not_depend_on_where_and_how_the_head_is(face, degrees, scale):
    _, points = face
    other = turned(points, degrees, scale, (300, -20))
    assert lm.axes(other).scale == pytest.approx(lm.axes(points).scale * scale)
    assert lm.aperture(other) == pytest.approx(lm.aperture(points))
    assert lm.mouth_width(other) == pytest.approx(lm.mouth_width(points))


def test_axes_are_unit_vectors_at_right_angles_pointing_to_the_chin(face):
    _, points = face
    frame = lm.axes(turned(points, 33))
    assert np.hypot(*frame.right) == pytest.approx(1)
    assert frame.right @ frame.down == pytest.approx(0)
    assert (turned(points, 33)[lm.CHIN, :2] - turned(points, 33)[lm.FOREHEAD, :2]) @ frame.down > 0


def test_a_frontal_face_has_no_yaw_and_a_turned_one_has(face):
    _, points = face
    assert abs(lm.yaw(points)) < 6
    right = points.copy()
    right[lm.RIGHT_SIDE, 2] += 80
    left = points.copy()
    left[lm.LEFT_SIDE, 2] += 80
    assert lm.yaw(right) > 15 > -15 > lm.yaw(left)


def test_lip_rings_share_their_corners_and_chin_lies_below():
    for upper, lower in ((lm.UPPER_OUTER, lm.LOWER_OUTER), (lm.UPPER_INNER, lm.LOWER_INNER)):
        assert (upper[0], upper[-1]) == (lower[0], lower[-1])
        assert len(upper) == len(lower)


def test_a_field_carries_control_points_exactly_where_they_should_go():
    window = Window(0, 0, 200, 160)
    target = np.array([[60.0, 60], [140, 60], [100, 110], [10, 10], [190, 150]])
    source = target + SHIFTS
    field = displacement(window, source, target, scale=80)
    for (x, y), offset in zip(target.astype(int), source - target, strict=True):
        assert field[y, x] == pytest.approx(offset, abs=0.35)


def test_points_that_stay_make_a_field_of_nothing():
    points = np.random.default_rng(0).uniform(0, 150, (12, 2))
    assert np.abs(displacement(Window(0, 0, 160, 150), points, points, 70)).max() < 1e-3


def test_a_window_of_another_place_sees_the_same_field():
    target = np.array([[160.0, 160], [240, 160], [200, 210], [110, 110], [290, 250]])
    source = target + SHIFTS
    whole = displacement(Window(100, 100, 300, 260), source, target, 80)
    moved_by = displacement(Window(0, 0, 200, 160), source - 100, target - 100, 80)
    assert np.allclose(whole, moved_by, atol=1e-3)


@pytest.mark.parametrize("opening", [0.0, 0.3, 0.7, 1.0])
def test_targets_open_the_lips_by_what_is_asked(face, opening):
    _, points = face
    frame = lm.axes(points)
    shape = np.array([opening, 0, 0, 0, 0])
    goal = controls(points, frame, shape, 1.0)
    gap = (goal.lower_lip - goal.upper_lip)[5] @ frame.down / frame.scale
    assert gap == pytest.approx(max(opening * WIDEST_GAP, 0.006), abs=0.01)
    assert abs((goal.lower_lip - goal.upper_lip)[[0, -1]] @ frame.down).max() < 0.05 * frame.scale


def test_openings_are_absolute_whatever_the_source_s_mouth_does(face):
    _, points = face
    frame = lm.axes(points)
    open_already = points.copy()
    open_already[list(lm.LOWER_INNER[1:-1]), :2] += 0.2 * frame.scale * frame.down
    for source in (points, open_already):
        goal = controls(source, frame, SHUT, 1.0)
        gap = (goal.lower_lip - goal.upper_lip)[5] @ frame.down / frame.scale
        assert abs(gap) < 0.02


def test_no_weight_moves_nothing(face):
    _, points = face
    goal = controls(points, lm.axes(points), WIDE, 0.0)
    assert np.allclose(goal.upper_from, goal.upper_to)
    assert np.allclose(goal.lower_from, goal.lower_to)


def test_round_lips_are_narrow_and_spread_ones_wide(face):
    _, points = face
    frame = lm.axes(points)

    def width(phone):
        goal = controls(points, frame, np.array(SHAPES[phone][0].row()), 1.0)
        return (goal.corners[1] - goal.corners[0]) @ frame.right

    assert width("UW") < width("AO") < width("AH") < width("IY")


def test_bone_does_not_move(face):
    _, points = face
    goal = controls(points, lm.axes(points), WIDE, 1.0)
    still = points[list(lm.STILL), :2]
    for source, target in ((goal.upper_from, goal.upper_to), (goal.lower_from, goal.lower_to)):
        at = [int(np.hypot(*(source - p).T).argmin()) for p in still]
        assert np.allclose(source[at], target[at])


def test_the_jaw_drops_with_the_mouth_less_at_the_ears(face):
    _, points = face
    frame = lm.axes(points)
    goal = controls(points, frame, WIDE, 1.0)
    drop = {
        n: (goal.lower_to - goal.lower_from)[
            int(np.hypot(*(goal.lower_from - points[n, :2]).T).argmin())
        ]
        @ frame.down
        for n in (lm.CHIN, 136, 361)
    }
    assert drop[lm.CHIN] > 0.1 * frame.scale
    assert drop[lm.CHIN] > drop[136] > drop[361] >= 0


def test_a_frame_is_changed_around_the_mouth_and_nowhere_else(face):
    picture, points = face
    out = Morpher()(picture, points, WIDE)
    frame = lm.axes(points)
    ys, xs = np.nonzero(moved(picture, out))
    away = np.abs(np.stack([xs, ys], axis=1) - lm.mouth_middle(points)) / frame.scale
    assert away[:, 0].max() < 1.2
    assert away[:, 1].max() < 1.45
    eyes = points[[33, 133, 362, 263], 1].max()
    assert ys.min() > eyes
    assert len(ys) > 0.3 * frame.scale**2


def test_the_source_frame_is_not_written_to(face):
    picture, points = face
    before = picture.copy()
    Morpher()(picture, points, WIDE)
    assert np.array_equal(picture, before)


def test_no_weight_gives_the_frame_back(face):
    picture, points = face
    assert np.array_equal(Morpher()(picture, points, WIDE, 0.0), picture)


@pytest.mark.parametrize("shape", [SHUT, WIDE, ROUNDED], ids=["shut", "wide", "round"])
def test_the_tracker_finds_in_the_frame_what_was_asked(face, shape):
    picture, points = face
    with FaceTracker() as tracker:
        seen = tracker(Morpher()(picture, points, shape))
    assert seen is not None
    assert lm.aperture(seen) == pytest.approx(shape[0] * WIDEST_GAP, abs=0.05)


def test_rounded_lips_are_seen_to_be_narrow(face):
    picture, points = face
    with FaceTracker() as tracker:
        widths = [
            lm.mouth_width(tracker(Morpher()(picture, points, shape))) for shape in (ROUNDED, WIDE)
        ]
    assert widths[0] < widths[1] - 0.08


def test_an_open_mouth_is_dark_and_reddish_inside_with_bright_teeth(face):
    picture, points = face
    out = Morpher()(picture, points, WIDE)
    x, y = lm.mouth_middle(points).astype(int)
    unit = int(lm.axes(points).scale)
    column = out[y - unit // 12 : y + unit // 4, x].astype(int)
    assert column.sum(axis=1).min() < 0.4 * picture[y + unit // 2, x].astype(int).sum()
    dark = column[column.sum(axis=1).argmin()]
    assert dark[2] >= dark[0]
    assert column.min(axis=1).max() > 110


@settings(deadline=None, max_examples=15)
@given(
    st.tuples(
        *[st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)]
    ),
    st.floats(0.05, 1),
    st.floats(-60, 60),
    st.tuples(st.floats(-400, 400), st.floats(-300, 300)),
)
def test_any_shape_anywhere_in_the_picture_can_be_morphed(face, shape, weight, degrees, shift):
    picture, points = face
    out = Morpher()(picture, turned(points, degrees, 1.0, shift), np.array(shape), weight)
    assert out.shape == picture.shape
    assert out.dtype == np.uint8


def test_a_closed_mouth_shows_no_teeth_and_a_bright_open_one_does(face):
    picture, points = face
    assert visible_teeth(picture, points) == 0
    frame = lm.axes(points)
    parted = points.copy()
    parted[list(lm.LOWER_INNER[1:-1]), :2] += 0.15 * frame.scale * frame.down
    painted = picture.copy()
    x, y = (lm.mouth_middle(points) + 0.07 * frame.scale * frame.down).astype(int)
    w, h = int(0.25 * frame.scale), int(0.05 * frame.scale)
    painted[y - h : y + h, x - w : x + w] = (225, 235, 240)
    assert visible_teeth(painted, parted) > 0.02
    teeth = take_teeth(painted, parted)
    assert teeth.mask.max() == pytest.approx(1, abs=0.05)
    assert teeth.scale == pytest.approx(frame.scale, rel=0.01)


def test_drawn_teeth_hang_from_the_gums_and_fade_to_the_corners():
    across, below = np.meshgrid(np.linspace(-0.4, 0.4, 81), np.linspace(-0.02, 0.2, 45))
    colour, alpha = drawn_teeth(across.astype(np.float32), below.astype(np.float32), 0.8, 0.01)
    assert np.allclose(alpha, alpha[:, ::-1], atol=1e-4)
    assert np.allclose(colour, colour[:, ::-1], atol=0.5)
    assert alpha[10, 40] > 0.95
    assert alpha[-1].max() == 0
    assert alpha[:, 0].max() == 0
