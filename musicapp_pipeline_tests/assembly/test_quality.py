import itertools
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from musicapp_pipeline.assembly.errors import BadClip
from musicapp_pipeline.assembly.poster import poster
from musicapp_pipeline.assembly.quality import quality_score
from musicapp_pipeline.media.errors import BadVideo
from musicapp_pipeline.media.ffmpeg import run_ffmpeg
from musicapp_pipeline.media.frames import FrameWriter, read_frame

WIDTH, HEIGHT, FRAMES = 640, 360, 24


def scenery(seed=0):
    """A picture with detail at every scale, wider than the frame, in mid tones and colour."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((HEIGHT, WIDTH + 200, 3))
    for size in (4, 8, 16, 48, 120):
        shape = (-(-HEIGHT // size), -(-(WIDTH + 200) // size), 3)
        grid = np.kron(rng.normal(0, 14, shape), np.ones((size, size, 1)))
        picture += grid[:HEIGHT, : WIDTH + 200]
    return np.clip(picture + 112, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("quality") / "good.mp4"
    picture = scenery()
    with FrameWriter(path, WIDTH, HEIGHT, Fraction(24)) as out:
        for index in range(FRAMES):
            out.write(picture[:, 5 * index : 5 * index + WIDTH])
    return path


@pytest.fixture(scope="module")
def praise(good):
    return quality_score(good)


FLAWS = {
    "sharpness": "gblur=sigma=5",
    "exposure": "eq=brightness=-0.4",
    "flicker": "eq=brightness='0.12*mod(n,2)':eval=frame",
    "contrast": "eq=contrast=0.2",
    "blockiness": "scale=80:45:flags=neighbor,scale=640:360:flags=neighbor",
}


def spoiled(good, out, chain, crf="18"):
    run_ffmpeg(
        [
            "-i",
            str(good),
            "-vf",
            chain,
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            crf,
            str(out),
        ]
    )
    return out


def test_a_good_clip_scores_high(praise):
    assert praise.score > 0.85
    assert (praise.black, praise.frozen, praise.frames) == (0, 0, FRAMES)


@pytest.mark.parametrize("part", FLAWS)
def test_each_flaw_lowers_its_own_part_and_the_score(good, praise, tmp_path, part):
    report = quality_score(spoiled(good, tmp_path / "bad.mp4", FLAWS[part]))
    assert getattr(report, part) < getattr(praise, part) - 0.2
    assert report.score < praise.score - 0.03


def test_more_blur_is_worse(good, praise, tmp_path):
    scores = [praise.score]
    for sigma in (2, 4, 8):
        clip = spoiled(good, tmp_path / f"{sigma}.mp4", f"gblur=sigma={sigma}")
        scores.append(quality_score(clip).score)
    assert all(a > b for a, b in itertools.pairwise(scores))


@pytest.mark.parametrize(
    ("part", "chain"),
    [
        ("black", "drawbox=c=black:t=fill:enable='gte(n,12)'"),
        ("frozen", "trim=end_frame=12,tpad=stop_mode=clone:stop=12"),
    ],
)
def test_black_and_frozen_time_is_measured_and_costs_the_score(good, tmp_path, part, chain):
    report = quality_score(spoiled(good, tmp_path / "bad.mp4", chain))
    assert getattr(report, part) == pytest.approx(0.5, abs=0.04)
    assert report.score < 0.6


def test_a_cut_inside_a_clip_is_not_flicker(tmp_path):
    clip = tmp_path / "cut.mp4"
    bright, dark = scenery(1), scenery(2) // 2
    with FrameWriter(clip, WIDTH, HEIGHT, Fraction(24)) as out:
        for index in range(FRAMES):
            source = bright if index < 13 else dark
            out.write(source[:, 2 * index : 2 * index + WIDTH])
    assert quality_score(clip).flicker > 0.95


def test_the_score_does_not_depend_on_the_pixel_format(good, praise, tmp_path):
    clip = tmp_path / "ten.mkv"
    run_ffmpeg(["-i", str(good), "-c:v", "ffv1", "-pix_fmt", "yuv420p10le", str(clip)])
    assert quality_score(clip).score == pytest.approx(praise.score, abs=0.02)


def test_what_holds_no_frames_is_a_bad_clip(tmp_path):
    (tmp_path / "clip.mp4").write_bytes(b"nothing")
    with pytest.raises(BadClip):
        quality_score(tmp_path / "clip.mp4")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Black, then soft, then crisp, then burnt out, twelve frames each."""
    path = tmp_path_factory.mktemp("poster") / "mixed.mp4"
    crisp = scenery(3)[:, :WIDTH]
    small = Image.fromarray(crisp).resize((20, 12))
    soft = np.asarray(small.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC))
    parts = [np.zeros_like(crisp), soft, crisp, np.full_like(crisp, 255)]
    with FrameWriter(path, WIDTH, HEIGHT, Fraction(24)) as out:
        for part in parts:
            for _ in range(12):
                out.write(part)
    return path


def test_the_poster_is_sharp_and_well_exposed(mixed, tmp_path):
    chosen = poster(mixed, tmp_path / "p.jpg")
    assert 24 <= chosen < 36
    picture = np.asarray(Image.open(tmp_path / "p.jpg"))[:, :, ::-1]
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert np.abs(picture.astype(int) - read_frame(mixed, chosen)).mean() < 4


@pytest.mark.parametrize(
    ("candidates", "preferred", "allowed"),
    [
        ([2, 15, 27, 40], (), {27}),
        ([2, 15], (), {15}),
        (None, [range(30, 33)], {30, 31, 32}),
        (None, [range(0, 12)], set(range(24, 36))),  # never a black one, preferred or not
    ],
)
def test_candidates_and_preferred_stretches_are_honoured(
    mixed, tmp_path, candidates, preferred, allowed
):
    chosen = poster(mixed, tmp_path / "p.jpg", candidates=candidates, preferred=preferred)
    assert chosen in allowed


def test_a_poster_of_nothing_is_an_error(mixed, tmp_path):
    with pytest.raises(BadVideo):
        poster(mixed, tmp_path / "p.jpg", candidates=[999])
    assert not (tmp_path / "p.jpg").exists()
